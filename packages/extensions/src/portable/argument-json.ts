/**
 * Arguments of a call as plugins see them when the call is checked: the tree of the expression, not its value.
 * Source: behaviour spec, extension §4.9. Plugins mostly count them; of the operators only that they differ is promised.
 */
import { assertNever } from '@kuiper/base';
import type { BinaryOp, Expr } from '@kuiper/sql';

type Node = Readonly<Record<string, unknown>>;

const operators: Readonly<
  Record<BinaryOp | 'BETWEEN' | 'NOT BETWEEN' | 'IN' | 'NOT IN' | 'LIKE' | 'NOT LIKE', number>
> = {
  '+': 12,
  '-': 13,
  '*': 14,
  '/': 15,
  '%': 16,
  '&': 17,
  '|': 18,
  '^': 19,
  AND: 20,
  OR: 21,
  '=': 22,
  '!=': 23,
  '<': 24,
  '<=': 25,
  '>': 26,
  '>=': 27,
  IN: 30,
  'NOT IN': 32,
  BETWEEN: 33,
  'NOT BETWEEN': 34,
  LIKE: 35,
  'NOT LIKE': 36,
};

const SUBSET = 28;
const ARROW = 29;
const WILDCARD = 37;
const SCALAR = 1;

/** Never null: some SDKs refuse a call whose arguments are not a list. */
export function argumentNodes(args: readonly Expr[]): Node[] {
  return args.map(argumentNode);
}

function argumentNode(expr: Expr): Node {
  switch (expr.kind) {
    case 'int':
    case 'float':
    case 'string':
    case 'bool':
      return { Val: expr.value };
    case 'timeUnit':
      return { Val: expr.unit };
    case 'column':
      return { ...named(expr), HasIndex: false, SourceIndex: 0, Index: 0 };
    case 'metaKey':
      return named(expr);
    case 'wildcard':
      return {
        Token: WILDCARD,
        Replace: orNull(
          expr.replace.map(({ expr: of, name }) => ({ Name: '', AName: name ?? '', Expr: argumentNode(of) })),
        ),
        Except: orNull(expr.except),
      };
    case 'binary':
      return binary(operators[expr.op], argumentNode(expr.left), argumentNode(expr.right));
    case 'between': {
      const bounds = { Lower: argumentNode(expr.low), Higher: argumentNode(expr.high) };
      return binary(operators[expr.negated ? 'NOT BETWEEN' : 'BETWEEN'], argumentNode(expr.value), bounds);
    }
    case 'inList': {
      const list = { LiteralExprs: expr.items.map(argumentNode), ArrayExpr: null };
      return binary(operators[expr.negated ? 'NOT IN' : 'IN'], argumentNode(expr.value), list);
    }
    case 'inExpr': {
      const list = { LiteralExprs: null, ArrayExpr: argumentNode(expr.source) };
      return binary(operators[expr.negated ? 'NOT IN' : 'IN'], argumentNode(expr.value), list);
    }
    case 'like':
      return binary(
        operators[expr.negated ? 'NOT LIKE' : 'LIKE'],
        argumentNode(expr.value),
        argumentNode(expr.pattern),
      );
    case 'case':
      return {
        Value: expr.subject === null ? null : argumentNode(expr.subject),
        WhenClauses: expr.branches.map(({ when, result }) => ({
          Expr: argumentNode(when),
          Result: argumentNode(result),
        })),
        ElseClause: expr.otherwise === null ? null : argumentNode(expr.otherwise),
      };
    case 'index':
      return binary(SUBSET, argumentNode(expr.object), { Index: argumentNode(expr.index) });
    case 'slice':
      return binary(SUBSET, argumentNode(expr.object), {
        Start: expr.start === null ? null : argumentNode(expr.start),
        End: expr.end === null ? null : argumentNode(expr.end),
      });
    case 'path':
      return binary(ARROW, argumentNode(expr.object), { Name: expr.name });
    case 'invalidPath':
      return binary(ARROW, argumentNode(expr.object), argumentNode(expr.key));
    case 'call':
      return { Name: expr.name, FuncId: 0, FuncType: SCALAR, Args: argumentNodes(expr.args) };
    case 'paren':
      return { Expr: argumentNode(expr.expr) };
    default:
      return assertNever(expr);
  }
}

function named({ qualifier, name }: { readonly qualifier: string | null; readonly name: string }): Node {
  return { StreamName: qualifier ?? '$$default', Name: name };
}

function binary(op: number, left: Node, right: Node): Node {
  return { OP: op, LHS: left, RHS: right };
}

function orNull<T>(list: readonly T[]): readonly T[] | null {
  return list.length === 0 ? null : list;
}
