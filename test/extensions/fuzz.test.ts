/** KUIPER_FUZZ_SECONDS lengthens each part, KUIPER_FUZZ_SEED repeats it. */
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { uniqueName } from '../portable/plugin-rig.ts';
import { pythonMissing } from '../portable/python-sdk.ts';
import { ExtensionServer, seeded } from './extension-server.ts';
import { attacks } from './fuzz.ts';

const seconds = Number(process.env['KUIPER_FUZZ_SECONDS'] ?? 3);
const seed = Number(process.env['KUIPER_FUZZ_SEED'] ?? 1);

describe(`seed ${seed}`, { timeout: 90_000 + seconds * 2000 }, () => {
  let rig: ExtensionServer;
  let neighbour = '';
  let plugged = '';

  beforeAll(async () => {
    rig = await ExtensionServer.start();
    neighbour = await rig.rule({ sql: `SELECT a + 1 AS b FROM ${await rig.ticking('ticks', 50)}` });
    if (pythonMissing !== null) return;
    const { symbols } = await rig.installPython({ sources: ['count'], sinks: ['write'], functions: ['same'] });
    plugged = uniqueName('plugged');
    await rig.stream('counts', { type: symbols.count as string });
    await rig.rule({
      id: plugged,
      sql: `SELECT ${symbols.same}(count) AS f FROM counts`,
      actions: [rig.file(plugged), { [symbols.write as string]: { path: rig.path('sink.out') } }],
    });
    await rig.flows(plugged);
  });
  afterAll(() => rig.stop());

  const names = Object.keys(attacks).filter((name) => name !== 'frames' || pythonMissing === null);
  it.each(names)('%s that make no sense do no harm', async (name) => {
    const random = seeded(seed);
    const until = performance.now() + seconds * 1000;
    const attack = attacks[name] as (typeof attacks)[string];
    const faults: string[] = [];
    let refused = 0;
    let tries = 0;
    while (performance.now() < until) {
      tries++;
      const began = performance.now();
      for (const { what, status, text } of await attack(rig, random)) {
        if (status >= 400) refused++;
        if (status >= 500 || (status >= 400 && text.length < 3)) faults.push(`${tries}: ${what}: ${status} ${text}`);
      }
      const tookMs = performance.now() - began;
      if (tookMs > 45_000) faults.push(`${tries}: took ${tookMs} ms`);
      const { status } = await rig.server.request('GET', '/ping');
      if (status !== 200 || rig.server.process.exitCode !== null) faults.push(`${tries}: the server is gone`);
      if (faults.length > 20) break;
    }
    if (seconds > 5) console.log(`${name}: ${tries} tries, ${refused} refused`);
    expect(faults).toEqual([]);
    expect(tries).toBeGreaterThan(1);
    expect(existsSync('/tmp/escaped')).toBe(false);
    await rig.flows(neighbour);
    if (plugged !== '') await rig.flows(plugged);
  });
});
