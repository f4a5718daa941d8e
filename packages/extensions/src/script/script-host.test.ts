/** Scripts in their sandbox: what goes in, what comes out, and what they cannot do. */
import { DateTime, errorText } from '@kuiper/base';
import { describe, expect, test } from 'vitest';
import { ScriptHost } from './script-host.ts';
import type { ScriptVm } from './script-vm.ts';

const host = new ScriptHost({
  stopwatchMs: () => performance.now(),
  timeZone: 'UTC',
  limits: { timeMs: 1000, memoryBytes: 18 * 1024 * 1024 },
});

function open(body: string): Promise<ScriptVm> {
  return host.open(body.includes('exec') ? body : `function exec(msg, meta) { ${body} }`);
}

function textOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    return errorText(error);
  }
  return 'no error';
}

const moment = new DateTime(1_700_000_000_123, 'UTC');

const results: readonly {
  readonly name: string;
  readonly script: string;
  readonly in?: unknown;
  readonly out: unknown;
}[] = [
  {
    name: 'a row goes through',
    script: 'return msg;',
    in: { a: 1.5, s: 'é', n: null },
    out: { a: 1.5, s: 'é', n: null },
  },
  { name: 'floats that pass stay floats', script: 'return msg;', in: { a: 2 }, out: { a: 2 } },
  {
    name: 'ints come in as numbers and stay ints',
    script: 'msg.b = msg.a / 2; return msg;',
    in: { a: 5n },
    out: { a: 5n, b: 2.5 },
  },
  { name: 'whole numbers that a script makes are ints', script: 'return { n: 3, f: 0.5 };', out: { n: 3n, f: 0.5 } },
  { name: 'whole numbers beyond 2^53 are floats', script: 'return { n: 1e300 };', out: { n: 1e300 } },
  { name: 'big integers are ints', script: 'return { n: 9007199254740993n };', out: { n: 9007199254740993n } },
  {
    name: 'nested values keep their kinds',
    script: 'return msg;',
    in: { l: [1, 2.5], o: { i: 1n } },
    out: { l: [1, 2.5], o: { i: 1n } },
  },
  {
    name: 'rows of a list keep their kinds in any order',
    script: 'return msg.reverse();',
    in: [{ a: 1 }, { a: 2 }],
    out: [{ a: 2 }, { a: 1 }],
  },
  {
    name: 'moments come in as dates',
    script: 'return { y: msg.t.getUTCFullYear(), t: msg.t };',
    in: { t: moment },
    out: { y: 2023n, t: moment },
  },
  {
    name: 'bytes come in as Uint8Array',
    script: 'msg.b[0] = 9; return msg;',
    in: { b: Uint8Array.of(1, 2) },
    out: { b: Uint8Array.of(9, 2) },
  },
  {
    name: 'not a number comes in as such',
    script: 'return { nan: isNaN(msg.n), inf: msg.i > 1e308 };',
    in: { n: Number.NaN, i: Infinity },
    out: { nan: true, inf: true },
  },
  {
    name: 'undefined and functions come out as null',
    script: 'return { u: undefined, f: () => 1, a: [undefined] };',
    out: { u: null, f: null, a: [null] },
  },
  { name: 'nothing comes out as null', script: 'return;', out: null },
  {
    name: 'a key named __proto__ is data',
    script: 'return { has: Object.keys(msg).join() };',
    in: JSON.parse('{"__proto__":1}'),
    out: { has: '__proto__' },
  },
  { name: 'metadata is the second argument', script: 'return { t: meta.topic };', out: { t: 'x' } },
  {
    name: 'there is nothing of the host',
    script: 'return { r: typeof require + typeof process + typeof fetch + typeof setTimeout + typeof std };',
    out: { r: 'undefined'.repeat(5) },
  },
  {
    name: 'built-ins may be replaced at own risk',
    script: 'JSON.stringify = null; Array.isArray = null; return { a: [1.5] };',
    out: { a: [1.5] },
  },
];

describe('results', () => {
  test.each(results)('$name', async ({ script, in: input, out }) => {
    const vm = await open(script);
    expect(vm.exec(input ?? {}, { topic: 'x' })).toEqual(out);
  });
});

test('globals live from call to call, in one interpreter', async () => {
  const source = 'let n = 0; const exec = (msg) => ({ n: ++n });';
  const [one, other] = [await host.open(source), await host.open(source)];
  expect([one.exec({}), one.exec({}), other.exec({})]).toEqual([{ n: 1n }, { n: 2n }, { n: 1n }]);
});

const failures: readonly {
  readonly name: string;
  readonly script: string;
  readonly text: string;
  readonly in?: unknown;
}[] = [
  { name: 'an error thrown', script: 'throw new Error("no such device");', text: 'no such device' },
  { name: 'a text thrown', script: 'throw "no";', text: 'no' },
  { name: 'a name that does not exist', script: 'return nosuch(1);', text: "ReferenceError: 'nosuch' is not defined" },
  { name: 'not a number', script: 'return { a: 0 / 0 };', text: 'result is NaN' },
  { name: 'infinity', script: 'return { a: -1 / 0 };', text: 'result is Inf' },
  { name: 'a circle', script: 'const a = {}; a.a = a; return a;', text: 'TypeError: circular reference' },
  {
    name: 'a circle beside a date',
    script: 'const a = { t: new Date() }; a.a = a; return a;',
    text: 'result is nested too deeply',
  },
  { name: 'a promise', script: 'return Promise.resolve(1);', text: 'TypeError: result is a promise' },
  {
    name: 'an int of more than 64 bits',
    script: 'return { n: 2n ** 64n };',
    text: 'result 18446744073709551616 does not fit 64 bits',
  },
  { name: 'an endless loop', script: 'for (;;);', text: 'script did not end within 1000 ms' },
  {
    name: 'an endless loop that catches',
    script: 'for (;;) { try { for (;;); } catch (e) { } finally { } }',
    text: 'script did not end within 1000 ms',
  },
  {
    name: 'a getter that never ends',
    script: 'return { get a() { for (;;); } };',
    text: 'script did not end within 1000 ms',
  },
  {
    name: 'an endless chain of promises',
    script: 'const f = () => Promise.resolve().then(f); f(); return {};',
    text: 'no error',
  },
  {
    name: 'a memory hog',
    script: 'const a = []; for (let i = 0; ; i++) a.push(`${i}`.repeat(10_000));',
    text: 'script needs more than 18 MB of memory',
  },
  {
    name: 'endless recursion',
    script: 'function f() { return f() + 1; } return f();',
    text: 'InternalError: stack overflow',
  },
  {
    name: 'input nested deeper than can be taken',
    script: 'return {};',
    in: nested(200),
    text: 'the value is nested too deeply for a script',
  },
];

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let i = 0; i < depth; i++) value = { a: value };
  return value;
}

describe('failures are errors of the row', () => {
  test.each(failures)('$name', async ({ script, in: input, text }) => {
    const vm = await open(`var calls = 0; function exec(msg) { if (calls++ === 1) return { fine: true }; ${script} }`);
    expect(textOf(() => vm.exec(input ?? {}))).toBe(text);
    expect(vm.exec({})).toEqual(input === undefined ? { fine: true } : {});
  });
});

test('a script that keeps all memory goes on failing, alone', async () => {
  const vm = await host.open(
    'const all = []; function exec() { for (let i = 0; ; i++) all.push(`${i}`.repeat(10_000)); }',
  );
  for (let i = 0; i < 3; i++) expect(textOf(() => vm.exec({}))).toBe('script needs more than 18 MB of memory');
  const other = await open('return { fine: true };');
  expect(other.exec({})).toEqual({ fine: true });
});

test('a script that breaks its machine fails from then on, alone', async () => {
  const deep = new ScriptHost({
    stopwatchMs: () => performance.now(),
    timeZone: 'UTC',
    limits: { stackBytes: 2 ** 19 },
  });
  const vm = await deep.open('function exec(msg) { return msg.bad ? eval("(".repeat(1e6)) : {}; }');
  expect(textOf(() => vm.exec({ bad: true }))).toMatch(/^script broke down: /);
  expect(textOf(() => vm.exec({}))).toMatch(/^script cannot go on: /);
  expect((await open('return { fine: true };')).exec({})).toEqual({ fine: true });
});

test('a script that runs out of time again and again rests, then gets another try', async () => {
  let now = 0;
  const clocked = new ScriptHost({ stopwatchMs: () => (now += 10), timeZone: 'UTC', limits: { timeMs: 100 } });
  const vm = await clocked.open('function exec(msg) { while (msg.loop); return { fine: true }; }');
  const loop = (): string => textOf(() => vm.exec({ loop: true }));
  for (let i = 0; i < 2; i++) expect(loop()).toBe('script did not end within 100 ms');
  expect(vm.exec({})).toEqual({ fine: true });
  for (let i = 0; i < 3; i++) expect(loop()).toBe('script did not end within 100 ms');
  const resting = 'script did not end within 100 ms, 3 times in a row, and rests';
  expect([textOf(() => vm.exec({})), loop()]).toEqual([resting, resting]);
  now += 1000;
  expect(loop()).toBe('script did not end within 100 ms');
  expect(textOf(() => vm.exec({}))).toContain('4 times in a row, and rests');
  now += 1000;
  expect(vm.exec({})).toEqual({ fine: true });
  expect(loop()).toBe('script did not end within 100 ms');
});

test('a closed interpreter does not run', async () => {
  const vm = await open('return {};');
  vm.close();
  expect(textOf(() => vm.exec({}))).toBe('script cannot go on: it is closed');
});

test.each([
  ['function exec() {}', null],
  ['const exec = () => 1;', null],
  ['function exec( {', 'failed to interprete script: SyntaxError: invalid property name (line 1)'],
  ['throw new TypeError("x");', 'failed to interprete script: TypeError: x'],
  ['while (true);', 'failed to interprete script: script did not end within 1000 ms'],
  ['function other() {}', 'cannot find function "exec" in script'],
  ['var exec = 5;', 'cannot find function "exec" in script'],
])('%s is checked', async (source, problem) => {
  const found = await host.check(source);
  if (problem === null) expect(found).toBeNull();
  else expect(found).toContain(problem);
});

test('functions are found by the names they are asked for', async () => {
  expect(await host.check('function area(x, y) { return x * y; }', 'area')).toBeNull();
  expect(await host.check('function area() {}', 'a-b')).toBe('cannot find function "a-b" in script');
  expect((await host.open('function area(x, y) { return x * y; }', 'area')).exec(2.5, 4n)).toBe(10n);
});

test('what a script writes to its console goes to the printer, within bounds', async () => {
  const lines: string[] = [];
  const vm = await host.open(
    `function exec(n) { for (let i = 0; i < n; i++) console.warn('row', i, { a: [1] }); log(new Error('x')); return 1; }`,
    'exec',
    (level, text) => lines.push(`${level} ${text}`),
  );
  vm.exec(1);
  expect(lines).toEqual(['warn row 0 {"a":[1]}', 'info Error: x']);
  vm.exec(1000);
  expect(lines).toHaveLength(102);
});
