/** Plugins of rules that run on worker threads: their processes outlive the threads. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createWorkerHost, defaultEngineSettings, openLevelKv, type RunEnd } from '@kuiper/host';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ruleSpec } from '../support/rule-specs.ts';
import { PluginRig, uniqueName } from './plugin-rig.ts';
import { pythonArchive, pythonBin, pythonMissing } from './python-sdk.ts';

const spin = `export const spin = {
  class: 'scalar', name: 'spin', group: 'test', args: [{ name: 'a', kind: 'any' }], returns: 'any', onNull: 'call',
  volatile: true, summary: 'Never returns for 3.', examples: [],
  eval(a) { for (;;) if (a !== 3) return a; },
};`;

describe.skipIf(pythonMissing !== null)('on worker threads', { timeout: 60_000 }, () => {
  let directory = '';
  let rig: PluginRig;

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'portable-worker-'));
    writeFileSync(join(directory, 'spin.mjs'), spin);
    rig = await PluginRig.open({ portable: { pythonBin } });
  });
  afterEach(async () => {
    await rig?.close();
    rmSync(directory, { recursive: true, force: true });
  });

  it('a rule goes on with its plugin in the worker that takes the place of one that hung', async () => {
    const kv = await openLevelKv(join(directory, 'kv'));
    const host = await createWorkerHost({
      kv,
      logger: rig.logger,
      stallLimitMs: 500,
      portable: rig.supervisor,
      settings: {
        ...defaultEngineSettings,
        rootPath: directory,
        dataPath: directory,
        dataServer: { host: '127.0.0.1', port: 0 },
        functionModules: [join(directory, 'spin.mjs')],
      },
    });
    try {
      const name = uniqueName('py');
      const [count, write, revert] = [uniqueName('count'), uniqueName('write'), uniqueName('revert')];
      const manifest = { sources: [count], sinks: [write], functions: [revert] };
      const { record } = await rig.plugins.create(name, pythonArchive(name, manifest));
      await host.putExtension(record);
      const ends: RunEnd[] = [];
      host.onEnd((end) => ends.push(end));
      const good = uniqueName('good');
      await host.deploy(
        ruleSpec({
          id: good,
          sql: `SELECT count, ${revert}(payload) AS back FROM demo`,
          streams: [[`CREATE STREAM demo () WITH (TYPE="${count}")`, { payload: 'abc', interval: 0.02 }]],
          actions: [[write, { path: join(directory, 'out'), sendSingle: true }]],
        }),
      );
      await host.start(good);
      const lines = (): string[] => {
        try {
          return readFileSync(join(directory, 'out'), 'utf8').trimEnd().split('\n');
        } catch {
          return [];
        }
      };
      await expect.poll(() => lines().length, { timeout: 15_000 }).toBeGreaterThan(5);
      expect(JSON.parse(lines()[0] as string)).toEqual({ count: 0, back: 'cba' });
      const { pid } = rig.plugins.report(name) ?? {};

      const bad = uniqueName('bad');
      await host.deploy(
        ruleSpec({
          id: bad,
          sql: 'SELECT spin(a) AS a FROM s',
          streams: [
            [
              'CREATE STREAM s () WITH (TYPE="simulator")',
              { data: [{ a: 1 }, { a: 2 }, { a: 3 }], interval: '20ms', loop: true },
            ],
          ],
          actions: [[write, { path: join(directory, 'bad') }]],
        }),
      );
      await host.start(bad);
      await expect.poll(() => ends.map(({ ruleId }) => ruleId), { timeout: 15_000 }).toEqual([bad]);

      // The source begins at 0 again, and each number comes once: it was not started a second time.
      await expect
        .poll(() => lines().filter((line) => line.includes('"count":0}')).length, { timeout: 15_000 })
        .toBe(2);
      const restarted = lines().length;
      await expect.poll(() => lines().length, { timeout: 15_000 }).toBeGreaterThan(restarted + 20);
      const counts = lines().map((line) => (JSON.parse(line) as { count: number }).count);
      const since = counts.slice(counts.lastIndexOf(0));
      expect(since).toEqual(since.map((_, i) => i));
      expect(rig.plugins.report(name)).toMatchObject({ status: 'running', pid, restarts: 0 });
      // What the guilty rule had started is not remembered for ever.
      expect(rig.plugins.report(name)?.refCount).toEqual({ [good]: 2 });
      await host.stop(good);
      expect(rig.plugins.report(name)).toMatchObject({ refCount: {}, status: 'running', pid });
    } finally {
      await host.close();
      await kv.close();
    }
  });
});
