/** Functions about null. Source: behaviour spec, functions §17. */
import { type FunctionDeclaration, scalar, t } from '@kuiper/sdk';
import { isNil } from './map-value.ts';

const isnull = scalar({
  name: 'isnull',
  group: 'transform',
  args: [t.any('x')],
  returns: 'bool',
  onNull: 'call',
  summary: 'True for null and for a missing column; an empty list or object is not null.',
  examples: [
    { call: 'isnull(a)', row: { a: null }, gives: 'true' },
    { call: 'isnull(a)', row: {}, gives: 'true' },
    { call: 'isnull(a)', row: { a: [] }, gives: 'false' },
    { call: 'isnull(a)', row: { a: 0 }, gives: 'false' },
  ],
  eval: (x: unknown) => isNil(x),
});

const coalesce = scalar({
  name: 'coalesce',
  group: 'transform',
  args: [t.rest(t.any('x'), 1)],
  check: (args) => (args.length === 0 ? 'The arguments should be at least one.' : null),
  returns: (...kinds) => {
    const [first = 'any'] = kinds;
    const shared =
      typeof first === 'string' && first !== 'int' && first !== 'null' && kinds.every((kind) => kind === first);
    return shared ? first : 'any';
  },
  onNull: 'call',
  summary: 'The first value that is not null.',
  examples: [
    { call: 'coalesce(a, b, "none")', row: { b: 0n }, gives: '0' },
    { call: 'coalesce(a, b, "none")', row: {}, gives: '"none"' },
    { call: 'coalesce(a, b)', row: { a: [], b: 1 }, gives: '[]' },
    { call: 'coalesce(a)', row: {}, gives: 'null' },
    { call: 'coalesce()', fails: 'The arguments should be at least one.' },
  ],
  eval: (...values: unknown[]) => {
    for (let i = 0; i < values.length; i++) if (!isNil(values[i])) return values[i];
    return null;
  },
});

const bypass = scalar({
  name: 'bypass',
  group: 'internal',
  args: [t.rest(t.any('x'), 0)],
  returns: 'any',
  onNull: 'call',
  internal: true,
  summary: 'Its first argument: stands where the planner has computed a call ahead.',
  examples: [
    { call: 'bypass(a, b)', row: { a: 1n, b: 2 }, gives: '1' },
    { call: 'bypass()', gives: 'null' },
  ],
  eval: (...values: unknown[]) => values[0] ?? null,
});

export const nullFunctions: readonly FunctionDeclaration[] = [bypass, coalesce, isnull];
