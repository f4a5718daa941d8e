/** Many plugins at the start of the server: KUIPER_MANY_PLUGINS portable ones and a quarter as many native ones. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { uniqueName } from '../portable/plugin-rig.ts';
import { ExtensionServer, sleep } from './extension-server.ts';

const count = Number(process.env['KUIPER_MANY_PLUGINS'] ?? 200);
const python = spawnSync('python3', ['-c', 'import sys; print(sys.executable)']).stdout?.toString().trim() ?? '';
if (python === '') console.warn('skipped: install Python 3');

it.skipIf(python === '')(
  `${count} portable and ${count / 4} native plugins do not hold back REST, and the rules that use them come up`,
  { timeout: 180_000 },
  async () => {
    const directory = mkdtempSync(join(tmpdir(), 'many-'));
    const timed = async (): Promise<{ rig: ExtensionServer; readyMs: number }> => {
      const began = performance.now();
      const rig = await ExtensionServer.start({ directory });
      return { rig, readyMs: performance.now() - began };
    };
    let { rig, readyMs: without } = await timed();
    await rig.stop();
    try {
      const portable = Array.from({ length: count }, () => uniqueName('many'));
      const native = Array.from({ length: count / 4 }, (_, i) => `Native${i}`);
      for (const name of portable) addPortable(directory, name);
      mkdirSync(join(directory, 'plugins/functions'), { recursive: true });
      for (const [i, name] of native.entries()) {
        const code = `export class ${name} { exec(context, args) { return args[0] + ${i}; } }`;
        writeFileSync(join(directory, 'plugins/functions', `${name}.mjs`), code);
      }

      const first = await timed();
      rig = first.rig;
      await rig.ticking('ticks', 50);
      // The last ones are the ones that have to wait longest.
      const used = [portable[0], ...portable.slice(-4)] as string[];
      const rules = await Promise.all([
        ...used.map((name) => rig.rule({ sql: `SELECT f_${name}(a) AS v FROM ticks` })),
        ...native.slice(-5).map((name) => rig.rule({ sql: `SELECT ${name.replace('N', 'n')}(a) AS v FROM ticks` })),
      ]);
      for (const rule of rules) await rig.flows(rule, 3, 60_000);
      await running(rig, portable);
      await rig.stop();

      const second = await timed();
      rig = second.rig;
      const began = performance.now();
      const longest = longestPing(rig);
      await Promise.all(rules.map((rule) => rig.flows(rule, 3, 60_000)));
      const rulesMs = performance.now() - began;
      await running(rig, portable);
      const allMs = performance.now() - began;
      const pingMs = await longest.stop();
      const figures = { without, first: first.readyMs, second: second.readyMs, rulesMs, allMs, pingMs };
      console.log(JSON.stringify(Object.fromEntries(Object.entries(figures).map(([k, ms]) => [k, Math.round(ms)]))));
      expect(first.readyMs).toBeLessThan(without + 1000);
      expect(second.readyMs).toBeLessThan(without + 1000);
      expect(pingMs).toBeLessThan(1000);
    } finally {
      await rig.stop();
      rmSync(directory, { recursive: true, force: true });
    }
  },
);

const program = readFileSync(new URL('./light-plugin.py', import.meta.url), 'utf8');

function addPortable(directory: string, name: string): void {
  const folder = join(directory, 'plugins/portable', name);
  mkdirSync(folder, { recursive: true });
  const manifest = { version: 'v1', language: 'exec', executable: 'run', functions: [`f_${name}`] };
  writeFileSync(join(folder, `${name}.json`), JSON.stringify(manifest));
  writeFileSync(join(folder, 'run'), `#!${python} -IS\n${program}`, { mode: 0o755 });
}

async function running(rig: ExtensionServer, names: readonly string[]): Promise<void> {
  for (const name of names) {
    await rig.eventually(
      `plugin ${name} runs`,
      async () => (await rig.server.request('GET', `/plugins/portables/${name}/status`)).text.includes('"running"'),
      60_000,
    );
  }
}

/** The longest time that an answer takes until it is stopped, ms. */
function longestPing(rig: ExtensionServer): { stop(): Promise<number> } {
  let isOver = false;
  let longestMs = 0;
  const pings = (async () => {
    while (!isOver) {
      const began = performance.now();
      await rig.server.must('GET', '/rules');
      longestMs = Math.max(longestMs, performance.now() - began);
      await sleep(5);
    }
  })();
  return {
    async stop() {
      isOver = true;
      await pings;
      return longestMs;
    },
  };
}
