/** Foreign code that never returns costs its rule, and the others no more than a restart of the worker. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '@kuiper/base';
import { createWorkerHost, defaultEngineSettings, openLevelKv, type RunEnd } from '@kuiper/host';
import { expect, it } from 'vitest';
import { ruleSpec } from '../support/rule-specs.ts';

const spin = `export const spin = {
  class: 'scalar', name: 'spin', group: 'test', args: [{ name: 'a', kind: 'any' }], returns: 'any', onNull: 'call',
  volatile: true, summary: 'Never returns for 3.', examples: [],
  eval(a) { for (;;) if (a !== 3) return a; },
};`;

it('ends the guilty rule and goes on with the others', { timeout: 60_000 }, async () => {
  const directory = mkdtempSync(join(tmpdir(), 'stuck-'));
  writeFileSync(join(directory, 'spin.mjs'), spin);
  const kv = await openLevelKv(join(directory, 'kv'));
  const host = await createWorkerHost({
    kv,
    logger: silentLogger,
    stallLimitMs: 500,
    settings: {
      ...defaultEngineSettings,
      rootPath: directory,
      dataPath: directory,
      dataServer: { host: '127.0.0.1', port: 0 },
      functionModules: [join(directory, 'spin.mjs')],
    },
  });
  try {
    const ends: RunEnd[] = [];
    const ended = new Promise<void>((resolve) => {
      host.onEnd((end) => {
        ends.push(end);
        resolve();
      });
    });
    const ticking = [
      'CREATE STREAM demo () WITH (TYPE="simulator")',
      { data: [{ a: 1 }, { a: 2 }, { a: 3 }], interval: '20ms', loop: true },
    ] as const;
    const seen: string[] = [];
    await host.deploy(ruleSpec({ id: 'good', sql: 'SELECT a FROM demo', streams: [ticking] }));
    await host.start('good');
    host.tap('good', ({ data }) => seen.push(data));
    await host.deploy(ruleSpec({ id: 'bad', sql: 'SELECT spin(a) AS a FROM demo', streams: [ticking] }));
    await host.start('bad');
    await ended;
    expect(ends).toEqual([
      { ruleId: 'bad', kind: 'error', message: 'rule bad did not return and its worker was replaced' },
    ]);

    // Metrics of the dead worker stay readable, and the good rule's tap goes on in the new one.
    expect(host.metrics('bad')?.[0]?.recordsIn).toBeGreaterThanOrEqual(3);
    const before = seen.length;
    await expect.poll(() => seen.length, { timeout: 20_000 }).toBeGreaterThan(before + 3);
    expect(ends).toHaveLength(1);

    // The guilty one can be put right and started again.
    await host.deploy(ruleSpec({ id: 'bad', sql: 'SELECT a + 1 AS a FROM demo', streams: [ticking] }));
    await host.start('bad');
    await expect.poll(() => host.metrics('bad')?.[0]?.recordsIn ?? 0, { timeout: 20_000 }).toBeGreaterThan(3);
  } finally {
    await host.close();
    await kv.close();
    rmSync(directory, { recursive: true, force: true });
  }
});
