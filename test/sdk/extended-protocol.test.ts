/** What happens over the extended protocol when plugins do not behave, with real processes. */
import { readFileSync } from 'node:fs';
import type { Archive } from '@kuiper/extensions/install';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { uniqueName } from '../portable/plugin-rig.ts';
import { fixedRows, RuleRig } from '../portable/rule-rig.ts';
import { filesOf, pythonMissing } from './example-files.ts';

describe.skipIf(pythonMissing !== null)('over the extended protocol', { timeout: 40_000 }, () => {
  let rig: RuleRig;
  let name = '';
  let named: Record<string, string> = {};
  beforeEach(async () => {
    rig = await RuleRig.open({ pythonBin: 'python3', recvTimeoutMs: 600 });
    name = uniqueName('ext');
  });
  afterEach(() => rig?.close());

  const install = async (
    symbols: Readonly<Record<string, readonly string[]>>,
    manifest: Readonly<Record<string, unknown>> = {},
  ): Promise<void> => {
    named = {};
    const lists = Object.entries(symbols).map(([list, stems]) => {
      for (const stem of stems) named[stem] = uniqueName(stem);
      return [list, stems.map((stem) => named[stem])];
    });
    await rig.install(name, archiveOf({ ...Object.fromEntries(lists), ...manifest }));
  };
  const archiveOf = (manifest: Readonly<Record<string, unknown>>): Archive => {
    const path = `${name}.json`;
    const content = JSON.stringify({ version: 'v1', language: 'python', executable: 'plugin.py', ...manifest });
    const json = { path, content: Buffer.from(content), mode: 0o644 };
    return new Map([[path, json], ...filesOf('test/sdk/python-plugin'), ...filesOf('sdks/python/kuiper', 'kuiper/')]);
  };
  const results = async (sql: string, values: readonly unknown[]): Promise<unknown[]> => {
    const id = await rig.start({ sql, streams: [fixedRows(values.map((a) => ({ a })))] });
    await rig.moreThan(id, values.length - 1);
    return rig.results(id).map((text) => (text.startsWith('[') ? (JSON.parse(text) as { v?: unknown }[])[0]?.v : text));
  };

  it('a call that fails takes no other with it', async () => {
    await install({ functions: ['fail'] });
    const found = await results(`SELECT ${named.fail}(a) AS v FROM demo`, [0, 1, 2, 3, 4, 6]);
    expect(found.map((value) => (typeof value === 'string' ? value.replace(/.*error: /, '') : value))).toEqual([
      0,
      expect.stringContaining('odd: 1'),
      2,
      expect.stringContaining('odd: 3'),
      expect.stringContaining('NaN'),
      6,
    ]);
  });

  it('a call that takes too long is given up, and those behind it are computed', async () => {
    await install({ functions: ['slow'] });
    const found = await results(`SELECT ${named.slow}(a) AS v FROM demo`, [0, 0.9, 0, 0]);
    expect(found).toEqual([0, expect.stringContaining('time out, plugin'), 0, 0]);
  });

  it('many calls that are slow together are not too slow', async () => {
    await install({ functions: ['slow'] });
    const values = Array.from({ length: 40 }, () => 0.04);
    expect(await results(`SELECT ${named.slow}(a) AS v FROM demo`, values)).toEqual(values);
  });

  it('calls fail at once when the process dies, and what was kept is there in the next one', async () => {
    await install({ functions: ['die', 'count'] });
    const sql = `SELECT ${named.count}(a) AS v, ${named.die}(a) AS d FROM demo`;
    const id = await rig.start({ sql, streams: [fixedRows([{ a: false }, { a: false }, { a: true }], '50ms')] });
    await rig.moreThan(id, 2);
    expect(rig.results(id)[2]).toMatch(/plugin ended|connection/);
    await expect.poll(() => rig.rig.plugins.report(name)?.restarts, { timeout: 10_000 }).toBe(1);
    await expect.poll(() => rig.rig.plugins.report(name)?.status, { timeout: 10_000 }).toBe('running');
    expect(await results(`SELECT ${named.die}(a) AS v FROM demo`, [false])).toEqual(['alive']);
  });

  it('calls that keep nothing go to all processes, those that keep something to one', async () => {
    await install({ functions: ['pid', 'count'] }, { instances: 3 });
    const values = Array.from({ length: 300 }, () => 1);
    const pids = await results(`SELECT ${named.pid}(a) AS v FROM demo`, values.slice(0, 100));
    expect(new Set(pids).size).toBe(3);
    const counts = (await results(`SELECT ${named.count}(a) AS v FROM demo`, values)) as [number, number][];
    expect(counts.map(([count]) => count)).toEqual(values.map((_, i) => i + 1));
    expect(new Set(counts.map(([, pid]) => pid)).size).toBe(1);
  });

  it('values keep their kinds on the way and in the state', async () => {
    await install({ functions: ['kinds'] });
    const kinds = `${named.kinds}`;
    const id = await rig.start({
      sql: `SELECT ${kinds}(1) AS i, ${kinds}(1.0) AS f, ${kinds}("a") AS s, ${kinds}(cast("a", "bytea")) AS b,
        ${kinds}(cast(1000, "datetime")) AS t FROM demo`,
      streams: [fixedRows([{ a: 1 }])],
    });
    await rig.moreThan(id, 0);
    const [row] = rig.rows(id);
    expect(row).toEqual({ i: 'int True', f: 'float True', s: 'str True', b: 'bytes True', t: 'datetime True' });
  });

  it('groups are computed', async () => {
    await install({ functions: ['total'] });
    const id = await rig.start({
      sql: `SELECT ${named.total}(a) AS v FROM demo GROUP BY COUNTWINDOW(3)`,
      streams: [fixedRows([{ a: 1 }, { a: 2 }, { a: 4 }])],
    });
    await rig.moreThan(id, 0);
    expect(rig.rows(id)).toEqual([{ v: 7 }]);
  });

  it('a source goes on after a row that cannot be sent, and its rows keep their kinds', async () => {
    await install({ sources: ['odd'] });
    const id = await rig.start({
      sql: 'SELECT a, long, bytes FROM demo',
      streams: [[`CREATE STREAM demo () WITH (TYPE="${named.odd}")`, {}]],
    });
    await expect.poll(() => rig.rows(id).length, { timeout: 10_000 }).toBeGreaterThan(2);
    expect(rig.results(id).slice(0, 3)).toEqual([
      expect.stringContaining('a row cannot be sent'),
      expect.stringContaining('no reading'),
      '[{"a":1,"bytes":"YWJj","long":1152921504606846976}]',
    ]);
    await rig.host.stop(id);
    await expect.poll(() => rig.rig.log.some((line) => line.includes('closed'))).toBe(true);
  });

  it('a source that refuses its properties fails the rule with its text', async () => {
    await install({ sources: ['odd'] });
    const ended = new Promise<string>((resolve) => {
      rig.host.onEnd?.((end: { readonly message?: string }) => resolve(JSON.stringify(end)));
    });
    const starting = rig.start({
      sql: 'SELECT a FROM demo',
      streams: [[`CREATE STREAM demo () WITH (TYPE="${named.odd}")`, { refuse: 'not like this' }]],
    });
    const text = await Promise.race([ended, starting.then(() => ended).catch((error: Error) => error.message)]);
    expect(text).toContain('not like this');
  });

  it.each([false, true])('a sink has a message again that it has refused (requireAck %s)', async (requireAck) => {
    await install({ sinks: ['picky'] });
    const id = await rig.start({
      sql: 'SELECT a FROM demo',
      streams: [fixedRows([{ a: 1 }, { a: 2 }])],
      actions: [
        [
          named.picky as string,
          {
            path: rig.path('out'),
            requireAck,
            sendSingle: true,
            enableCache: true,
            resendInterval: 10,
            memoryCacheThreshold: 10,
            maxDiskCache: 100,
            bufferPageSize: 10,
          },
        ],
      ],
    });
    await expect.poll(() => rig.lines('out').length, { timeout: 10_000 }).toBe(2);
    expect(rig.lines('out')).toEqual(['{"a":1}', '{"a":2}']);
    await rig.host.stop(id);
  });

  it('a plugin may be replaced by one of the other protocol while its rules run', async () => {
    await install({ functions: ['count'], sinks: ['keep'] });
    const symbol = named.count as string;
    const symbols = { functions: [symbol], sinks: [named.keep as string] };
    const rows = Array.from({ length: 2000 }, () => ({ a: 1 }));
    const id = await rig.start({
      sql: `SELECT ${symbol}(a) AS v FROM demo`,
      streams: [fixedRows(rows, '5ms')],
      actions: [[named.keep as string, { path: rig.path('kept'), sendSingle: true }]],
    });
    await rig.moreThan(id, 5);
    const old = new Map(archiveOf(symbols));
    const start = readFileSync(new URL('../../sdks/python/kuiper/plugin.py', import.meta.url), 'utf8');
    const content = Buffer.from(start.replace(/greeting = "handshake " .*/, 'greeting = "handshake"'));
    old.set('kuiper/plugin.py', { path: 'kuiper/plugin.py', content, mode: 0o644 });
    /** The counts of each process, in order. */
    const runs = (): number[][] => {
      const byPid = new Map<number, number[]>();
      for (const row of rig.rows(id)) {
        const [count, pid] = row['v'] as [number, number];
        byPid.set(pid, [...(byPid.get(pid) ?? []), count]);
      }
      return [...byPid.values()];
    };
    const goesOn = async (processes: number): Promise<void> => {
      await expect.poll(() => runs()[processes - 1]?.length ?? 0, { timeout: 10_000 }).toBeGreaterThan(5);
      const writers = (): number => new Set(rig.lines('kept').map((line) => line.split(' ')[0])).size;
      await expect.poll(writers, { timeout: 10_000 }).toBe(processes);
    };
    await goesOn(1);
    await rig.install(name, old);
    await goesOn(2);
    await rig.install(name, archiveOf(symbols));
    await goesOn(3);
    await rig.host.stop(id);
    const [first, second, third] = runs() as [number[], number[], number[]];
    // What was kept is out of reach of the common protocol, but not lost.
    expect(second[0]).toBe(1);
    expect(third[0]).toBe((first.at(-1) as number) + 1);
  });
});
