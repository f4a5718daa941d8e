// Calls of a function of portable plugins: rate, and CPU time of the engine for each call. One call at a time, and 64 at a
// time over 1 and 4 processes. Official Python SDK (needs the packages ekuiper and pynng; KUIPER_TEST_PYTHON names a
// Python that has them), ours with the common and with the extended protocol, and Node.
// Build first: npx tsc -b packages/extensions. Arguments: calls per measurement (default 20000).
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { silentLogger, SystemClock } from '@kuiper/base';
import { portableProvider } from '../dist/portable/portable-provider.js';
import { Supervisor } from '@kuiper/extensions/install';
import { build } from 'esbuild';

const CALLS = Number(process.argv[2] ?? 20_000);
const root = fileURLToPath(new URL('../../../', import.meta.url));
const clock = new SystemClock({ keepAlive: true });
const directory = mkdtempSync(join(tmpdir(), 'portable-bench-'));
const hasOfficial = (python) => python !== undefined && spawnSync(python, ['-c', 'import ekuiper']).status === 0;
const official = [process.env.KUIPER_TEST_PYTHON, 'python3'].find(hasOfficial);

const python = (sdk) => `
from ${sdk} import Function, PluginConfig, plugin

class Revert(Function):
    def validate(self, args):
        return ''
    def exec(self, args, ctx):
        return args[0][::-1]
    def is_aggregate(self):
        return False

import os, sys
name = os.path.basename(os.path.dirname(os.path.abspath(__file__)))
plugin.start(PluginConfig(name, {}, {}, {'revert_' + name: lambda: Revert()}))
`;
const node = `
import { basename, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { servePlugin } from '@kuiper/sdk/portable';
const name = basename(dirname(fileURLToPath(import.meta.url)));
class Revert { exec(_, [text]) { return [...text].reverse().join(''); } }
await servePlugin({ name, functions: { ['revert_' + name]: Revert } });
`;

async function makePlugin(kind, name) {
  const folder = join(directory, name);
  cpSync(join(root, 'sdks/python/kuiper'), join(folder, 'kuiper'), { recursive: true });
  if (kind === 'node') {
    const executable = join(folder, 'plugin.mjs');
    await build({
      stdin: { contents: node, resolveDir: root },
      bundle: true,
      platform: 'node',
      format: 'esm',
      conditions: ['source'],
      outfile: executable,
      logLevel: 'error',
    });
    return { language: 'node', executable };
  }
  const executable = join(folder, 'plugin.py');
  writeFileSync(executable, python(kind === 'official' ? 'ekuiper' : 'kuiper'));
  return { language: 'python', executable };
}

async function measure(title, kind, { extras, instances, inFlight }) {
  const name = `bench${process.pid}_${Math.random().toString(36).slice(2, 8)}`;
  const symbol = `revert_${name}`;
  const program = {
    name,
    virtualEnvType: '',
    env: '',
    instances,
    maxMemoryBytes: null,
    ...(await makePlugin(kind, name)),
  };
  const portable = { extras, pythonBin: kind === 'official' ? official : 'python3' };
  const supervisor = new Supervisor({ clock, logger: silentLogger, portable, tracesPath: join(directory, 'traces') });
  const provider = portableProvider({ control: supervisor, clock, logger: silentLogger, portable });
  try {
    await supervisor.put(program);
    await provider.put({
      kind: 'portable',
      name,
      version: '',
      sources: [],
      sinks: [],
      functions: [symbol],
      lookups: [],
    });
    await provider.prepare({ name: symbol, args: [{ kind: 'column', qualifier: null, name: 'a' }] });
    const context = {
      ruleId: 'r1',
      opId: '2_project',
      funcId: 0,
      timeZone: 'UTC',
      getState: () => undefined,
      putState: () => {},
      deleteState: () => {},
    };
    const instance = await provider.function(symbol).instantiate(context);
    const run = async (calls) => {
      let started = 0;
      const lane = async () => {
        while (started < calls) {
          started++;
          if ((await instance.eval('hello')) !== 'olleh') throw new Error('wrong result');
        }
      };
      await Promise.all(Array.from({ length: inFlight }, lane));
    };
    await run(CALLS / 10);
    const cpuBefore = process.cpuUsage();
    const began = performance.now();
    await run(CALLS);
    const seconds = (performance.now() - began) / 1000;
    const { user, system } = process.cpuUsage(cpuBefore);
    const rate = Math.round(CALLS / seconds).toLocaleString('en');
    console.log(
      `${title.padEnd(52)} ${rate.padStart(9)} calls/s  ${((user + system) / CALLS).toFixed(1).padStart(6)} µs engine CPU`,
    );
  } finally {
    await provider.close();
    await supervisor.close();
  }
}

try {
  const kinds = [
    ['Python, official SDK', 'official', false],
    ['Python, our SDK, common protocol', 'ours', false],
    ['Python, our SDK', 'ours', true],
    ['Node, common protocol', 'node', false],
    ['Node', 'node', true],
  ];
  for (const [title, kind, extras] of kinds) {
    if (kind === 'official' && official === undefined) {
      console.log('Python, official SDK: not measured, install ekuiper and pynng');
      continue;
    }
    await measure(`${title}, one at a time`, kind, { extras, instances: 1, inFlight: 1 });
    await measure(`${title}, 64 at a time`, kind, { extras, instances: 1, inFlight: 64 });
    await measure(`${title}, 64 at a time, 4 instances`, kind, { extras, instances: 4, inFlight: 64 });
  }
} finally {
  rmSync(directory, { recursive: true });
}
