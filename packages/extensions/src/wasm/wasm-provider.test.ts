import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { silentLogger } from '@kuiper/base';
import type { FunctionContext } from '@kuiper/sdk';
import { describe, expect, test } from 'vitest';
import type { WasmFunction, WasmRecord } from '../extension-record.ts';
import { readModule } from './read-module.ts';
import { WasmCall } from './wasm-call.ts';
import { compileWasm, wasmProvider } from './wasm-provider.ts';

const examples = new URL('../../../../examples/', import.meta.url);
const pathOf = (name: string): string => fileURLToPath(new URL(name, examples));
const number = (...names: string[]): WasmFunction[] => names.map((name) => ({ name, returns: 'number' }));

const signal: WasmRecord = {
  kind: 'wasm',
  name: 'signal',
  version: '1.0.0',
  file: pathOf('wasm-c/signal.wasm'),
  functions: [...number('fib', 'dew_point', 'vowels', 'checksum', 'spin'), { name: 'shout', returns: 'string' }],
};
const words: WasmRecord = {
  kind: 'wasm',
  name: 'words',
  version: '1.0.0',
  file: pathOf('wasm-assemblyscript/words.wasm'),
  functions: [
    { name: 'slug', returns: 'string' },
    { name: 'isPalindrome', returns: 'bool' },
    { name: 'mean', returns: 'number' },
    { name: 'firstWord', returns: 'string' },
  ],
};

const context = { logger: silentLogger, now: () => 0, random: () => 0.5 } as unknown as FunctionContext;
const around = { now: () => 0, random: () => 0.5, print: () => {}, maxPages: 512 };

async function open(name: string): Promise<{ eval: (...args: unknown[]) => unknown }> {
  const provider = wasmProvider();
  await provider.put(signal);
  await provider.put(words);
  const call = await provider.function?.(name)?.instantiate?.(context);
  if (call === undefined) throw new Error(`no function ${name}`);
  return call;
}

const results: readonly (readonly [name: string, args: readonly unknown[], gives: unknown])[] = [
  ['fib', [50n], 12_586_269_025n],
  ['fib', [10], 55n],
  ['dew_point', [20n, 50], expect.closeTo(9.26, 2)],
  ['vowels', ['Ausgleichsbehälter'], 6n],
  ['shout', ['größer'], 'GRößER'],
  ['checksum', [Uint8Array.from([1, 2, 255])], 2n],
  ['slug', ['Pump 12: Überdruck!'], 'pump-12-berdruck'],
  ['isPalindrome', ['anna'], true],
  ['mean', [1n, 2.5], 1.75],
  ['firstWord', ['one two'], 'one'],
];

test.each(results)('%s', async (name, args, gives) => {
  expect((await open(name)).eval(...args)).toEqual(gives);
});

const failures: readonly (readonly [name: string, args: readonly unknown[], text: string])[] = [
  ['fib', [1.5], 'fib takes an integer as parameter 1 but got 1.5'],
  ['fib', [2n ** 40n], 'fib takes 32 bits as parameter 1 but got 1099511627776'],
  ['fib', [], 'fib takes 1 values but got 0'],
  ['fib', [1n, 2n], 'fib takes no number as parameter 2'],
  ['firstWord', [' x'], 'aborted: the text begins with a blank (words.ts:29:17)'],
];

test.each(failures)('%s fails', async (name, args, text) => {
  const call = await open(name);
  expect(() => call.eval(...args)).toThrow(text);
  expect(() => call.eval(...args)).toThrow(text);
});

describe('a module that goes on for ever', () => {
  test('is ended by the limit of instructions, and the next call is served', async () => {
    const compiled = await compileWasm(await readFile(signal.file), signal.functions);
    const spin = new WasmCall(compiled, { name: 'spin', returns: 'number' }, around, 1_000_000);
    for (let i = 0; i < 3; i++) expect(() => spin.eval(1n)).toThrow('spin did not end within 1000000 instructions');
    const fib = new WasmCall(compiled, { name: 'fib', returns: 'number' }, around, 1_000_000);
    expect(() => fib.eval(2_000_000_000n)).toThrow('did not end within');
    expect(fib.eval(10n)).toBe(55n);
  });
});

test('texts of many calls do not use up the memory', async () => {
  const slug = await open('slug');
  const shout = await open('shout');
  const long = 'A quite long name of a thing '.repeat(200);
  for (let i = 0; i < 20_000; i++) {
    slug.eval(long.slice(0, 100));
    shout.eval(long);
  }
  expect(slug.eval('End Of It')).toBe('end-of-it');
});

test('another version takes over between two calls', async () => {
  const provider = wasmProvider();
  await provider.put(signal);
  const call = await provider.function?.('fib')?.instantiate?.(context);
  const before = call?.eval;
  await provider.put({ ...signal, version: '1.0.1', functions: [{ name: 'fib', returns: 'bool' }] });
  expect(before?.(3n)).toBe(2n);
  expect(call?.eval(3n)).toBe(true);
  expect(provider.function?.('vowels')).toBeUndefined();
});

describe('what cannot be used is refused', () => {
  test('a function that is not exported', async () => {
    await expect(wasmProvider().put({ ...signal, functions: number('nothing') })).rejects.toThrow(
      'WebAssembly module exports no function nothing',
    );
  });

  test('mutated and cut modules never do more than be refused', async () => {
    const bytes = await readFile(signal.file);
    let seed = 7;
    const random = (below: number): number => {
      seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
      return seed % below;
    };
    for (let i = 0; i < 2000; i++) {
      const mutated = Uint8Array.from(bytes.subarray(0, random(4) === 0 ? random(bytes.length) : bytes.length));
      for (let n = random(4); n > 0; n--) mutated[random(mutated.length || 1)] = random(256);
      try {
        await compileWasm(mutated, number('fib'));
      } catch (error) {
        expect((error as Error).message).toMatch(/WebAssembly module/);
      }
    }
  });

  test('bytes that are no module', () => {
    expect(() => readModule(Buffer.from('PK'))).toThrow('invalid WebAssembly module: it does not begin like one');
  });
});
