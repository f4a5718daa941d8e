/** KUIPER_KILLS, KUIPER_KILL_PLUGINS and KUIPER_KILL_SEED lengthen and repeat a run. */
import { expect, it } from 'vitest';
import { pythonMissing } from '../portable/python-sdk.ts';
import { ExtensionServer } from './extension-server.ts';
import { runKills } from './kills.ts';

const kills = Number(process.env['KUIPER_KILLS'] ?? 6);
const plugins = Number(process.env['KUIPER_KILL_PLUGINS'] ?? 2);
const seed = Number(process.env['KUIPER_KILL_SEED'] ?? 1);

it.skipIf(pythonMissing !== null)(
  `${kills} kills of plugin processes lose and double nothing at qos 1`,
  { timeout: 60_000 + kills * 3000 },
  async () => {
    const rig = await ExtensionServer.start();
    try {
      const report = await runKills(rig, {
        plugins,
        kills,
        // Each plugin lives for some seconds on average; a short test has no time for that.
        everyMs: (kills > 50 ? 9000 : 1500) / plugins,
        perSecond: kills > 50 ? 50 : 100,
        sourceRows: kills > 50 ? 1500 : 200,
        seed,
        progress: (text) => console.log(text),
      });
      if (kills > 50) console.log(JSON.stringify(report));
      expect(report.faults).toEqual([]);
      expect(report.restarts).toBeGreaterThanOrEqual(kills * 0.5);
      expect(report.sent).toBeGreaterThan(100);
    } finally {
      await rig.stop();
    }
  },
);
