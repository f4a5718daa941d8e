/** Errors that foreign code throws where nobody waits for them end neither its worker nor its rule. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Logger } from '@kuiper/base';
import { createWorkerHost, defaultEngineSettings, openLevelKv } from '@kuiper/host';
import { expect, it } from 'vitest';
import { ruleSpec } from '../support/rule-specs.ts';

const sloppy = `export const sloppy = {
  class: 'scalar', name: 'sloppy', group: 'test', args: [{ name: 'a', kind: 'any' }], returns: 'any', onNull: 'call',
  volatile: true, summary: 'Lets errors slip.', examples: [],
  eval(a) {
    if (a === 1) void Promise.reject(new Error('a promise nobody waits for'));
    if (a === 2) setTimeout(() => { throw new Error('a timer of its own'); });
    return a;
  },
};`;

it('are logged, and everything goes on', { timeout: 60_000 }, async () => {
  const directory = mkdtempSync(join(tmpdir(), 'stray-'));
  writeFileSync(join(directory, 'sloppy.mjs'), sloppy);
  const logged: string[] = [];
  const logger: Logger = {
    debug: () => {},
    info: () => {},
    warn: () => {},
    error: (message) => void logged.push(message),
    with: () => logger,
    debugEnabled: false,
  };
  const kv = await openLevelKv(join(directory, 'kv'));
  const host = await createWorkerHost({
    kv,
    logger,
    settings: {
      ...defaultEngineSettings,
      rootPath: directory,
      dataPath: directory,
      dataServer: { host: '127.0.0.1', port: 0 },
      functionModules: [join(directory, 'sloppy.mjs')],
    },
  });
  try {
    const ticking = [
      'CREATE STREAM demo () WITH (TYPE="simulator")',
      { data: [{ a: 1 }, { a: 2 }, { a: 3 }], interval: '20ms', loop: true },
    ] as const;
    const seen: string[] = [];
    await host.deploy(ruleSpec({ id: 'r', sql: 'SELECT sloppy(a) AS a FROM demo', streams: [ticking] }));
    await host.start('r');
    host.tap('r', ({ data }) => seen.push(data));
    await expect.poll(() => seen.length, { timeout: 20_000 }).toBeGreaterThan(8);
    for (const text of ['a promise nobody waits for', 'a timer of its own']) {
      expect(logged.filter((line) => line.includes(text)).length).toBeGreaterThan(1);
    }
    expect(logged.filter((line) => !line.startsWith('nobody caught: Error: a '))).toEqual([]);
  } finally {
    await host.close();
    await kv.close();
    rmSync(directory, { recursive: true, force: true });
  }
});
