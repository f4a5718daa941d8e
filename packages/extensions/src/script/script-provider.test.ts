import { RowError, silentLogger } from '@kuiper/base';
import type { FunctionContext, FunctionInstance } from '@kuiper/sdk';
import { expect, test } from 'vitest';
import { ScriptHost } from './script-host.ts';
import { scriptProvider } from './script-provider.ts';

const scripts = new ScriptHost({ stopwatchMs: () => performance.now(), timeZone: 'UTC' });
const context = { logger: silentLogger } as unknown as FunctionContext;

async function open(
  script: string,
  isAgg = false,
): Promise<{ provider: ReturnType<typeof scriptProvider>; call: FunctionInstance }> {
  const provider = scriptProvider(scripts);
  await provider.put({ kind: 'script', name: 'f', script, isAgg });
  const call = await provider.function?.('f')?.instantiate?.(context);
  if (call === undefined) throw new Error('no function f');
  return { provider, call };
}

/** Source: behaviour spec, extension §7 and §12, point 12. */
const results: readonly (readonly [script: string, args: readonly unknown[], gives: unknown])[] = [
  ['function f(a, b) { return a * b; }', [2n, 3n], 6n],
  ['function f(a, b) { return a * b; }', ['2', '3'], 6n],
  ['function f(a, b) { return a * b; }', [2.5, 3.5], 8.75],
  ['function f(a) { return a; }', [1n, 'left over'], 1n],
  ['function f(a) { return a; }', [4.0], 4n],
  ['function f(a) { return typeof a; }', [], 'undefined'],
  ['function f() {}', [], null],
  ['const f = (o) => ({ ...o, n: [1, 2.5] });', [{ a: 'x' }], { a: 'x', n: [1n, 2.5] }],
  ['function f(s) { return s; }', ['a\u0000b\ud800'], 'a\u0000b\ud800'],
  ['function f(s) { return s + "!"; }', ['größe'], 'größe!'],
];

test.each(results)('%s', async (script, args, gives) => {
  const { call } = await open(script);
  expect(call.eval(...args)).toEqual(gives);
});

const failures: readonly (readonly [script: string, text: string])[] = [
  ['function f(a, b) { return a * b; }', 'result is NaN'],
  ['function f(a) { return 1 / 0; }', 'result is Inf'],
  ['function f() { throw "went wrong"; }', 'went wrong'],
];

test.each(failures)('%s fails', async (script, text) => {
  const { call } = await open(script);
  expect(() => call.eval(1n)).toThrow(text);
  expect(() => call.eval(1n)).toThrow(RowError);
});

test('globals last from call to call of one call site, and go with the next version', async () => {
  const { provider, call } = await open('let n = 0; function f() { return ++n; }');
  const other = await provider.function?.('f')?.instantiate?.(context);
  expect([call.eval(), call.eval(), other?.eval()]).toEqual([1n, 2n, 1n]);
  await provider.put({ kind: 'script', name: 'f', script: 'let n = 10; function f() { return ++n; }', isAgg: false });
  expect([call.eval(), other?.eval()]).toEqual([11n, 11n]);
});

test('a version that cannot be used leaves the present one in place', async () => {
  const { provider, call } = await open('function f() { return 1; }');
  await expect(provider.put({ kind: 'script', name: 'f', script: 'function g() {}', isAgg: false })).rejects.toThrow(
    'cannot find function "f" in script',
  );
  expect(call.eval()).toBe(1n);
});

test('a dropped script is found no more; calls that run go on', async () => {
  const { provider, call } = await open('function f() { return 1; }');
  await provider.drop({ kind: 'script', name: 'f' });
  expect(provider.function?.('f')).toBeUndefined();
  expect(call.eval()).toBe(1n);
});

test('an aggregate takes one list per argument', async () => {
  const { provider, call } = await open('function f(xs, ys) { return { n: xs.length, first: xs[0], ys }; }', true);
  expect(provider.function?.('f')?.class).toBe('scalar');
  expect(call.eval([1n, null], ['p', null])).toEqual({ n: 2n, first: 1n, ys: ['p', null] });
});
