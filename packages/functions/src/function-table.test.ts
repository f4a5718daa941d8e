import { expect, test } from 'vitest';
import { builtinFunctions, builtinTable } from './builtin-functions.ts';
import { FunctionTable } from './function-table.ts';

test('built-in names match in any case', () => {
  expect(builtinTable().find('RegExp_Matches')?.name).toBe('regexp_matches');
  expect(builtinTable().find('nope')).toBeUndefined();
});

test('an alias is found under its own name', () => {
  const pow = builtinTable().find('pow');
  expect(pow?.name).toBe('pow');
  expect(pow?.class === 'scalar' && pow.eval(2, 3)).toBe(8);
});

test('names of other functions match as written', () => {
  const abs = builtinTable().find('abs');
  if (abs === undefined) throw new Error('abs is missing');
  const table = new FunctionTable([...builtinFunctions, { ...abs, name: 'countPlusOne' }]);
  expect(table.find('countPlusOne')?.name).toBe('countPlusOne');
  expect(table.find('countplusone')).toBeUndefined();
});

test('names are sorted, with aliases and without internal functions', () => {
  const names = builtinTable().names();
  expect(names).toEqual([...names].sort());
  expect(names).toContain('current_timestamp');
  expect(names).not.toContain('bypass');
});

test.each([
  ['counts', 'count'],
  ['regexp_match', 'regexp_matches'],
  ['SUBSTR_ING', 'substring'],
  ['frobnicate', null],
  ['x', null],
])('the name nearest to %s is %s', (name, nearest) => {
  expect(builtinTable().nearest(name)).toBe(nearest);
});
