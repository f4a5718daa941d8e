/** Rules on two threads with one plugin: each thread has connections of its own. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createWorkerHost, defaultEngineSettings, openLevelKv } from '@kuiper/host';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PluginRig, uniqueName } from '../portable/plugin-rig.ts';
import { fixedRows } from '../portable/rule-rig.ts';
import { ruleSpec } from '../support/rule-specs.ts';
import { pythonExample, pythonMissing, tagged } from './example-files.ts';

describe.skipIf(pythonMissing !== null)('rules on two threads', { timeout: 60_000 }, () => {
  let directory = '';
  let rig: PluginRig;
  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'sdk-worker-'));
    rig = await PluginRig.open({ portable: { pythonBin: 'python3' } });
  });
  afterEach(async () => {
    await rig?.close();
    rmSync(directory, { recursive: true, force: true });
  });

  it('call one function of one process at the same time, also after that has died', async () => {
    const kv = await openLevelKv(join(directory, 'kv'));
    const host = await createWorkerHost({
      kv,
      logger: rig.logger,
      workers: 2,
      portable: rig.supervisor,
      settings: {
        ...defaultEngineSettings,
        rootPath: directory,
        dataPath: directory,
        dataServer: { host: '127.0.0.1', port: 0 },
      },
    });
    try {
      const tag = randomBytes(4).toString('hex');
      const name = tagged('pyexample', tag);
      const average = tagged('averagePy', tag);
      const files = pythonExample('examples/portable-python', tag);
      const { record } = await rig.plugins.create(name, files);
      await host.putExtension(record);
      const seen = new Map<string, number[]>();
      const start = async (): Promise<string> => {
        const id = uniqueName('rule');
        const rows = Array.from({ length: 400 }, (_, a) => ({ a }));
        await host.deploy(
          ruleSpec({ id, sql: `SELECT ${average}(a) AS v FROM demo`, streams: [fixedRows(rows, '10ms')] }),
        );
        const values: number[] = [];
        seen.set(id, values);
        host.tap(id, ({ data }) => {
          if (data.startsWith('[')) values.push((JSON.parse(data) as { v: number }[])[0]?.v as number);
        });
        await host.start(id);
        return id;
      };
      const ids = await Promise.all([start(), start(), start(), start()]);
      const counts = (): number => Math.min(...ids.map((id) => seen.get(id)?.length ?? 0));
      await expect.poll(counts, { timeout: 15_000 }).toBeGreaterThan(30);
      for (const id of ids) expect(seen.get(id)?.slice(0, 30)).toEqual(Array.from({ length: 30 }, (_, i) => i / 2));
      const { pid = 0 } = rig.plugins.report(name) ?? {};
      expect(pid).toBeGreaterThan(0);
      process.kill(pid, 'SIGKILL');
      await expect.poll(() => rig.plugins.report(name)?.restarts, { timeout: 10_000 }).toBe(1);
      await expect.poll(() => rig.plugins.report(name)?.status, { timeout: 10_000 }).toBe('running');
      const before = counts();
      await expect.poll(counts, { timeout: 15_000 }).toBeGreaterThan(before + 30);
      // What was kept goes on: an average that began anew would be near the last value.
      for (const id of ids) expect(seen.get(id)?.at(-1)).toBeLessThan((seen.get(id)?.length ?? 0) * 0.7);
    } finally {
      await host.close();
      await kv.close();
    }
  });
});
