/** `eq ne lt le gt ge`: both sides must be of the same basic kind. Source: behaviour spec, io §7.2. */
import { compareStrings, rowError } from '@kuiper/base';
import { declare, type FunctionTable } from '../function-table.ts';
import { formatText } from '../printf.ts';
import { integerOf, typeName } from '../values.ts';

type BasicKind = 'bool' | 'int' | 'float' | 'string' | 'other';

function basicKind(value: unknown): BasicKind {
  switch (typeof value) {
    case 'boolean':
      return 'bool';
    case 'number':
      return 'float';
    case 'string':
      return 'string';
    default:
      return integerOf(value) === undefined ? 'other' : 'int';
  }
}

function isNil(value: unknown): value is null | undefined {
  return value === null || value === undefined;
}

function incompatible(a: unknown, b: unknown): never {
  return rowError(`incompatible types for comparison: ${typeName(a)} and ${typeName(b)}`);
}

function equal(a: unknown, b: unknown): boolean {
  const kind = basicKind(a);
  if (kind !== basicKind(b)) return isNil(a) || isNil(b) ? false : incompatible(a, b);
  if (kind === 'int') return integerOf(a) === integerOf(b);
  if (kind !== 'other') return a === b;
  if (isNil(a) || isNil(b)) return isNil(a) && isNil(b);
  const [type, other] = [typeName(a), typeName(b)];
  if (type === other) return rowError(formatText('non-comparable type %s: %v', [b, other]));
  return rowError(formatText('non-comparable types %s: %v, %s: %v', [a, type, other, b]));
}

function equalAny(first: unknown, others: readonly unknown[]): boolean {
  if (others.length === 0) return rowError('missing argument for comparison');
  return others.some((other) => equal(first, other));
}

function less(a: unknown, b: unknown): boolean {
  const kind = basicKind(a);
  const other = basicKind(b);
  if (kind === 'other' || other === 'other') return rowError('invalid type for comparison');
  if (kind !== other) return incompatible(a, b);
  if (kind === 'bool') return rowError('invalid type for comparison');
  if (kind === 'int') return (integerOf(a) as bigint) < (integerOf(b) as bigint);
  if (kind === 'float') return (a as number) < (b as number);
  return compareStrings(a as string, b as string) < 0;
}

export const comparisonFunctions: FunctionTable = {
  eq: declare('value ...value', equalAny),
  ne: declare('value value', (a: unknown, b: unknown) => !equal(a, b)),
  lt: declare('value value', less),
  le: declare('value value', (a: unknown, b: unknown) => less(a, b) || equal(a, b)),
  gt: declare('value value', (a: unknown, b: unknown) => !(less(a, b) || equal(a, b))),
  ge: declare('value value', (a: unknown, b: unknown) => !less(a, b)),
};
