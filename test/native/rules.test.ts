/** Rules on native plugins: instances, state, replacement while they run. Source: behaviour spec, extension §2, §3, §11. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { silentLogger } from '@kuiper/base';
import { NativeInstaller } from '@kuiper/extensions/install';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { demo, NativeRig } from './native-rig.ts';

let rig: NativeRig;
beforeEach(async () => {
  rig = await NativeRig.open();
});
afterEach(() => rig.close());

async function send(...rows: readonly unknown[]): Promise<void> {
  for (const row of rows) {
    for (const feed of rig.scripted.opens.get('in') ?? []) if (feed.closed === 0) feed.send(row);
    await rig.scripted.settle();
  }
}

describe('functions', () => {
  const counting = `n = 0; exec() { return ++this.n; }`;

  it('are instances of their own for each rule and call from a class, one for all from an object', async () => {
    await rig.install('functions', 'counts', {
      'counts.mjs': `export class Own { ${counting} }
        export const Shared = new Own(); export function Made() { return new Own(); }`,
    });
    const sql = 'SELECT own() AS own, made() AS made, own() AS twice, shared() AS shared FROM demo';
    await rig.start({ id: 'a', sql, streams: [demo] });
    await rig.start({ id: 'b', sql, streams: [demo] });
    await send({ x: 1 }, { x: 2 });
    const [a, b] = [rig.rows('a'), rig.rows('b')] as [{ shared: number }[], { shared: number }[]];
    const own = [1, 2].map((n) => ({ own: n, made: n, twice: n }));
    for (const rows of [a, b]) expect(rows.map(({ shared: _shared, ...rest }) => rest)).toEqual(own);
    expect([...a, ...b].map(({ shared }) => shared).sort()).toEqual([1, 2, 3, 4]);
  });

  it('go over to a new version between two events, with their state', async () => {
    const code = `import { factor } from './factor.mjs';
      export class Total { exec(ctx, [x]) { return ctx.incrCounter('sum', x * factor); } }`;
    await rig.install('functions', 'total', {
      'total@1.mjs': code,
      'factor.mjs': 'export const factor = 1;',
    });
    await rig.start({ id: 't', sql: 'SELECT total(x) AS s FROM demo', streams: [demo] });
    await send({ x: 1 }, { x: 2 });
    await rig.install('functions', 'total', {
      'total@2.mjs': code,
      'factor.mjs': 'export const factor = 10;',
    });
    await send({ x: 3 });
    expect(rig.rows('t')).toEqual([{ s: 1 }, { s: 3 }, { s: 33 }]);
    expect(rig.installer.get('functions', 'total')?.record.version).toBe('2');
    // One that cannot be loaded changes nothing, on the disk neither.
    await expect(rig.install('functions', 'total', { 'total@3.mjs': 'export const x = ;' })).rejects.toThrow(
      'cannot load',
    );
    await send({ x: 1 });
    expect(rig.rows('t').at(-1)).toEqual({ s: 43 });
    expect(rig.installer.get('functions', 'total')?.record.version).toBe('2');
  });

  it('are planned anew after they changed what they take', async () => {
    const sql = 'SELECT f(x) AS f FROM demo';
    await rig.install('functions', 'f', { 'f.mjs': `export const F = { exec: (ctx, [x]) => x + 1 };` });
    await rig.start({ id: 'old', sql, streams: [demo] });
    await rig.install('functions', 'f', { 'f.mjs': `export const F = { exec: async (ctx, [x]) => x + 2 };` });
    await rig.start({ id: 'new', sql, streams: [demo] });
    await send({ x: 1 });
    expect([rig.rows('old'), rig.rows('new')]).toEqual([[{ f: 2 }], [{ f: 3 }]]);
  });

  it('fail one row, not the rule', async () => {
    await rig.install('functions', 'picky', {
      'picky.ts': `export const Picky = { exec(ctx: unknown, [x]: number[]): number { if (x === 2) throw new Error('not 2'); return x!; } };`,
    });
    await rig.start({ sql: 'SELECT picky(x) AS x FROM demo', streams: [demo], options: { sendError: false } });
    await send({ x: 1 }, { x: 2 }, { x: 3 });
    expect(rig.rows()).toEqual([{ x: 1 }, { x: 3 }]);
    const node = rig.scripted.host.metrics('r')?.find(({ exceptions }) => exceptions > 0);
    expect(node?.lastException).toContain('call func picky error: not 2');
  });

  it('run in a thread of their own, in order and with their state', { timeout: 30_000 }, async () => {
    const code = `export class Add { exec(ctx, [x]) { if (x === 0) for (;;); return ctx.incrCounter('n', x); } }`;
    await rig.install('functions', 'add', { 'add.mjs': code }, { isolation: 'worker' });
    await rig.start({
      sql: 'SELECT add(x) AS n FROM demo',
      streams: [demo],
      options: { sendError: false, concurrency: 4 },
    });
    await rig.start({ id: 'other', sql: 'SELECT add(x + 1) AS n FROM demo', streams: [demo] });
    await send({ x: 1 }, { x: 0 }, { x: 2 });
    const answered = async (): Promise<unknown> => {
      await rig.scripted.settle();
      return [rig.rows(), rig.rows('other')];
    };
    await expect.poll(answered, { timeout: 15_000 }).toEqual([
      [{ n: 1 }, { n: 3 }],
      [{ n: 2 }, { n: 3 }, { n: 6 }],
    ]);
  });
});

describe('sources', () => {
  const counter = (version: number): string => `
    export class Counter {
      at = 0;
      getOffset() { return this.at; }
      rewind(at) { this.at = at; }
      pull(ctx, ms, ingest) { this.at++; return ingest({ at: this.at, version: ${version}, n: ctx.incrCounter('n', 1) }); }
    }`;
  const stream = ['CREATE STREAM counter () WITH (TYPE="counter")', { interval: '1s' }] as const;
  const sql = 'SELECT at, version, n FROM counter';
  const tick = async (): Promise<void> => {
    rig.scripted.clock.advance(1000);
    await rig.scripted.settle();
  };

  it('go on where the last checkpoint was after a crash', async () => {
    await rig.install('sources', 'counter', { 'counter.mjs': counter(1), 'counter.yaml': 'default: {}' });
    const start = (): Promise<void> => rig.start({ sql, streams: [stream], options: { qos: 1 } });
    await start();
    await tick();
    await rig.scripted.during(rig.scripted.host.checkpoint('r'));
    const before = rig.rows().length;
    await tick();
    await rig.crash();
    await start();
    await tick();
    const rows = rig.rows() as { at: number; n: number }[];
    expect(rows.length).toBeGreaterThan(before + 1);
    for (const { at, n } of rows) expect(at).toBe(n);
    // What came after the checkpoint comes again.
    expect(rows[before + 1]?.at).toBe(before + 1);
  });

  it('are replaced while rules run, with state and position', async () => {
    await rig.install('sources', 'counter', { 'counter.mjs': counter(1), 'counter.yaml': 'default: {}' });
    await rig.start({ sql, streams: [stream] });
    await tick();
    const before = rig.rows().length;
    await rig.install('sources', 'counter', { 'counter@2.mjs': counter(2) });
    await tick();
    await tick();
    const rows = rig.rows() as { at: number; version: number; n: number }[];
    expect(rows.map(({ at }) => at)).toEqual(rows.map((_, i) => i + 1));
    expect(rows.map(({ n }) => n)).toEqual(rows.map((_, i) => i + 1));
    expect(rows.map(({ version }) => version)).toEqual(rows.map((_, i) => (i < before ? 1 : 2)));
    expect(rows.length).toBeGreaterThan(before);
  });

  it('do not start with properties that they refuse, or without a connection', async () => {
    await rig.install('sources', 'bad', {
      'bad.mjs': `export class Bad {
        provision(ctx, props) { if (props.datasource === 'wrong') throw new Error('a bad data source'); }
        connect() { throw new Error('nobody there'); } pull() {} }`,
      'bad.yaml': 'default: {}',
    });
    const start = (source: string): Promise<void> =>
      rig.start({
        sql: 'SELECT * FROM bad',
        streams: [[`CREATE STREAM bad () WITH (TYPE="bad", DATASOURCE="${source}")`, {}]],
      });
    await expect(start('wrong')).rejects.toThrow('a bad data source');
    await start('right').catch(() => undefined);
    await expect.poll(() => rig.scripted.ends.length).toBe(1);
    expect(rig.scripted.ends[0]?.message).toContain('nobody there');
  });

  it('are pushed as bytes, decoded and ended', async () => {
    await rig.install('sources', 'lines', {
      'lines.mjs': `export class Lines { emits = 'bytes';
        setEofIngest(eof) { this.eof = eof; }
        async subscribe(ctx, ingest) { for (let i = 0; i < 3; i++) await ingest(JSON.stringify({ i }), { line: i }); this.eof('read'); } }`,
      'lines.yaml': 'default: {}',
    });
    const stream = ['CREATE STREAM lines (i BIGINT) WITH (TYPE="lines", FORMAT="json")', {}] as const;
    await rig.start({ sql: 'SELECT i, meta(line) AS l FROM lines', streams: [stream] });
    await rig.scripted.settle();
    expect(rig.rows()).toEqual([0, 1, 2].map((i) => ({ i, l: i })));
    expect(rig.scripted.ends).toEqual([{ ruleId: 'r', kind: 'done', message: 'done: read' }]);
  });
});

describe('sinks', () => {
  const code = (version: number): string => `
    export class Keep {
      collect(ctx, item) { const all = ctx.getState('all') ?? []; ctx.putState('all', [...all, [${version}, item.toMap()]]);
        globalThis.kept = ctx.getState('all'); }
      collectList(ctx, list) { for (const row of list.toMaps()) this.collect(ctx, { toMap: () => row }); }
    }`;

  it('are replaced while rules run, with their state', async () => {
    await rig.install('sinks', 'keep', { 'keep.mjs': code(1) });
    await rig.start({ sql: 'SELECT x FROM demo', streams: [demo], actions: [['keep', { sendSingle: true }]] });
    await send({ x: 1 });
    await rig.install('sinks', 'keep', { 'keep.mjs': code(2) });
    await send({ x: 2 });
    expect((globalThis as { kept?: unknown }).kept).toEqual([
      [1, { x: 1 }],
      [2, { x: 2 }],
    ]);
  });

  it('are tried again after an I/O error', async () => {
    const state = globalThis as { failures?: number; got?: string[] };
    state.failures = 2;
    state.got = [];
    await rig.install('sinks', 'flaky', {
      'flaky.mjs': `export class Flaky { collect(ctx, item) {
        if (globalThis.failures-- > 0) throw new Error('io error: gone');
        globalThis.got.push(Buffer.from(item.raw()).toString()); } }`,
    });
    const props = { sendSingle: true, enableCache: true, resendInterval: '10ms' };
    await rig.start({ sql: 'SELECT x FROM demo', streams: [demo], actions: [['flaky', props]] });
    await send({ x: 1 }, { x: 2 });
    for (let i = 0; i < 20; i++) {
      rig.scripted.clock.advance(20);
      await rig.scripted.settle();
    }
    expect(state.got).toEqual(['{"x":1}', '{"x":2}']);
  });
});

it('takes the highest version of what lies in a folder', async () => {
  const file = (name: string, version: number): void =>
    writeFileSync(
      join(rig.directory, 'plugins', 'functions', name),
      `export const Version = { exec: () => ${version} };`,
    );
  file('version@v1.2.0.mjs', 12);
  file('Version@1.10.0.mjs', 110);
  file('version.mjs', 0);
  const directories = {
    plugins: join(rig.directory, 'plugins'),
    etc: join(rig.directory, 'etc'),
    data: join(rig.directory, 'data'),
  };
  const installer = await NativeInstaller.open({ directories, logger: silentLogger });
  for (const record of installer.records) await rig.scripted.host.putExtension(record);
  expect(installer.get('functions', 'version')?.versions).toEqual(['1.10.0', '1.2.0', '']);
  await rig.start({ sql: 'SELECT version() AS v FROM demo', streams: [demo] });
  await send({ x: 1 });
  expect(rig.rows()).toEqual([{ v: 110 }]);
});
