import type { Call, CallOver, Expr, SortItem } from './ast.ts';
import { sqlErrors } from './errors.ts';
import { parseSortList } from './parse-sort.ts';
import type { Parser } from './parser.ts';
import { Token } from './token.ts';
import { isWindowName } from './window-names.ts';

/** A call whose name, at `start`, was just consumed; the current token is its left parenthesis. */
export function parseCall(p: Parser, name: string, start: number): Call {
  if (isWindowName(name)) {
    throw sqlErrors.WINDOW_PLACE(name.toLowerCase(), { span: { start, end: start + name.length } });
  }
  const outerMeta = p.inMeta;
  p.inMeta = isMetaFunction(name);
  const args = parseArguments(p, name);
  p.inMeta = outerMeta;
  const { height } = p;
  const span = p.spanFrom(start);
  if (isDedupTrigger(name)) checkDedupTrigger(args, span);
  else p.functions?.checkCall(name, args, span, p.clause);
  if (p.kind !== Token.OVER) {
    p.grow(height, span);
    return { kind: 'call', name, args, over: null, span };
  }
  const over = parseCallOver(p, name);
  const whole = p.spanFrom(start);
  p.grow(Math.max(height, p.height), whole);
  return { kind: 'call', name, args, over, span: whole };
}

/** `( [arg {, arg} [,]] )`; leaves the height of the highest argument. */
export function parseArguments(p: Parser, name: string): Expr[] {
  p.next();
  const args: Expr[] = [];
  let height = 0;
  while (p.kind !== Token.rparen) {
    args.push(p.parseExpr());
    height = Math.max(height, p.height);
    if (!p.accept(Token.comma)) break;
  }
  if (p.kind !== Token.rparen) throw sqlErrors.CALL_UNCLOSED(name, p.found(), { span: p.tokenSpan() });
  p.next();
  p.height = height;
  return args;
}

/** `{, expr}` after PARTITION BY. */
export function parsePartition(p: Parser): Expr[] {
  p.next();
  p.expect(Token.BY, 'expected by after partition');
  const keys: Expr[] = [];
  let height = 0;
  do {
    keys.push(p.parseExpr());
    height = Math.max(height, p.height);
  } while (p.accept(Token.comma));
  p.height = height;
  return keys;
}

/** `OVER ( [PARTITION BY …] [ORDER BY …] [WHEN …] )`, not empty; ORDER BY only for window functions. Sql §13. */
function parseCallOver(p: Parser, name: string): CallOver {
  const { start } = p;
  const { functions } = p;
  const ordered = functions === null || functions.isWindowFunction(name);
  if (functions !== null && !ordered && !functions.isAnalytic(name)) {
    throw sqlErrors.OVER_NOT_ANALYTIC(name.toLowerCase(), { span: p.tokenSpan() });
  }
  p.next();
  if (p.kind !== Token.lparen) p.failPart(' after OVER, expect parentheses.');
  p.next();
  let height = 0;
  const begin = p.start;
  let partitionBy: Expr[] = [];
  if (p.kind === Token.PARTITION) {
    partitionBy = parsePartition(p);
    height = p.height;
  }
  let orderBy: SortItem[] = [];
  if (ordered && p.kind === Token.ORDER) {
    orderBy = parseSortList(p);
    height = Math.max(height, p.height);
  }
  let when: Expr | null = null;
  if (p.accept(Token.WHEN)) {
    when = p.parseExpr();
    height = Math.max(height, p.height);
  }
  if (p.start === begin) p.failPart(' after OVER (, expect partition by or when.');
  if (p.kind !== Token.rparen) p.failPart(', expect right parentheses after OVER ');
  p.next();
  p.height = height;
  return { partitionBy, orderBy, when, span: p.spanFrom(start) };
}

function isMetaFunction(name: string): boolean {
  if (name.length !== 4) return false;
  const lower = name.toLowerCase();
  return lower === 'meta' || lower === 'mqtt';
}

function isDedupTrigger(name: string): boolean {
  return name.length === 13 && name.toLowerCase() === 'dedup_trigger';
}

/** Source: behaviour spec, sql §13.5. */
function checkDedupTrigger(args: readonly Expr[], span: Call['span']): void {
  if (args.length !== 4) throw sqlErrors.DEDUP_COUNT({ span });
  for (let i = 0; i < 3; i++) {
    const arg = args[i] as Expr;
    if (arg.kind !== 'column') throw sqlErrors.DEDUP_COLUMN(i + 1, { span: arg.span });
  }
  const expire = args[3] as Expr;
  if (expire.kind !== 'int') throw sqlErrors.DEDUP_INTEGER({ span: expire.span });
}
