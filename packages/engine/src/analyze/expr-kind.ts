/**
 * Kinds of operator results, proven from the kinds of the operands. What cannot be proven is `any` (tagged). A null or
 * a row error fits every kind. Source: behaviour spec, sql §7.2–§7.7.
 */
import { columnKind, isListKind, isMapKind, joinKinds, type Kind, type MapKind, type RowType } from '@kuiper/base';
import type { BinaryOp } from '@kuiper/sql';
import type { TypedExpr } from './typed-expr.ts';

export function binaryKind(op: BinaryOp, left: TypedExpr, right: TypedExpr): Kind {
  switch (op) {
    case '+':
    case '-':
    case '*':
    case '/':
    case '%':
      return arithmeticKind(left.type, right.type);
    case '&':
    case '|':
    case '^':
      return bitKind(left, right);
    default:
      return 'bool';
  }
}

/** A float on one side makes the result a float whatever number stands on the other. */
function arithmeticKind(left: Kind, right: Kind): Kind {
  if (left === 'int' && right === 'int') return 'int';
  if (left === 'float' || right === 'float') return 'float';
  return 'any';
}

/** A nil operand makes the result false, so only what is never nil has a kind of its own. */
function bitKind(left: TypedExpr, right: TypedExpr): Kind {
  if (left.type === 'bool' && right.type === 'bool') return 'bool';
  const literals = left.kind === 'literal' && right.kind === 'literal';
  return literals && left.type === 'int' && right.type === 'int' ? 'int' : 'any';
}

export function caseKind(results: readonly TypedExpr[], otherwise: TypedExpr | null): Kind {
  let kind: Kind = otherwise === null ? 'null' : otherwise.type;
  for (const result of results) kind = joinKinds(kind, result.type);
  return kind;
}

export function indexKind(list: Kind): Kind {
  return isListKind(list) ? list.of : 'any';
}

/** Equal bounds give the element instead of a list, so only bounds that are known to differ keep the list's kind. */
export function sliceKind(list: Kind, start: TypedExpr | null, end: TypedExpr | null): Kind {
  if (!isListKind(list)) return 'any';
  if (end === null) return list;
  const from = start === null ? 0 : literalInt(start);
  const to = literalInt(end);
  return from !== null && to !== null && from !== to ? list : 'any';
}

export function literalInt(expr: TypedExpr): number | null {
  return expr.kind === 'literal' && expr.type === 'int' && typeof expr.value === 'number' ? expr.value : null;
}

export function pathKind(object: Kind, name: string): Kind {
  return isMapKind(object) ? columnKind(object, name) : 'any';
}

/** The kind of a column that may come from any of several sources: the first joined row that has it. */
export function sharedColumnKind(types: readonly RowType[], name: string): Kind {
  let kind: Kind = 'null';
  for (const type of types) kind = joinKinds(kind, columnKind(type, name));
  return kind === 'null' ? 'any' : kind;
}

/** The kind of the rows of several sources laid over one another. */
export function mergedRowType(types: readonly RowType[]): RowType {
  const [only] = types;
  if (only !== undefined && types.length === 1) return only;
  const fields: Record<string, Kind> = {};
  for (const type of types) {
    for (const name of Object.keys(type.fields)) {
      if (!Object.hasOwn(fields, name)) setField(fields, name, sharedColumnKind(types, name));
    }
  }
  let rest: Kind | null = null;
  for (const type of types) if (type.rest !== null) rest = rest === null ? type.rest : joinKinds(rest, type.rest);
  return { k: 'map', fields, rest };
}

/** A row without the columns of EXCEPT and with those of REPLACE. */
export function wildcardKind(
  row: RowType,
  except: readonly string[],
  replace: readonly { readonly name: string; readonly expr: TypedExpr }[],
): MapKind {
  if (except.length === 0 && replace.length === 0) return row;
  const fields: Record<string, Kind> = {};
  for (const [name, kind] of Object.entries(row.fields)) if (!except.includes(name)) setField(fields, name, kind);
  for (const { name, expr } of replace) setField(fields, name, expr.type);
  return { k: 'map', fields, rest: row.rest };
}

/** Also for a name such as `__proto__`. */
export function setField(fields: Record<string, Kind>, name: string, kind: Kind): void {
  Object.defineProperty(fields, name, { value: kind, enumerable: true, configurable: true, writable: true });
}
