/** A plugin with the habits of the official Go SDK, on the library that it uses, with real processes. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunEnd } from '@kuiper/host';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildGoPlugin, goMissing } from './go-sdk.ts';
import { archiveOf, uniqueName } from './plugin-rig.ts';
import { fixedRows, RuleRig } from './rule-rig.ts';

describe.skipIf(goMissing !== null)('a Go plugin', { timeout: 40_000 }, () => {
  let program: Buffer;
  let rig: RuleRig;

  beforeAll(() => {
    const directory = mkdtempSync(join(tmpdir(), 'go-plugin-'));
    program = buildGoPlugin(directory);
    rmSync(directory, { recursive: true });
  }, 180_000);
  beforeEach(async () => {
    rig = await RuleRig.open({ recvTimeoutMs: 2000, ackTimeoutMs: 300 });
  });
  afterEach(async () => {
    delete process.env['TEST_RESEND_MS'];
    delete process.env['TEST_RECEIVE_MS'];
    await rig?.close();
  });

  /** The names of a new plugin with one of each symbol; its file may lack the bit that makes it a program. */
  async function install() {
    const name = uniqueName('go');
    const names = {
      source: uniqueName('random'),
      sink: uniqueName('file'),
      echo: uniqueName('echo'),
      count: uniqueName('count'),
      size: uniqueName('size'),
      fail: uniqueName('fail'),
    };
    const { source, sink, ...functions } = names;
    const manifest = {
      version: 'v1.0.0',
      language: 'go',
      executable: 'plugin',
      sources: [source],
      sinks: [sink],
      functions: Object.values(functions),
    };
    await rig.install(name, archiveOf({ [`${name}.json`]: JSON.stringify(manifest), plugin: program }));
    return { name, ...names };
  }

  const logged = (text: string): number => rig.rig.log.filter((line) => line.endsWith(text)).length;

  it('carries a rule from its source through its function to its sink, over its death', async () => {
    const { name, source, sink, echo, size } = await install();
    const id = await rig.start({
      sql: `SELECT count, dataSource, pid, ${echo}("hi") AS said, ${size}("four") AS size FROM demo`,
      streams: [[`CREATE STREAM demo () WITH (TYPE="${source}", DATASOURCE="topic")`, {}]],
      actions: [[sink, { path: rig.path('out'), sendSingle: true }]],
    });
    const present = (): Record<string, unknown> =>
      JSON.parse(rig.lines('out').pop() ?? '{}') as Record<string, unknown>;
    await expect.poll(() => rig.lines('out').length, { timeout: 10_000 }).toBeGreaterThan(5);
    const { pid = 0 } = rig.rig.plugins.report(name) ?? {};
    expect(present()).toEqual({ count: expect.any(Number), dataSource: 'topic', pid, said: 'hi', size: 4 });

    process.kill(pid, 'SIGKILL');
    await expect.poll(() => present()['pid'], { timeout: 10_000 }).not.toBe(pid);
    await expect.poll(() => present(), { timeout: 10_000 }).toMatchObject({ said: 'hi', size: 4 });
    expect(rig.rig.plugins.report(name)).toMatchObject({ refCount: { [id]: 2 }, status: 'running', restarts: 1 });
    await rig.host.stop(id);
    expect(rig.rig.plugins.report(name)).toMatchObject({ refCount: {} });
  });

  it('computes functions without arguments, which it refuses from others', async () => {
    const { count } = await install();
    const id = await rig.start({ sql: `SELECT ${count}() AS n FROM demo`, streams: [fixedRows([{ a: 1 }, { a: 1 }])] });
    await rig.moreThan(id, 1);
    expect(rig.rows(id)).toEqual([{ n: 1 }, { n: 2 }]);
  });

  it('is understood after it has repeated itself for long', async () => {
    process.env['TEST_RESEND_MS'] = '40';
    process.env['TEST_RECEIVE_MS'] = '150';
    const { source, echo, count } = await install();
    const sql = `SELECT ${echo}(a) AS a, ${count}(a) AS n FROM demo`;
    const before = await rig.start({ sql, streams: [fixedRows([{ a: 'x' }])] });
    await rig.moreThan(before, 0);
    await sleep(700);
    const after = await rig.start({ sql, streams: [fixedRows([{ a: 'y' }, { a: 'z' }])] });
    await rig.moreThan(after, 1);
    expect([...rig.rows(before), ...rig.rows(after)]).toEqual([
      { a: 'x', n: 1 },
      { a: 'y', n: 2 },
      { a: 'z', n: 3 },
    ]);
    const reading = await rig.start({
      sql: 'SELECT count FROM demo',
      streams: [[`CREATE STREAM demo () WITH (TYPE="${source}")`, {}]],
    });
    await rig.moreThan(reading, 2);
    await rig.host.stop(reading);
    await expect.poll(() => [logged(`start source ${source}`), logged(`stop source ${source}`)]).toEqual([1, 1]);
  });

  it('executes each call once, also those that cross with its keep-alives', async () => {
    process.env['TEST_RESEND_MS'] = '7';
    process.env['TEST_RECEIVE_MS'] = '11';
    const { count } = await install();
    const rows = Array.from({ length: 400 }, () => ({ a: 1 }));
    const id = await rig.start({ sql: `SELECT ${count}() AS n FROM demo`, streams: [fixedRows(rows, '3ms')] });
    await rig.moreThan(id, rows.length - 1, 20_000);
    expect(rig.rows(id).map(({ n }) => n)).toEqual(rows.map((_, i) => i + 1));
  });

  it('is told clearly of a call that is too long for it, and the next one gets its own result', async () => {
    const { size } = await install();
    const rows = [{ a: 'short' }, { a: 'x'.repeat(1_100_000) }, { a: 'sixsix' }, { a: 'x'.repeat(1_000_000) }];
    const id = await rig.start({ sql: `SELECT ${size}(a) AS n FROM demo`, streams: [fixedRows(rows, '300ms')] });
    await rig.moreThan(id, 3);
    const results = rig.results(id);
    expect(results[0]).toBe('[{"n":5}]');
    expect(results[1]).toMatch(
      /connection lost while a call of 1100\d\d\d bytes was sent, plugins of the Go SDK take 104857\d at most/,
    );
    expect(results.slice(2)).toEqual(['[{"n":6}]', '[{"n":1000000}]']);
    expect(
      rig.rig.log.filter((line) => line.startsWith('warn') && line.includes('plugins of the Go SDK take')),
    ).toHaveLength(1);
  });

  it('may refuse with a text that begins like a handshake', async () => {
    const { source } = await install();
    const ended = new Promise<RunEnd>((resolve) => rig.host.onEnd(resolve));
    const ruleId = await rig.start({
      sql: 'SELECT * FROM demo',
      streams: [[`CREATE STREAM demo () WITH (TYPE="${source}")`, { refuse: 'host unreachable' }]],
    });
    expect(await ended).toMatchObject({ ruleId, message: expect.stringMatching(/receive error: host unreachable$/) });
  });

  it('may end a source by itself: stopping it then is no error', async () => {
    const { name, source } = await install();
    const id = await rig.start({
      sql: 'SELECT count FROM demo',
      streams: [[`CREATE STREAM demo () WITH (TYPE="${source}")`, { limit: 2, error: 'from Go' }]],
    });
    await rig.moreThan(id, 1);
    expect(rig.results(id)).toEqual(['[{"count":0}]', 'from Go']);
    await expect.poll(() => rig.node(id, 'source_demo').connection?.status).toBe(-1);
    await rig.host.stop(id);
    expect(rig.rig.plugins.report(name)).toMatchObject({ refCount: {} });
    expect(rig.rig.log.filter((line) => line.startsWith('warn stopping source'))).toEqual([]);
  });

  it('fails a row though the text of its error is lost on the way', async () => {
    const { fail } = await install();
    const id = await rig.start({ sql: `SELECT ${fail}(a) AS n FROM demo`, streams: [fixedRows([{ a: 1 }])] });
    await rig.moreThan(id, 0);
    expect(rig.results(id)[0]).toMatch(`call func ${fail} error: map[]`);
  });

  it('never acknowledges: a rule that asks for it counts errors and can be stopped', async () => {
    const { sink } = await install();
    const id = await rig.start({
      sql: 'SELECT a FROM demo',
      streams: [fixedRows([{ a: 1 }, { a: 2 }])],
      actions: [[sink, { path: rig.path('out'), requireAck: true, sendSingle: true }]],
    });
    await expect
      .poll(() => rig.node(id, `sink_${sink}_0`).lastException, { timeout: 10_000 })
      .toMatch('no acknowledgement within 0.3s');
    await rig.host.stop(id);
  });
});
