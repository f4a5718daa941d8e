/** Foreign code that never returns costs its rule, and the others no more than a restart of the worker. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '@kuiper/base';
import {
  createWorkerHost,
  defaultEngineSettings,
  type LevelKv,
  openLevelKv,
  type RuleSpec,
  type RunEnd,
  type WorkerHost,
} from '@kuiper/host';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ruleSpec } from '../support/rule-specs.ts';

const functions = `import { existsSync, writeFileSync } from 'node:fs';
const traits = {
  class: 'scalar', group: 'test', args: [{ name: 'a', kind: 'any' }], returns: 'any', onNull: 'call',
  volatile: true, summary: '', examples: [],
};
export const spin = { ...traits, name: 'spin', eval(a) { for (;;) if (a !== 3) return a; } };
export const frail = {
  ...traits, name: 'frail', context: true, eval: (a) => a,
  async instantiate({ rootPath }) {
    if (existsSync(rootPath + '/made')) throw new Error('not twice');
    writeFileSync(rootPath + '/made', '');
    return { eval: (a) => a };
  },
};
export const later = { ...traits, name: 'later', async: true, eval: async (a) => a };`;

const sticky = `export default {
  type: 'sticky', about: { en: '', zh: '' }, emits: 'rows', props: {},
  async open(context) {
    context.ingestRows({ rows: [{ a: 1 }], timestampMs: context.clock.now(), position: 0, meta: () => null });
    return { committed() { for (;;); }, async close() {} };
  },
};`;

const ticking = [
  'CREATE STREAM demo () WITH (TYPE="simulator")',
  { data: [{ a: 1 }, { a: 2 }, { a: 3 }], interval: '20ms', loop: true },
] as const;
const shared = ['CREATE STREAM stuck () WITH (TYPE="sticky", SHARED="true")', {}] as const;

describe('foreign code that never returns', { timeout: 60_000 }, () => {
  let directory = '';
  let kv: LevelKv;
  let host: WorkerHost;
  let ends: RunEnd[] = [];

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'stuck-'));
    writeFileSync(join(directory, 'functions.mjs'), functions);
    writeFileSync(join(directory, 'sticky.mjs'), sticky);
    kv = await openLevelKv(join(directory, 'kv'));
    host = await createWorkerHost({
      kv,
      logger: silentLogger,
      stallLimitMs: 500,
      closePatienceMs: 1000,
      settings: {
        ...defaultEngineSettings,
        rootPath: directory,
        dataPath: directory,
        dataServer: { host: '127.0.0.1', port: 0 },
        functionModules: [join(directory, 'functions.mjs')],
      },
    });
    await host.putExtension({
      kind: 'native',
      name: 'sticky',
      type: 'sources',
      version: '',
      file: join(directory, 'sticky.mjs'),
      functions: null,
      isolation: 'none',
    });
    ends = [];
    host.onEnd((end) => ends.push(end));
  });
  afterEach(async () => {
    await host.close();
    await kv.close();
    rmSync(directory, { recursive: true, force: true });
  });

  const start = async (spec: RuleSpec): Promise<void> => {
    await host.deploy(spec);
    await host.start(spec.id);
  };
  /** Starts a rule that does no harm. @returns how much it has made so far */
  const startGood = async (): Promise<() => number> => {
    await start(ruleSpec({ id: 'good', sql: 'SELECT a FROM demo', streams: [ticking] }));
    let seen = 0;
    host.tap('good', () => {
      seen++;
    });
    return () => seen;
  };
  const expectGoingOn = async (seen: () => number): Promise<void> => {
    const before = seen();
    await expect.poll(seen, { timeout: 20_000 }).toBeGreaterThan(before + 3);
  };

  it.each([
    { name: 'a row', sql: 'SELECT spin(a) AS a FROM demo' },
    { name: 'what follows an asynchronous call', sql: 'SELECT spin(a) AS a, later(a) AS b FROM demo' },
    { name: 'the end of a window', sql: 'SELECT spin(max(a)) AS a FROM demo GROUP BY TUMBLINGWINDOW(ms, 100)' },
  ])('ends its rule, which it hit in $name, and the others go on', async ({ sql }) => {
    const seen = await startGood();
    await start(ruleSpec({ id: 'bad', sql, streams: [ticking] }));
    await expect.poll(() => ends, { timeout: 20_000 }).not.toEqual([]);
    expect(ends).toEqual([
      { ruleId: 'bad', kind: 'error', message: 'rule bad did not return and its worker was replaced' },
    ]);

    // Metrics of the dead worker stay readable, and the good rule's tap goes on in the new one.
    expect(host.metrics('bad')?.[0]?.recordsIn).toBeGreaterThanOrEqual(3);
    await expectGoingOn(seen);
    expect(ends).toHaveLength(1);

    // The guilty one can be put right and started again.
    await start(ruleSpec({ id: 'bad', sql: 'SELECT a + 1 AS a FROM demo', streams: [ticking] }));
    await expect.poll(() => host.metrics('bad')?.[0]?.recordsIn ?? 0, { timeout: 20_000 }).toBeGreaterThan(3);
  });

  it('of a shared source ends the rules on it', async () => {
    const seen = await startGood();
    for (const id of ['x', 'y']) await host.deploy(ruleSpec({ id, sql: 'SELECT a FROM stuck', streams: [shared] }));
    await Promise.allSettled([host.start('x'), host.start('y')]);
    await expect.poll(() => ends.length, { timeout: 20_000 }).toBe(2);
    const message = 'the source of rules x, y did not return and its worker was replaced';
    expect(ends).toEqual(['x', 'y'].map((ruleId) => ({ ruleId, kind: 'error', message })));
    await expectGoingOn(seen);
  });

  it('leaves trial runs their mocks', async () => {
    const real = ['CREATE STREAM demo () WITH (TYPE="memory", DATASOURCE="nobody")', {}] as const;
    const trial = ruleSpec({ id: 'trial', sql: 'SELECT a FROM demo', streams: [real] });
    await host.trial(trial, { demo: { data: [{ a: 7 }], interval: '20ms', loop: true } });
    let seen = 0;
    host.tap('trial', () => {
      seen++;
    });
    await host.start('trial');
    await start(ruleSpec({ id: 'bad', sql: 'SELECT spin(a) AS a FROM demo', streams: [ticking] }));
    await expect.poll(() => ends.length, { timeout: 20_000 }).toBe(1);
    await expectGoingOn(() => seen);
  });

  it('does not end rules that are being started', async () => {
    const specs = Array.from({ length: 60 }, (_, i) =>
      ruleSpec({ id: `r${i}`, sql: `SELECT ${i === 3 ? 'spin(3.0)' : 'a'} AS a FROM demo`, streams: [ticking] }),
    );
    await host.deployAll(specs);
    await expect.poll(() => ends.length, { timeout: 20_000 }).toBe(1);
    const running = (): number =>
      specs.filter(({ id }) => (host.metrics(id)?.[0]?.recordsIn ?? 0) > 0 && id !== 'r3').length;
    await expect.poll(running, { timeout: 20_000 }).toBe(59);
    expect(ends.map(({ ruleId }) => ruleId)).toEqual(['r3']);
  });

  it('ends rules that cannot be started again', async () => {
    await start(ruleSpec({ id: 'frail', sql: 'SELECT frail(a) AS a FROM demo', streams: [ticking] }));
    await start(ruleSpec({ id: 'bad', sql: 'SELECT spin(a) AS a FROM demo', streams: [ticking] }));
    await expect.poll(() => ends.length, { timeout: 20_000 }).toBe(2);
    expect(ends[1]).toMatchObject({ ruleId: 'frail', kind: 'error', message: expect.stringContaining('not twice') });
  });

  it('does not keep the host from closing, which can be asked for again', async () => {
    await start(ruleSpec({ id: 'bad', sql: 'SELECT spin(a) AS a FROM demo', streams: [ticking] }));
    await expect.poll(() => host.metrics('bad')?.[0]?.recordsIn ?? 0, { timeout: 20_000 }).toBeGreaterThanOrEqual(3);
    await Promise.all([host.close(), host.close()]);
    await host.close();
    await expect(host.start('bad')).rejects.toThrow('closed');
  });
});
