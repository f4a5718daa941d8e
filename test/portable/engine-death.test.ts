/** What becomes of plugin processes when the engine itself is killed. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { expect, it } from 'vitest';
import { archiveOf, isAlive, PluginRig, uniqueName } from './plugin-rig.ts';

/** A plugin without an SDK, which stays whatever becomes of the engine, as Go plugins do: its control channel is of nanomsg by hand. */
const program = `
const net = require('node:net');
const name = require('node:path').basename(__dirname);
const greeting = Buffer.from([0, 0x53, 0x50, 0, 0, 0x30, 0, 0]);
const connect = () => {
  const socket = net.connect('/tmp/plugin_' + name + '.ipc', () => {
    const body = Buffer.from('handshake');
    const frame = Buffer.alloc(13);
    frame[0] = 1;
    frame.writeBigUInt64BE(BigInt(4 + body.length), 1);
    frame.writeUInt32BE(0x80000001, 9);
    socket.write(Buffer.concat([greeting, frame, body]));
  });
  socket.on('error', () => {});
  socket.on('close', () => setTimeout(connect, 50));
};
connect();
process.on('SIGPIPE', () => {});
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
`;

it('leaves none behind once an engine runs again in its place', { timeout: 60_000 }, async () => {
  const directory = mkdtempSync(join(tmpdir(), 'engine-'));
  const name = uniqueName('stay');
  const script = join(directory, 'engine.mjs');
  try {
    const [built] = await Promise.all([
      build({
        entryPoints: [new URL('./engine-process.ts', import.meta.url).pathname],
        outfile: script,
        bundle: true,
        platform: 'node',
        format: 'esm',
        conditions: ['source'],
        packages: 'bundle',
        external: ['quickjs-emscripten', 'yauzl'],
        logLevel: 'error',
      }),
      installPlugin(directory, name),
    ]);
    expect(built.errors).toEqual([]);

    const engine = spawn(process.execPath, [script, directory, name], { stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = once(engine, 'exit').then(() => Promise.reject(new Error('the engine has ended')));
    ended.catch(() => undefined);
    const [line] = (await Promise.race([once(engine.stdout, 'data'), ended])) as [Buffer];
    const { pid } = JSON.parse(line.toString()) as { pid: number };
    engine.kill('SIGKILL');
    await expect(ended).rejects.toThrow();
    expect(isAlive(pid)).toBe(true);

    const next = await PluginRig.open({ directory });
    try {
      next.plugins.begin();
      await expect.poll(() => isRunning(pid)).toBe(false);
      await expect
        .poll(() => next.plugins.report(name), { timeout: 10_000 })
        .toMatchObject({ status: 'running', restarts: 0 });
      expect(next.plugins.report(name)?.pid).not.toBe(pid);
    } finally {
      await next.close();
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

async function installPlugin(directory: string, name: string): Promise<void> {
  const rig = await PluginRig.open({ directory });
  const manifest = { language: 'node', executable: 'stay.cjs', functions: [uniqueName('f')] };
  const archive = archiveOf({ [`${name}.json`]: JSON.stringify(manifest), 'stay.cjs': program });
  await rig.plugins.create(name, archive);
  await rig.close();
}

/** A process that has ended may still have its number until its parent looks. */
function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'latin1'));
  } catch {
    return false;
  }
}
