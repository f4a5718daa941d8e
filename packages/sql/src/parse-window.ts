/** Windows of GROUP BY with FILTER and OVER, and the checks on their arguments. Source: behaviour spec, sql §3, §11.1. */

import type { Span } from '@kuiper/base';
import type { Expr, TimeUnit, Window, WindowOver } from './ast.ts';
import { sqlErrors } from './errors.ts';
import { explainExpr } from './explain.ts';
import { parseArguments, parsePartition } from './parse-call.ts';
import type { Parser } from './parser.ts';
import { Token } from './token.ts';

interface WindowTail {
  readonly filter: Expr | null;
  readonly over: WindowOver | null;
  readonly span: Span;
}

/** A window whose name, at `start`, was just consumed; the current token is its left parenthesis. */
export function parseWindow(p: Parser, name: string, type: Window['type'], start: number): Window {
  const args = parseArguments(p, name);
  const call: WindowCall = { name: name.toLowerCase(), args, span: p.spanFrom(start) };
  checkWindow(type, call);
  const filter = p.kind === Token.FILTER ? parseFilter(p) : null;
  const over = p.kind === Token.OVER ? parseWindowOver(p) : null;
  return buildWindow(type, call, { filter, over, span: p.spanFrom(start) });
}

interface WindowCall {
  readonly name: string;
  readonly args: readonly Expr[];
  readonly span: Span;
}

function checkWindow(type: Window['type'], call: WindowCall): void {
  switch (type) {
    case 'tumbling':
      return checkTimeWindow(call, 2, 2);
    case 'hopping':
    case 'session':
      return checkTimeWindow(call, 3, 3);
    case 'sliding':
      return checkTimeWindow(call, 2, 3);
    case 'count':
      return checkCountWindow(call);
    case 'state':
      if (call.args.length < 1 || call.args.length > 2) failCount(call, '1 or 2');
      return;
  }
}

function failCount(call: WindowCall, count: string): never {
  throw sqlErrors.WINDOW_ARGUMENT_COUNT(call.name, count, { span: call.span });
}

function checkTimeWindow(call: WindowCall, least: number, most: number): void {
  const { args } = call;
  if (args.length < least || args.length > most) failCount(call, least === most ? `${least}` : `${least} or ${most}`);
  const unit = args[0] as Expr;
  if (unit.kind !== 'timeUnit') throw sqlErrors.WINDOW_UNIT(call.name, { span: unit.span });
  for (let i = 1; i < args.length; i++) {
    const arg = args[i] as Expr;
    if (arg.kind !== 'int') throw sqlErrors.WINDOW_INTEGER(i, call.name, { span: arg.span });
  }
  // The reference crashes on lengths that are not positive (listed defect D20); a delay of 0 is no delay.
  for (let i = 1; i < args.length; i++) {
    const isDelay = i === 2 && least < most;
    if (integer(args, i) < (isDelay ? 0 : 1)) {
      throw sqlErrors.WINDOW_POSITIVE(i, call.name, { span: (args[i] as Expr).span });
    }
  }
}

function checkCountWindow(call: WindowCall): void {
  const { args } = call;
  if (args.length < 1 || args.length > 2) throw sqlErrors.COUNT_WINDOW_COUNT({ span: call.span });
  for (const [i, arg] of args.entries()) {
    if (arg.kind !== 'int' || arg.value < 1 - i) {
      throw sqlErrors.COUNT_WINDOW_VALUE(explainExpr(arg), { span: arg.span });
    }
  }
  const [count, step] = args;
  if (step === undefined || integer(args, 1) <= integer(args, 0)) return;
  throw sqlErrors.COUNT_WINDOW_STEP(explainExpr(step), explainExpr(count as Expr), { span: step.span });
}

function integer(args: readonly Expr[], index: number): number {
  const arg = args[index];
  return arg?.kind === 'int' ? Number(arg.value) : Number.NaN;
}

/** Only after {@link checkWindow}. */
function buildWindow(type: Window['type'], { args }: WindowCall, tail: WindowTail): Window {
  const kind = 'window';
  const { filter, over, span } = tail;
  const first = args[0] as Expr;
  const unit: TimeUnit = first.kind === 'timeUnit' ? first.unit : 'ms';
  const length = integer(args, 1);
  switch (type) {
    case 'tumbling':
      return { kind, type, unit, length, filter, over, span };
    case 'hopping':
      return { kind, type, unit, length, hop: integer(args, 2), filter, over, span };
    case 'sliding':
      return { kind, type, unit, length, delay: integer(args, 2) || null, filter, over, span };
    case 'session':
      return { kind, type, unit, maxDuration: length, timeout: integer(args, 2), filter, over, span };
    case 'count':
      return { kind, type, count: integer(args, 0), step: length || null, filter, over, span };
    case 'state':
      return { kind, type, begin: first, emit: args[1] ?? null, filter, over, span };
  }
}

/** `FILTER ( WHERE expr )`. */
function parseFilter(p: Parser): Expr {
  p.next();
  if (p.kind !== Token.lparen) p.failPart(' after FILTER, expect parentheses.');
  p.next();
  if (p.kind !== Token.WHERE) p.failPart(' after FILTER(, expect WHERE.');
  p.next();
  const condition = p.parseExpr();
  if (p.kind !== Token.rparen) p.failPart(' after FILTER, expect right parentheses.');
  p.next();
  return condition;
}

/** `OVER ( [WHEN expr] [PARTITION BY expr {, expr}] )`; may be empty. */
function parseWindowOver(p: Parser): WindowOver {
  const { start } = p;
  p.next();
  if (p.kind !== Token.lparen) p.failPart(' after OVER, expect parentheses.');
  p.next();
  const when = p.accept(Token.WHEN) ? p.parseExpr() : null;
  const partitionBy = p.kind === Token.PARTITION ? parsePartition(p) : [];
  if (p.kind !== Token.rparen) p.failPart(' after OVER, expect right parentheses.');
  p.next();
  return { when, partitionBy, span: p.spanFrom(start) };
}
