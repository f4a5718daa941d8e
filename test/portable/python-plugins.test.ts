/** Plugins made with the official Python SDK, with real processes. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunEnd } from '@kuiper/host';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isAlive } from './plugin-rig.ts';
import { pythonMissing } from './python-sdk.ts';
import { fixedRows, RuleRig } from './rule-rig.ts';

describe.skipIf(pythonMissing !== null)('a Python plugin', { timeout: 40_000 }, () => {
  let rig: RuleRig;

  beforeEach(async () => {
    rig = await RuleRig.open({ recvTimeoutMs: 1000, ackTimeoutMs: 500 });
  });
  afterEach(() => rig?.close());

  const kill = (name: string): number => {
    const pid = rig.rig.plugins.report(name)?.pid ?? 0;
    process.kill(pid, 'SIGKILL');
    return pid;
  };

  it('carries a rule from its source through its function to its sink, over a death and an update', async () => {
    const { name, symbols, archive } = await rig.installPython({
      sources: ['count'],
      sinks: ['write'],
      functions: ['revert', 'same'],
    });
    const id = await rig.start({
      sql: `SELECT count, pid, datasource, ${symbols.revert}(payload) AS back, ${symbols.same}(count) AS same, meta(nr) AS nr FROM demo`,
      streams: [
        [
          `CREATE STREAM demo () WITH (TYPE="${symbols.count}", DATASOURCE="topic/1")`,
          { payload: 'abc', interval: 0.01, datasource: 'topic/1' },
        ],
      ],
      actions: [[symbols.write as string, { path: rig.path('out'), requireAck: true, sendSingle: true }]],
    });
    await expect.poll(() => rig.lines('out').length, { timeout: 10_000 }).toBeGreaterThan(5);
    const { pid } = rig.rig.plugins.report(name) ?? { pid: 0 };
    expect(
      rig
        .lines('out')
        .slice(0, 2)
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual([0, 1].map((count) => ({ count, pid, datasource: 'topic/1', back: 'cba', same: count, nr: count })));
    const report = JSON.stringify(rig.rig.plugins.report(name));
    expect(report.startsWith(`{"refCount":{"${id}":2},"status":"running","errMsg":"","pid":${pid}`)).toBe(true);

    const flowsFrom = async (former: number): Promise<number> => {
      const present = (): number => Number((JSON.parse(rig.lines('out').pop() ?? '{}') as { pid?: number }).pid);
      await expect.poll(present, { timeout: 15_000 }).not.toBe(former);
      const count = rig.lines('out').length;
      await expect.poll(() => rig.lines('out').length, { timeout: 10_000 }).toBeGreaterThan(count + 5);
      return present();
    };

    kill(name);
    const second = await flowsFrom(pid);
    expect(rig.rig.plugins.report(name)).toMatchObject({
      refCount: { [id]: 2 },
      status: 'running',
      pid: second,
      restarts: 1,
      lastError: 'signal: killed',
    });
    expect(rig.node(id, 'source_demo').connection?.status).toBe(1);
    expect(JSON.parse(rig.lines('out').pop() as string)).toMatchObject({ back: 'cba' });

    await rig.install(name, archive);
    const third = await flowsFrom(second);
    expect(isAlive(second)).toBe(false);
    expect(rig.rig.plugins.report(name)).toMatchObject({ refCount: { [id]: 2 }, status: 'running', pid: third });

    await rig.host.start(id);
    const count = rig.lines('out').length;
    await expect.poll(() => rig.lines('out').length, { timeout: 10_000 }).toBeGreaterThan(count + 5);
    await rig.host.stop(id);
    expect(rig.rig.plugins.report(name)).toMatchObject({ refCount: {}, status: 'running' });

    await rig.rig.plugins.remove(name);
    await rig.host.dropExtension({ kind: 'portable', name });
    expect(isAlive(third)).toBe(false);
    expect(rig.rig.plugins.report(name)).toMatchObject({ status: 'stop', errMsg: '', pid: 0 });
    await expect(
      rig.start({ sql: 'SELECT * FROM demo', streams: [[`CREATE STREAM demo () WITH (TYPE="${symbols.count}")`, {}]] }),
    ).rejects.toThrow(`source type ${symbols.count} not found`);
  });

  const calls: readonly (readonly [call: string, row: Record<string, unknown>, result: unknown])[] = [
    ['revert(a)', { a: 'héllo' }, [{ f: 'olléh' }]],
    ['same(a)', { a: 3 }, [{ f: 3 }]],
    ['same(a)', { a: 2.5 }, [{ f: 2.5 }]],
    ['same(a)', { a: { b: [1, null, 'x'] } }, [{ f: { b: [1, null, 'x'] } }]],
    ['same(missing, 1)', { a: 1 }, [{}]],
    ['same(9007199254740993)', { a: 1 }, [{ f: 9007199254740992 }]],
    ['where()', { a: 1 }, [{ f: [expect.stringMatching(/^rule_/), expect.stringMatching(/project$/), 0] }]],
  ];
  it('computes what a rule calls', async () => {
    const { symbols } = await rig.installPython({ functions: ['revert', 'same', 'where'] });
    for (const [call, row, result] of calls) {
      const sql = `SELECT ${call.replace(/^\w+/, (stem) => symbols[stem] as string)} AS f FROM demo`;
      const id = await rig.start({ sql, streams: [fixedRows([row])] });
      await rig.moreThan(id, 0);
      expect([call, JSON.parse(rig.results(id)[0] as string)]).toEqual([call, result]);
      await rig.host.stop(id);
    }
  });

  it('aggregates a window', async () => {
    const { symbols } = await rig.installPython({ functions: ['total'] });
    const id = await rig.start({
      sql: `SELECT ${symbols.total}(a) AS sum, count(*) AS n FROM demo GROUP BY COUNTWINDOW(3)`,
      streams: [fixedRows([{ a: 1 }, { a: 2 }, { a: 3.5 }])],
    });
    await rig.moreThan(id, 0);
    expect(rig.rows(id)).toEqual([{ sum: 6.5, n: 3 }]);
  });

  it('refuses arguments when the rule is made', async () => {
    const { symbols } = await rig.installPython({ functions: ['revert'] });
    const { revert } = symbols;
    const made = rig.start({ sql: `SELECT ${revert}(a, b) FROM demo`, streams: [fixedRows([])] });
    await expect(made).rejects.toThrow(
      `validate function ${revert} error: validate return state is false, got &{State:false Result:revert takes one argument but got 2}`,
    );
  });

  it('fails a row with the traceback, and goes on', async () => {
    const { symbols } = await rig.installPython({ functions: ['fail', 'same'] });
    const id = await rig.start({
      sql: `SELECT CASE WHEN a > 1 THEN ${symbols.fail}(a) ELSE ${symbols.same}(a) END AS f FROM demo`,
      streams: [fixedRows([{ a: 1 }, { a: 2 }, { a: 1 }])],
    });
    await rig.moreThan(id, 2);
    expect(rig.results(id)).toEqual([
      '[{"f":1}]',
      expect.stringMatching(new RegExp(`call func ${symbols.fail} error: Traceback[^]*ValueError: cannot: 2`)),
      '[{"f":1}]',
    ]);
  });

  it('times out, and the next call gets its own result', async () => {
    const { name, symbols } = await rig.installPython({ functions: ['slow'] });
    const id = await rig.start({
      sql: `SELECT ${symbols.slow}(a) AS f FROM demo`,
      streams: [fixedRows([{ a: 1.5 }, { a: 0 }, { a: 0.1 }])],
    });
    await rig.moreThan(id, 2);
    const results = rig.results(id);
    expect(results[0]).toMatch(`call func ${symbols.slow} error: time out, plugin ${name} status running, message: `);
    expect(results.slice(1)).toEqual(['[{"f":"slept 0"}]', '[{"f":"slept 0.1"}]']);
  });

  it('fails a call at once when its process dies, and the next one is computed by the next process', async () => {
    const { name, symbols } = await rig.installPython({ functions: ['die', 'slow'] });
    const { die, slow } = symbols;
    const dying = await rig.start({ sql: `SELECT ${die}(a) AS f FROM demo`, streams: [fixedRows([{ a: true }])] });
    await rig.moreThan(dying, 0, 900);
    expect(rig.results(dying)[0]).toMatch(
      new RegExp(
        `call func ${die} error: (connection lost|plugin ended, plugin ${name} status error, message: signal: killed)`,
      ),
    );
    await expect.poll(() => rig.rig.supervisor.state(name)?.status, { timeout: 10_000 }).toBe('running');
    const alive = await rig.start({
      sql: `SELECT ${die}(a) AS f, ${slow}(0) AS g FROM demo`,
      streams: [fixedRows([{ a: false }])],
    });
    await rig.moreThan(alive, 0);
    expect(rig.results(alive)).toEqual(['[{"f":"alive","g":"slept 0"}]']);
  });

  it('tells errors of its source apart from data, and does not stop at them', async () => {
    const { symbols } = await rig.installPython({ sources: ['count'] });
    const id = await rig.start({
      sql: 'SELECT count FROM demo',
      streams: [[`CREATE STREAM demo () WITH (TYPE="${symbols.count}")`, { errors: true, limit: 4, interval: 0.02 }]],
    });
    await rig.moreThan(id, 3);
    expect(rig.results(id)).toEqual(['[{"count":0}]', 'no reading 1', '[{"count":2}]', 'no reading 3']);
    expect(rig.node(id, 'source_demo').exceptions).toBe(2);
  });

  it('says why its source does not start', async () => {
    const { name, symbols } = await rig.installPython({ sources: ['count'] });
    const ended = new Promise<RunEnd>((resolve) => rig.host.onEnd(resolve));
    const ruleId = await rig.start({
      sql: 'SELECT * FROM demo',
      streams: [[`CREATE STREAM demo () WITH (TYPE="${symbols.count}")`, { refuse: 'host unreachable' }]],
    });
    expect(await ended).toEqual({
      ruleId,
      kind: 'error',
      message: expect.stringMatching(/receive error: Traceback[^]*ValueError: host unreachable/),
    });
    expect(rig.rig.plugins.report(name)).toMatchObject({ refCount: {} });
  });

  it('is read as fast as it sends: no send comes near its limit of a second', async () => {
    const { symbols } = await rig.installPython({ sources: ['count'] });
    const limit = 50_000;
    const id = await rig.start({
      sql: `SELECT count FROM demo WHERE count > ${limit - 2}`,
      streams: [[`CREATE STREAM demo () WITH (TYPE="${symbols.count}")`, { interval: 0, limit }]],
    });
    await rig.moreThan(id, 0, 30_000);
    await expect.poll(() => rig.rig.log.find((line) => line.includes('slowest')), { timeout: 5000 }).toBeDefined();
    const [, sent, slowest] =
      /sent (\d+), slowest ([\d.]+) s/.exec(rig.rig.log.find((line) => line.includes('slowest')) as string) ?? [];
    expect(Number(sent)).toBe(limit);
    expect(Number(slowest)).toBeLessThan(0.8);
    expect(rig.node(id, 'source_demo').recordsIn).toBe(limit);
  });

  it('is read as fast as it sends also by a rule that is slower: the oldest rows are dropped, and counted', async () => {
    const { name, symbols } = await rig.installPython({ sources: ['count'], functions: ['pid'] });
    const limit = 20_000;
    const id = await rig.start({
      sql: `SELECT count, ${symbols.pid}() AS pid FROM demo`,
      streams: [[`CREATE STREAM demo () WITH (TYPE="${symbols.count}")`, { interval: 0, limit, bufferLength: 100 }]],
    });
    const line = (): string => rig.rig.log.find((text) => text.includes('slowest')) ?? '';
    await expect.poll(line, { timeout: 30_000 }).toMatch(`sent ${limit}`);
    expect(Number(/slowest ([\d.]+) s/.exec(line())?.[1])).toBeLessThan(0.8);
    // What it has sent is with the rule, was dropped, or is one of the hundred that wait.
    const figures = (): { taken: number; dropped: number } => {
      const { recordsIn, dropped } = rig.node(id, 'source_demo');
      return { taken: recordsIn, dropped: dropped['buffer full'] ?? 0 };
    };
    await expect
      .poll(() => figures().taken + figures().dropped, { timeout: 10_000 })
      .toBeGreaterThanOrEqual(limit - 100);
    expect(figures().dropped).toBeGreaterThan(0);
    await rig.moreThan(id, 20);
    const counts = rig.rows(id).map(({ count }) => count as number);
    expect(counts).toEqual(counts.map((_, i) => i));
    // Nobody has to wait for the calls that are left.
    await rig.rig.plugins.remove(name);
  });

  it('may acknowledge ten thousand messages that nobody asked about', async () => {
    const { name, symbols } = await rig.installPython({ sources: ['count'], sinks: ['write'] });
    const limit = 10_000;
    await rig.start({
      sql: 'SELECT count FROM demo',
      streams: [[`CREATE STREAM demo () WITH (TYPE="${symbols.count}")`, { interval: 0, limit }]],
      actions: [[symbols.write as string, { path: rig.path('out'), sendSingle: true, bufferLength: 20_000 }]],
      options: { bufferLength: 20_000 },
    });
    await expect.poll(() => rig.lines('out').length, { timeout: 30_000 }).toBe(limit);
    expect(rig.rig.plugins.report(name)?.status).toBe('running');
  });

  it('has a message again that it has refused, and the rule goes on after one it never acknowledges', async () => {
    const { symbols } = await rig.installPython({ sinks: ['write'] });
    const rows = [{ a: 1 }, { a: 2 }, { a: 3 }];
    const cached = {
      enableCache: true,
      memoryCacheThreshold: 256,
      maxDiskCache: 1024,
      bufferPageSize: 256,
      resendInterval: '10ms',
    };
    await rig.start({
      sql: 'SELECT a FROM demo',
      streams: [fixedRows(rows)],
      actions: [
        [
          symbols.write as string,
          { path: rig.path('refused'), ack: 'error', requireAck: true, sendSingle: true, ...cached },
        ],
      ],
    });
    await expect.poll(() => rig.lines('refused'), { timeout: 10_000 }).toEqual(['{"a":1}', '{"a":2}', '{"a":3}']);

    const silent = await rig.start({
      sql: 'SELECT a FROM demo',
      streams: [fixedRows(rows)],
      actions: [
        [symbols.write as string, { path: rig.path('silent'), ack: 'none', requireAck: true, sendSingle: true }],
      ],
    });
    const node = `sink_${symbols.write}_0`;
    await expect
      .poll(() => rig.node(silent, node).lastException, { timeout: 10_000 })
      .toMatch('no acknowledgement within 0.5s');
    const began = Date.now();
    await rig.host.stop(silent);
    expect(Date.now() - began).toBeLessThan(2000);
  });

  it('is not installed when its process does not come up, and what was there before runs again', async () => {
    const { name, archive, symbols } = await rig.installPython({ functions: ['pid'] });
    const manifest = JSON.parse(archive.get(`${name}.json`)?.content.toString() ?? '') as object;
    const moody = new Map(archive);
    moody.set(`${name}.json`, {
      path: `${name}.json`,
      content: Buffer.from(JSON.stringify({ ...manifest, version: 'v2', mood: 'exit' })),
      mode: 0,
    });
    const began = Date.now();
    await expect(rig.install(name, moody)).rejects.toThrow(
      `fail to install plugin: plugin ${rig.rig.directory}/plugins/portable/${name}/plugin.py control handshake error: exit status 3: no mood to run`,
    );
    expect(Date.now() - began).toBeLessThan(10_000);
    expect(rig.rig.plugins.describe(name)).toMatchObject({ version: 'v1.0.0' });
    const id = await rig.start({ sql: `SELECT ${symbols.pid}() AS pid FROM demo`, streams: [fixedRows([{ a: 1 }])] });
    await rig.moreThan(id, 0);
    expect(rig.rows(id)).toEqual([{ pid: rig.rig.plugins.report(name)?.pid }]);
  });

  it('computes in several processes at a time, and loses only the calls of the one that dies', async () => {
    const { name, symbols } = await rig.installPython(
      { functions: ['slow', 'pid'], sources: ['count'] },
      { instances: 3 },
    );
    const rows = Array.from({ length: 6 }, () => ({ a: 0.3 }));
    const began = Date.now();
    const id = await rig.start({ sql: `SELECT ${symbols.slow}(a) AS f FROM demo`, streams: [fixedRows(rows)] });
    await rig.moreThan(id, 5);
    expect(rig.rows(id)).toEqual(rows.map(() => ({ f: 'slept 0.3' })));
    // Six calls of 0.3 s one after the other would take 1.8 s.
    expect(Date.now() - began).toBeLessThan(1500);

    const many = Array.from({ length: 100 }, () => ({ a: 1 }));
    const pids = async (): Promise<Set<unknown>> => {
      const rule = await rig.start({
        sql: `SELECT ${symbols.pid}() AS pid FROM demo`,
        streams: [fixedRows(many)],
      });
      await rig.moreThan(rule, many.length - 1);
      return new Set(rig.rows(rule).map(({ pid }) => pid));
    };
    const before = await pids();
    expect(before.size).toBe(3);
    const interrupted = await rig.start({
      sql: `SELECT ${symbols.pid}() AS pid FROM demo`,
      streams: [fixedRows(many)],
    });
    await rig.moreThan(interrupted, 20);
    expect(before.has(kill(name))).toBe(true);
    await rig.moreThan(interrupted, many.length - 1);
    const failed = rig.results(interrupted).filter((text) => !text.startsWith('['));
    expect(failed.length).toBeLessThanOrEqual(1);
    await expect.poll(() => rig.rig.plugins.report(name)?.pid, { timeout: 10_000 }).not.toBe(0);
    await expect.poll(async () => (await pids()).size, { timeout: 10_000 }).toBe(3);
    expect(rig.rig.plugins.report(name)).toMatchObject({ status: 'running', restarts: 1 });
  });

  it('is ended at its limit of memory, and says so', async () => {
    const { name, symbols } = await rig.installPython({ functions: ['eat'] }, { maxMemory: '150MB' });
    const id = await rig.start({ sql: `SELECT ${symbols.eat}(a) AS n FROM demo`, streams: [fixedRows([{ a: 200 }])] });
    await rig.moreThan(id, 0);
    const lastError = (): string => rig.rig.plugins.report(name)?.lastError ?? '';
    await expect.poll(lastError, { timeout: 10_000 }).toMatch(/^memory limit: \d+ MiB in use, 150 MiB allowed$/);
  });

  it('prints into the log under its name', async () => {
    const { name } = await rig.installPython({ functions: ['same'] });
    const said = (text: string): boolean => rig.rig.log.some((line) => line.includes(`[${name}] ${text}`));
    await expect.poll(() => said(`plugin ${name} starts with ['{"sendTimeout":1000}']`)).toBe(true);
    await expect.poll(() => said('it may complain')).toBe(true);
  });

  it('answers after being left alone for longer than its keep-alive', async () => {
    const { symbols } = await rig.installPython({ functions: ['pid', 'same'], sources: ['count'] });
    const id = await rig.start({ sql: `SELECT ${symbols.same}(a) AS f FROM demo`, streams: [fixedRows([{ a: 1 }])] });
    await rig.moreThan(id, 0);
    await sleep(11_000);
    const again = await rig.start({
      sql: `SELECT ${symbols.same}(count) AS f FROM demo`,
      streams: [[`CREATE STREAM demo () WITH (TYPE="${symbols.count}")`, { limit: 3 }]],
    });
    await rig.moreThan(again, 2);
    expect(rig.rows(again)).toEqual([{ f: 0 }, { f: 1 }, { f: 2 }]);
  });
});
