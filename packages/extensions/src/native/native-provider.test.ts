import { createRequire } from 'node:module';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DateTime, ManualClock, type Row, silentLogger } from '@kuiper/base';
import type {
  BytesBatch,
  ExtensionState,
  FunctionContext,
  FunctionInstance,
  RowsBatch,
  ScalarFunction,
  SinkContext,
  SourceContext,
} from '@kuiper/sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ExtensionProvider } from '../extension-provider.ts';
import type { NativeRecord } from '../extension-record.ts';
import { nativeProvider } from './native-provider.ts';

let base = '';
let files = 0;
beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'native-'));
});
afterAll(() => rm(base, { recursive: true, force: true }));

const limits = { callMs: 1000, memoryMb: 64 };

function open(loadMs = 30_000): ExtensionProvider<NativeRecord> {
  const template = (text: string) => (data: unknown) => `${text}:${JSON.stringify(data)}`;
  return nativeProvider({
    logger: silentLogger,
    rootPath: '/kuiper',
    template,
    isolation: limits,
    loadMs,
  }) as ExtensionProvider<NativeRecord>;
}

async function record(
  type: NativeRecord['type'],
  name: string,
  code: string,
  more: Partial<NativeRecord> & { readonly extension?: string } = {},
): Promise<NativeRecord> {
  const { extension = '.mjs', ...rest } = more;
  const directory = join(base, String(++files));
  await mkdir(directory);
  const file = join(directory, `${name}${extension}`);
  await writeFile(file, code);
  return { kind: 'native', name, type, version: '1.0.0', file, functions: null, isolation: 'none', ...rest };
}

function memoryState(values = new Map<string, unknown>()): ExtensionState {
  return {
    getState: (key) => values.get(key),
    putState: (key, value) => void values.set(key, value),
    deleteState: (key) => void values.delete(key),
    incrCounter: (key, amount) => {
      const sum = Number(values.get(key) ?? 0) + amount;
      values.set(key, sum);
      return sum;
    },
    getCounter: (key) => Number(values.get(key) ?? 0),
  };
}

const clock = new ManualClock(1000);

function functionContext(values = new Map<string, unknown>()): FunctionContext {
  return {
    ...memoryState(values),
    now: () => 7,
    startedMs: 5,
    sleep: () => Promise.resolve(),
    keyedState: (key) => `keyed ${key}`,
    random: () => 0.5,
    timeZone: 'Asia/Shanghai',
    ruleId: 'r1',
    opId: '2_project',
    funcId: 3,
    logger: silentLogger,
    rootPath: '/kuiper',
  };
}

async function call(provider: ExtensionProvider, name: string, context = functionContext()): Promise<FunctionInstance> {
  const made = provider.function?.(name) as ScalarFunction;
  return (await made.instantiate?.(context)) as FunctionInstance;
}

const echo = `export class Echo { exec(ctx, [x]) { return x; } }`;

describe('functions with methods', () => {
  it('take plain values and give kinds back', async () => {
    const provider = open();
    await provider.put(await record('functions', 'echo', echo));
    const { eval: evaluate } = await call(provider, 'echo');
    const same = [
      1n,
      1.5,
      2,
      'x',
      true,
      null,
      2n ** 60n,
      [1n, 2, { a: 3n }],
      new DateTime(5, 'UTC'),
      new Uint8Array(2),
    ];
    for (const value of same) expect(evaluate(value)).toBe(value);
    expect(evaluate(undefined)).toBe(null);
    await provider.put(
      await record(
        'functions',
        'show',
        `export const Show = () => ({ exec: (ctx, args) => ({
           kinds: args.map((x) => x === null ? 'null' : typeof x === 'object' ? x.constructor.name : typeof x),
           whole: 2 + 3, half: 0.5, date: new Date(9), deep: [{ n: 1 }], ctx: [ctx.ruleId, ctx.opId, ctx.funcId, ctx.now(), ctx.rootPath],
           text: ctx.parseTemplate('{{.a}}', { a: 1 }), plain: ctx.parseTemplate('plain', 1) }) })`,
      ),
    );
    const shown = (await call(provider, 'show')).eval(
      1n,
      2.5,
      2n ** 60n,
      new DateTime(5, 'UTC'),
      new Uint8Array(1),
      [1n],
      {},
    );
    expect(shown).toEqual({
      kinds: ['number', 'number', 'bigint', 'Date', 'Uint8Array', 'Array', 'Object'],
      whole: 5n,
      half: 0.5,
      date: new DateTime(9, 'Asia/Shanghai'),
      deep: [{ n: 1n }],
      ctx: ['r1', '2_project', 3n, 7n, '/kuiper'],
      text: '{{.a}}:{"a":1}',
      plain: 'plain',
    });
  });

  const failing: [code: string, text: string][] = [
    [`throw new Error('why')`, 'why'],
    [`throw 'text'`, 'text'],
    [`return 1 / 0`, 'result is Inf'],
    [`return NaN`, 'result is NaN'],
    [`return () => 1`, 'result is a function'],
    [`return 2n ** 70n`, 'result 1180591620717411303424 does not fit 64 bits'],
    [`return Promise.resolve(1)`, 'result is a promise: a function that waits is async, or says isAsync'],
  ];
  for (const [code, text] of failing) {
    it(`fail their row with ${text}`, async () => {
      const provider = open();
      await provider.put(await record('functions', 'bad', `export const bad = { exec() { ${code}; } }`));
      const { eval: evaluate } = await call(provider, 'bad');
      expect(() => evaluate(1n)).toThrow(expect.objectContaining({ name: 'RowError', message: text }));
    });
  }

  it('have traits by what they are', async () => {
    const provider = open();
    const code = `
      export const apiVersion = '^1';
      export class Group { isAggregate() { return true; } exec(ctx, [list]) { return list.length; } }
      export class Later { async exec(ctx, [x]) { return x + 1; } validate(args) { if (args.length !== 1) throw new Error('one argument'); } }
      export const Checked = { validate: (args) => args[0].literal === 'string' ? null : 'a text', exec: () => 1 };
      export const helper = 1; export class Other {}`;
    const symbols = await provider.put(await record('functions', 'several', code));
    expect(symbols.map(({ name }) => name)).toEqual(['checked', 'group', 'later']);
    expect([...(provider.functionNames?.() ?? [])]).toEqual(['checked', 'group', 'later']);
    const [group, later, checked] = ['group', 'later', 'checked'].map(
      (name) => provider.function?.(name) as ScalarFunction,
    );
    expect([group?.overGroup, group?.async, later?.overGroup, later?.async]).toEqual([
      true,
      undefined,
      undefined,
      true,
    ]);
    expect(await (await call(provider, 'later')).eval(1n)).toBe(2n);
    expect((await call(provider, 'group')).eval([1n, null])).toBe(2n);
    const column = { literal: 'column', value: 'a', isCondition: false } as const;
    expect([later?.check?.([]), later?.check?.([column]), checked?.check?.([column])]).toEqual([
      'one argument',
      null,
      'a text',
    ]);
  });

  it('are instances of their own from classes and factories, and one from objects', async () => {
    const body = `n: 0, exec() { return ++this.n; }`;
    const code = `
      export class Classy { n = 0; exec() { return ++this.n; } }
      export function Maker() { return { ${body} }; }
      export function Old() { this.n = 0; } Old.prototype.exec = function () { return ++this.n; };
      export const Single = { ${body} };`;
    const provider = open();
    const functions = ['classy', 'maker', 'old', 'single'];
    await provider.put(await record('functions', 'x', code, { functions }));
    const results: Record<string, unknown[]> = {};
    for (const name of functions) {
      const [a, b] = [await call(provider, name), await call(provider, name)];
      results[name] = [a.eval(), a.eval(), b.eval()];
    }
    expect(results).toEqual({ classy: [1n, 2n, 1n], maker: [1n, 2n, 1n], old: [1n, 2n, 1n], single: [1n, 2n, 3n] });
  });
});

it('loads addons', async () => {
  const addon = createRequire(import.meta.url)
    .resolve('classic-level')
    .replace(/index\.js$/, '');
  const file = join(addon, 'prebuilds', `${process.platform}-${process.arch}`, 'classic-level.node');
  const plain = await record('functions', 'p', '');
  // It is one, but no plugin.
  await expect(open().put({ ...plain, file })).rejects.toThrow('plugin p exports no function');
  await expect(open().put({ ...plain, file, functions: ['x'] })).rejects.toThrow(
    /^symbol X not found: the module exports .*db_open/,
  );
  const broken = await record('functions', 'p', 'nonsense', { extension: '.node' });
  await expect(open().put(broken)).rejects.toThrow('cannot load p.node: ');
});

it('takes declarations as built-ins are made of, CommonJS and several extensions', async () => {
  const provider = open();
  const declaration = `{ class: 'scalar', name: 'x', group: 'g', args: [{ name: 'a', kind: 'any' }], returns: 'any',
    onNull: 'call', summary: '', examples: [], context: true, eval: (ctx, a) => ctx.ruleId + a }`;
  await provider.put(await record('functions', 'one', `export const one = ${declaration};`));
  await provider.put(await record('functions', 'two', `exports.Two = ${declaration};`, { extension: '.cjs' }));
  await provider.put(
    await record('functions', 'three', `module.exports = { Three: ${declaration} };`, { extension: '.js' }),
  );
  await provider.put(await record('functions', 'four', `export default ${declaration};`));
  await provider.put(
    await record('functions', 'five', `module.exports = class { exec(ctx, [a]) { return ctx.ruleId + a; } };`, {
      extension: '.cjs',
    }),
  );
  for (const name of ['one', 'two', 'three', 'four', 'five']) {
    expect(provider.function?.(name)?.name).toBe(name);
    expect((await call(provider, name)).eval('!')).toBe('r1!');
  }
});

describe('a bad module', () => {
  const bad: [type: NativeRecord['type'], code: string, why: string, more?: Partial<NativeRecord>][] = [
    ['functions', 'export const', 'cannot load p.mjs: '],
    ['functions', `throw new Error('at load')`, 'cannot load p.mjs: at load'],
    ['functions', `import './absent.mjs'`, 'cannot load p.mjs: Cannot find module'],
    ['functions', 'export const a = 1', 'plugin p exports no function'],
    [
      'functions',
      'export const P = 1',
      'exported symbol P is not type of api.Function or function that return api.Function',
    ],
    ['functions', 'export class P { constructor() { throw new Error("no") } exec() {} }', 'cannot load p: no'],
    ['functions', echo, 'symbol F not found: the module exports Echo', { functions: ['f'] }],
    ['sources', echo, 'symbol P not found: the module exports Echo'],
    [
      'sources',
      'export class P { open() {} }',
      'exported symbol P is not type of api.Source or function that return api.Source',
    ],
    ['sinks', 'export const p = () => 5', 'exported symbol p is not type of api.Sink or function that return api.Sink'],
    ['functions', `export const apiVersion = '^2'; ${echo}`, 'plugin p needs extension API ^2, this engine has 1.0.0'],
    ['functions', `export const apiVersion = 'new'; ${echo}`, 'plugin p has an unreadable apiVersion "new"'],
    ['sources', 'export class P { pull() {} }', 'plugin p cannot be isolated in a worker', { isolation: 'worker' }],
    ['functions', 'export const a = 1', 'plugin p exports no function', { isolation: 'worker' }],
  ];
  for (const [type, code, why, more] of bad) {
    it(`is refused: ${why}`, async () => {
      const provider = open();
      await expect(provider.put(await record(type, 'p', code, more))).rejects.toThrow(why);
      expect([...(provider.functionNames?.() ?? [])]).toEqual([]);
      expect(provider.source?.('p') ?? provider.sink?.('p')).toBe(undefined);
      await provider.close?.();
    });
  }

  it('is refused when it does not end to load', async () => {
    const code = `await new Promise(() => undefined); ${echo}`;
    const why = 'cannot load p.mjs: it is not ready after 0.2 s';
    await expect(open(200).put(await record('functions', 'p', code))).rejects.toThrow(why);
  });

  it('leaves the one before at work', async () => {
    const provider = open();
    await provider.put(await record('functions', 'echo', echo));
    const running = await call(provider, 'echo');
    await expect(provider.put(await record('functions', 'echo', 'nonsense('))).rejects.toThrow('cannot load');
    expect(running.eval('x')).toBe('x');
    expect(provider.function?.('echo')).toBeDefined();
  });
});

describe('replacing a plugin', () => {
  it('lets calls go over with their state, and closes what was before', async () => {
    const provider = open();
    const version = (n: number): string =>
      `export class Sum { exec(ctx, [x]) { const s = (ctx.getState('s') ?? 0) + x * ${n}; ctx.putState('s', s); return s; }
         close() { globalThis.closedSums = (globalThis.closedSums ?? '') + ${n}; } }`;
    await provider.put(await record('functions', 'sum', version(1)));
    const running = await call(provider, 'sum');
    expect([running.eval(1n), running.eval(2n)]).toEqual([1n, 3n]);
    await provider.put(await record('functions', 'sum', version(10)));
    expect([running.eval(1n), (await call(provider, 'sum')).eval(1n)]).toEqual([13n, 10n]);
    // The same file once more is a module of its own as well.
    const file = await record('functions', 'sum', version(100));
    await provider.put(file);
    await writeFile(file.file, version(1000));
    await provider.put(file);
    expect(running.eval(1n)).toBe(1013n);
    await running.close?.();
    expect((globalThis as { closedSums?: string }).closedSums).toMatch(/^1(0|00)+1000$|^110/);
  });

  it('is found again after it was dropped, by calls that went on meanwhile as well', async () => {
    const provider = open();
    const key = { kind: 'native', name: 'echo', type: 'functions' } as const;
    await provider.put(await record('functions', 'echo', echo));
    const running = await call(provider, 'echo');
    await provider.drop(key);
    await provider.drop(key);
    expect([provider.function?.('echo'), [...(provider.functionNames?.() ?? [])]]).toEqual([undefined, []]);
    expect(running.eval('x')).toBe('x');
    await provider.put(await record('functions', 'echo', `export const Echo = { exec: () => 'new' }`));
    expect(running.eval('x')).toBe('new');
  });

  it('leaves running calls alone when it takes or gives something else', async () => {
    const provider = open();
    await provider.put(await record('functions', 'echo', echo));
    const planned = provider.function?.('echo') as ScalarFunction;
    const running = await call(provider, 'echo');
    await provider.put(await record('functions', 'echo', `export const Echo = { exec: async () => 'new' }`));
    expect(running.eval('x')).toBe('x');
    expect((await planned.instantiate?.(functionContext()))?.eval('x')).toBe('x');
    expect(await (await call(provider, 'echo')).eval('x')).toBe('new');
  });
});

/** A source's context that writes down what it is told. */
function sourceContext(seen: unknown[], more: Partial<SourceContext> = {}): SourceContext {
  return {
    ...memoryState(),
    clock,
    logger: silentLogger,
    ruleId: 'r1',
    name: 'demo',
    rootPath: '/kuiper',
    connections: undefined as unknown as SourceContext['connections'],
    resumeFrom: null,
    columns: null,
    ingest: ({ buffer, position, timestampMs, meta }: BytesBatch) => {
      seen.push([buffer.toString(), position, timestampMs, meta(0)]);
      return undefined;
    },
    ingestRows: ({ rows, position, timestampMs, meta }: RowsBatch) => {
      seen.push([rows, position, timestampMs, meta(0)]);
      return undefined;
    },
    fail: (error) => void seen.push(`fail ${error.message}`),
    status: (status, message) => void seen.push(`${status} ${message ?? ''}`),
    end: (reason) => void seen.push(`end ${reason}`),
    abort: (error) => void seen.push(`abort ${error.message}`),
    ...more,
  };
}

describe('sources with methods', () => {
  const code = (n: number): string => `
    export class Counter {
      at = 0;
      provision(ctx, props) { if (props.bad) throw new Error('bad property'); this.props = props; }
      setEofIngest(eof) { this.eof = eof; }
      connect(ctx, status) { status('connected', 'v${n}'); }
      getOffset() { return this.at; }
      rewind(at) { this.at = at; }
      pull(ctx, ms, ingest, ingestError) {
        if (this.at === 9) return this.eof('over');
        if (this.props.wrong !== undefined) return ingest(this.props.wrong);
        this.at++;
        ingest({ at: this.at, by: ${n}, n: ctx.incrCounter('n', 1), ds: this.props.datasource }, { ms });
      }
      close() { this.closed = true; }
    }`;

  it('are pulled, rewound, replaced and ended', async () => {
    const provider = open();
    await provider.put(await record('sources', 'counter', code(1)));
    const made = provider.source?.('counter');
    expect([made?.emits, made?.mode, made?.replays, made?.openProps]).toEqual(['rows', 'pull', true, true]);
    expect(() => made?.check?.({ bad: true }, '')).toThrow('bad property');
    const seen: unknown[] = [];
    const opened = (await made?.open(sourceContext(seen, { resumeFrom: 5 }), { interval: 10 }, 'ds')) as unknown as {
      pull(ms: number): Promise<void>;
      stateAt(position: number): unknown;
      committed(position: number): void;
      close(): Promise<void>;
    };
    await opened.pull(50);
    await opened.pull(60);
    expect([opened.stateAt(-1), opened.stateAt(0), opened.stateAt(1)]).toEqual([5, 6, 7]);
    opened.committed(0);
    expect([opened.stateAt(0), opened.stateAt(1)]).toEqual([6, 7]);
    await provider.put(await record('sources', 'counter', code(2)));
    await opened.pull(70);
    expect([opened.stateAt(1), opened.stateAt(2)]).toEqual([7, 8]);
    opened.committed(2);
    await opened.pull(80);
    await opened.pull(90);
    await opened.close();
    const row = (at: number, by: number, n: number): Row[] => [{ at, by, n, ds: 'ds' }];
    expect(seen).toEqual([
      'connected v1',
      [row(6, 1, 1), 0, 1000, { ms: 50 }],
      [row(7, 1, 2), 1, 1000, { ms: 60 }],
      'connected v2',
      [row(8, 2, 3), 2, 1000, { ms: 70 }],
      [row(9, 2, 4), 3, 1000, { ms: 80 }],
      'end over',
    ]);
  });

  it('push, fail and abort', async () => {
    const provider = open();
    await provider.put(
      await record(
        'sources',
        'push',
        `export class Push { emits = 'bytes';
           async subscribe(ctx, ingest, ingestError) {
             await ingest('text', { k: 1 }, 5); ingest(Buffer.from('more')); ingest({}); ingestError(new Error('one')); ingestError('two');
             throw new Error('over');
           } }
         export const PushLookup = { lookup: (ctx, fields, keys, values) => [{ fields, keys, values: values.map((v) => typeof v), n: 1, i: 2n }] };`,
      ),
    );
    const seen: unknown[] = [];
    const opened = await provider.source?.('push')?.open(sourceContext(seen), {}, '');
    await new Promise((resolve) => setImmediate(resolve));
    await opened?.close();
    expect(seen).toEqual([
      'connected ',
      ['text', 0, 5, { k: 1 }],
      ['more', 1, 1000, null],
      'fail a source of bytes was given a row',
      'fail one',
      'fail two',
      'abort over',
    ]);
    const { logger, connections } = sourceContext([]);
    const context = { clock, logger, name: 't', rootPath: '/', connections };
    const table = await provider.lookup?.('push')?.open(context, {}, { dataSource: 'd', key: 'k' });
    expect(await table?.lookup(null, ['a'], [1n])).toEqual([
      { fields: null, keys: ['a'], values: ['number'], n: 1, i: 2n },
    ]);
  });

  it('may give rows only, and lists of them', async () => {
    const provider = open();
    await provider.put(await record('sources', 'counter', code(1)));
    const wrong: [unknown, unknown][] = [
      ['text', 'fail a source of rows was given a string'],
      [Buffer.from('x'), 'fail a source of rows was given bytes'],
      [[1], 'fail a source of rows was given 1'],
      [[], undefined],
      [
        [{ a: 1 }, { a: 2n }],
        [[{ a: 1 }, { a: 2n }], 0, 1000, null],
      ],
    ];
    for (const [given, told] of wrong) {
      const seen: unknown[] = [];
      const opened = await provider.source?.('counter')?.open(sourceContext(seen), { wrong: given }, '');
      await (opened as unknown as { pull(ms: number): Promise<void> }).pull(1);
      expect(seen[1]).toEqual(told);
    }
  });
});

describe('sinks with methods', () => {
  const context = (told: unknown[]): SinkContext =>
    ({ ...sourceContext(told), name: 'out_0' }) as unknown as SinkContext;

  it('take rows and lists with their rendered properties', async () => {
    const provider = open();
    globalThis.collected = [];
    const code = (n: number): string => `export class Out {
      provision(ctx, props) { this.props = props; }
      collect(ctx, item) { collected.push([${n}, item.value('a'), item.value('b'), item.toMap(), item.dynamicProps('t/{{.a}}'), item.allProps()]); }
      collectList(ctx, list) { collected.push([${n}, list.length, list.toMaps()]); list.rangeOfTuples((i, t) => { collected.push(t.value('a')); return false; }); }
      close() { collected.push('closed'); }
    }`;
    await provider.put(await record('sinks', 'out', code(1)));
    const made = provider.sink?.('out');
    expect([made?.accepts, made?.dynamic]).toEqual(['rows', ['*']]);
    const props = { topic: 't/{{.a}}', deep: { er: 'd {{.a}}' } };
    const opened = await made?.open(context([]), props);
    const row = { a: 1n };
    const rendered = { topic: 't/1', 'deep.er': 'd 1' };
    opened?.write({
      kind: 'rows',
      items: [row, [row, { a: 2 }]],
      props: [rendered, null],
      type: { k: 'map', fields: {}, rest: 'any' },
    });
    await provider.put(await record('sinks', 'out', code(2)));
    opened?.write({ kind: 'rows', items: [row], props: null, type: { k: 'map', fields: {}, rest: 'any' } });
    await opened?.close();
    expect(globalThis.collected).toEqual([
      [1, 1, undefined, { a: 1 }, 't/1', { 't/{{.a}}': 't/1', 'd {{.a}}': 'd 1' }],
      [1, 2, [{ a: 1 }, { a: 2 }]],
      1,
      'closed',
      [2, 1, undefined, { a: 1 }, undefined, {}],
      'closed',
    ]);
  });

  it('say what can be tried again', async () => {
    const provider = open();
    const cases: [string, object][] = [
      [`throw new Error('io error: gone')`, { index: 1, recoverable: true, message: 'io error: gone' }],
      [`throw Object.assign(new Error('x'), { code: 1003 })`, { index: 1, recoverable: true }],
      [`throw new Error('no')`, { index: 1, recoverable: false, message: 'no' }],
    ];
    for (const [statement, failure] of cases) {
      for (const wait of ['', 'await null;']) {
        const code = `export class Out { ${wait && 'async '}collect(ctx, item) { ${wait} if (String(Buffer.from(item.raw())) === 'b') ${statement} } }`;
        await provider.put(await record('sinks', 'out', code));
        const opened = await provider.sink?.('out')?.open(context([]), {});
        const work = async (): Promise<void> =>
          opened?.write({ kind: 'bytes', payloads: ['a', Buffer.from('b'), 'c'], props: null });
        await expect(work()).rejects.toMatchObject({ name: 'SinkWriteError', ...failure });
      }
    }
  });
});

describe('a plugin in a thread of its own', () => {
  const code = `
    export class Add { exec(ctx, [x]) { return ctx.incrCounter('n', 1) + x; } }
    export class Late { async exec(ctx, [x]) { await ctx.sleep(1); return x; } }
    export class Spin { exec(ctx, [x]) { if (x === 0) for (;;); return x; } }
    export class Never { async exec() { return new Promise(() => undefined); } }
    export class Eat { exec(ctx, [x]) { const all = []; while (x === 0) all.push(new Array(1e5).fill(x + all.length)); return x; } }
    export class Fail { exec() { throw new Error('why'); } }
    export class Exit { exec(ctx, [x]) { if (x === 0) process.exit(3); return x; } }
    export class Checked { validate(args) { return args.length === 2 ? null : 'two, please'; } exec(ctx, args) {
      return { t: args[0], zone: ctx.timeZone, keyed: ctx.keyedState('k'), random: ctx.random() >= 0, now: ctx.now() }; } }
    export const Plain = { class: 'scalar', name: 'x', group: 'g', args: [{ name: 'a', kind: 'int' }], returns: 'int', onNull: 'null', summary: '', examples: [], eval: (a) => a + 1 };`;

  it('keeps its state in the rule and costs only those who call it', { timeout: 60_000 }, async () => {
    const provider = open();
    const symbols = await provider.put(await record('functions', 'x', code, { isolation: 'worker' }));
    expect(symbols).toHaveLength(9);
    const plain = provider.function?.('plain') as ScalarFunction;
    expect([plain.async, plain.onNull, plain.args.map(({ kind }) => kind)]).toEqual([true, 'null', ['int']]);
    expect(await (await call(provider, 'plain')).eval(1)).toBe(2);
    const values = new Map<string, unknown>([['n', 5]]);
    const add = await call(provider, 'add', functionContext(values));
    expect(await Promise.all([add.eval(1n), add.eval(1n)])).toEqual([7n, 8n]);
    expect(values.get('n')).toBe(7);
    const late = await call(provider, 'late');
    expect(await late.eval([1n, 0.5, new DateTime(3, 'Asia/Shanghai')])).toEqual([
      1n,
      0.5,
      new DateTime(3, 'Asia/Shanghai'),
    ]);
    await expect((await call(provider, 'fail')).eval(1n)).rejects.toThrow('why');
    const checked = await call(provider, 'checked');
    expect(await checked.eval(new DateTime(3, 'UTC'))).toEqual({
      t: new DateTime(3, 'Asia/Shanghai'),
      zone: 'Asia/Shanghai',
      keyed: 'keyed k',
      random: true,
      now: 7n,
    });
    await expect(provider.prepare?.({ name: 'checked', args: [] })).rejects.toThrow(
      'validate function checked error: two, please',
    );

    // Those who wait behind a guilty call are served by the next thread, with their state.
    const guilty: [string, RegExp][] = [
      ['spin', /did not answer within 1000 ms/],
      ['eat', /the thread of plugin x ended: .*memory|did not answer/],
      ['exit', /the thread of plugin x ended: it exited/],
    ];
    for (const [name, why] of guilty) {
      const bad = await call(provider, name);
      const failing = expect(bad.eval(0n)).rejects.toThrow(why);
      const before = values.get('n') as number;
      expect([name, await add.eval(1n)]).toEqual([name, BigInt(before + 2)]);
      await failing;
      expect(await bad.eval(1n)).toBe(1n);
    }
    const never = await call(provider, 'never');
    const failing = expect(never.eval()).rejects.toThrow('plugin x did not answer within 1000 ms');
    expect(await late.eval('x')).toBe('x');
    await failing;
    expect(await late.eval('x')).toBe('x');
    await provider.close?.();
    await expect(add.eval(1n)).rejects.toThrow();
  });

  it('stays for those who call it when it is replaced by something else', async () => {
    const provider = open();
    await provider.put(await record('functions', 'x', code, { isolation: 'worker' }));
    const [add, late] = [await call(provider, 'add'), await call(provider, 'late')];
    const version = code.replace('ctx.incrCounter', '100 + ctx.incrCounter');
    await provider.put(await record('functions', 'x', version, { isolation: 'worker' }));
    expect(await add.eval(1n)).toBe(102n);
    const never = (await call(provider, 'never')).eval();
    await provider.put(await record('functions', 'x', code));
    // `late` is async in both, `add` no more: what was planned for a promise goes on with one.
    expect([await add.eval(1n), await late.eval('x')]).toEqual([103n, 'x']);
    expect((await call(provider, 'add')).eval(1n)).toBe(2n);
    const failing = expect(never).rejects.toThrow(/the thread of plugin x was closed|did not answer/);
    await provider.close?.();
    await failing;
    await expect(add.eval(1n)).rejects.toThrow('the thread of plugin x was closed');
  });
});

declare global {
  var collected: unknown[];
}
