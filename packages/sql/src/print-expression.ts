/**
 * Expressions as SQL that parses back to the same tree. Parentheses beyond the `paren` nodes appear only where a tree that
 * no text has (one that a pass built) would otherwise read differently. One such tree has no text at all: an `inExpr` whose
 * source needs parentheses reads back as a list of one.
 */

import { assertNever } from '@kuiper/base';
import type { BinaryOp, CallOver, CaseWhen, Expr, SortItem, Wildcard } from './ast.ts';
import { printName } from './print-name.ts';
import { quoteString } from './string-literal.ts';

const comparison = 3;
/** What BETWEEN, IN and LIKE take on their right: a primary with accessors. */
const operand = 6;
/** Without accessors, and not a name: the key of an invalid path. */
const primary = 7;

const powers: Record<BinaryOp, number> = {
  OR: 1,
  AND: 2,
  '=': comparison,
  '!=': comparison,
  '<': comparison,
  '<=': comparison,
  '>': comparison,
  '>=': comparison,
  '+': 4,
  '-': 4,
  '|': 4,
  '^': 4,
  '*': 5,
  '/': 5,
  '%': 5,
  '&': 5,
};

/** One line of SQL, keywords in upper case. */
export function printExpression(expr: Expr): string {
  return print(expr, 0);
}

/** Prints `expr` for a place that takes only operators binding at least as tight as `power`. */
function print(expr: Expr, power: number): string {
  const text = printBare(expr);
  return powerOf(expr) < power ? `(${text})` : text;
}

function powerOf(expr: Expr): number {
  switch (expr.kind) {
    case 'binary':
      return powers[expr.op];
    case 'between':
    case 'inList':
    case 'inExpr':
    case 'like':
      return comparison;
    case 'column':
    case 'metaKey':
    case 'index':
    case 'slice':
    case 'path':
    case 'invalidPath':
      return operand;
    default:
      return primary;
  }
}

function printBare(expr: Expr): string {
  switch (expr.kind) {
    case 'int':
      return String(expr.value);
    case 'float':
      return printFloat(expr.value);
    case 'string':
      return quoteString(expr.value);
    case 'bool':
      return expr.value ? 'TRUE' : 'FALSE';
    case 'timeUnit':
      return expr.unit;
    case 'column':
    case 'metaKey':
      return expr.qualifier === null ? printName(expr.name) : `${printName(expr.qualifier)}.${printName(expr.name)}`;
    case 'wildcard':
      return printWildcard(expr);
    case 'binary': {
      const power = powers[expr.op];
      return `${print(expr.left, power)} ${expr.op} ${print(expr.right, power + 1)}`;
    }
    case 'between':
      return `${predicate(expr, 'BETWEEN')} ${print(expr.low, operand)} AND ${print(expr.high, operand)}`;
    case 'inList':
      return `${predicate(expr, 'IN')} (${printList(expr.items)})`;
    case 'inExpr':
      return `${predicate(expr, 'IN')} ${print(expr.source, operand)}`;
    case 'like':
      return `${predicate(expr, 'LIKE')} ${print(expr.pattern, operand)}`;
    case 'case':
      return printCase(expr);
    case 'index':
      return `${print(expr.object, operand)}[${printExpression(expr.index)}]`;
    case 'slice': {
      const start = expr.start === null ? '' : printExpression(expr.start);
      const end = expr.end === null ? '' : printExpression(expr.end);
      return `${print(expr.object, operand)}[${start}:${end}]`;
    }
    case 'path':
      return `${print(expr.object, operand)}->${printName(expr.name)}`;
    case 'invalidPath':
      return `${print(expr.object, operand)}->${print(expr.key, primary)}`;
    case 'call':
      return `${printName(expr.name)}(${printList(expr.args)})${expr.over === null ? '' : ` ${printOver(expr.over)}`}`;
    case 'paren':
      return `(${printExpression(expr.expr)})`;
    default:
      return assertNever(expr);
  }
}

export function printList(exprs: readonly Expr[]): string {
  return exprs.map(printExpression).join(', ');
}

export function printSortList(items: readonly SortItem[]): string {
  return items.map((item) => printExpression(item.expr) + (item.descending ? ' DESC' : '')).join(', ');
}

function predicate(expr: { readonly value: Expr; readonly negated: boolean }, operator: string): string {
  return `${print(expr.value, comparison)} ${expr.negated ? 'NOT ' : ''}${operator}`;
}

/** Digits without an exponent, always with a dot. */
function printFloat(value: number): string {
  const text = Object.is(value, -0) ? '-0' : String(value);
  const [mantissa, exponentText] = text.split('e') as [string, string | undefined];
  if (exponentText === undefined) return mantissa.includes('.') ? mantissa : `${mantissa}.0`;
  const sign = mantissa.startsWith('-') ? '-' : '';
  const [whole, fraction = ''] = mantissa.replace('-', '').split('.') as [string, string | undefined];
  const digits = whole + fraction;
  const point = whole.length + Number(exponentText);
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  return `${sign}${digits.padEnd(point, '0')}.0`;
}

function printWildcard(expr: Wildcard): string {
  if (expr.qualifier !== null) return `${printName(expr.qualifier)}.*`;
  const except = expr.except.length === 0 ? '' : ` EXCEPT(${expr.except.map(printName).join(', ')})`;
  if (expr.replace.length === 0) return `*${except}`;
  const replace = expr.replace.map((item) => {
    const name = item.name === null ? '' : ` AS ${printName(item.name)}`;
    return printExpression(item.expr) + name;
  });
  return `*${except} REPLACE(${replace.join(', ')})`;
}

function printCase(expr: CaseWhen): string {
  const parts = ['CASE'];
  if (expr.subject !== null) parts.push(printExpression(expr.subject));
  for (const branch of expr.branches) {
    parts.push('WHEN', printExpression(branch.when), 'THEN', printExpression(branch.result));
  }
  if (expr.otherwise !== null) parts.push('ELSE', printExpression(expr.otherwise));
  parts.push('END');
  return parts.join(' ');
}

function printOver(over: CallOver): string {
  const parts: string[] = [];
  if (over.partitionBy.length > 0) parts.push(`PARTITION BY ${printList(over.partitionBy)}`);
  if (over.orderBy.length > 0) parts.push(`ORDER BY ${printSortList(over.orderBy)}`);
  if (over.when !== null) parts.push(`WHEN ${printExpression(over.when)}`);
  return `OVER (${parts.join(' ')})`;
}
