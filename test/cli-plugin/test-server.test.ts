/** The plugin test server: the flow of the behaviour spec, extension §5, with a plugin made with the official SDK. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { pythonBin, pythonMissing } from '../portable/python-sdk.ts';
import { freePort } from '../support/kuiperd.ts';
import { kuiper, RunningCommand, temporaryFolder } from './kuiper-cli.ts';

const folder = temporaryFolder();
let command: RunningCommand | null = null;
let plugin: ChildProcess | null = null;

afterEach(async () => {
  await command?.interrupt();
  command = null;
  plugin?.kill('SIGKILL');
  plugin = null;
});
afterAll(() => folder.remove());

const program = readFileSync(new URL('../portable/python-plugin/plugin.py', import.meta.url), 'utf8');
const id = `t${process.pid}`;
const names = { source: `count_${id}`, sink: `write_${id}`, reverting: `revert_${id}`, adding: `total_${id}` };

/** A folder with the plugin, ready to be started by hand. */
function writePlugin(name: string): string {
  const directory = join(folder.path, name);
  mkdirSync(join(directory, 'sources'), { recursive: true });
  writeFileSync(join(directory, 'plugin.py'), program);
  writeFileSync(join(directory, 'sources', `${names.source}.yaml`), 'default: {}');
  const manifest = {
    version: 'v1.0.0',
    language: 'python',
    executable: 'plugin.py',
    sources: [names.source],
    sinks: [names.sink],
    functions: [names.reverting, names.adding],
  };
  writeFileSync(join(directory, `${name}.json`), JSON.stringify(manifest));
  return directory;
}

function startByHand(directory: string): void {
  plugin = spawn(pythonBin, ['-u', join(directory, 'plugin.py'), '{"sendTimeout":1000}'], {
    cwd: directory,
    stdio: 'ignore',
  });
}

describe.skipIf(pythonMissing !== null)('the plugin test server', () => {
  async function serve(name: string, ...options: string[]): Promise<(path: string, body: unknown) => Promise<string>> {
    const port = await freePort();
    command = new RunningCommand(
      ['plugin', 'test', join(folder.path, name, `${name}.json`), '--port', String(port), ...options],
      folder.path,
    );
    return async (path, body) => {
      const text = typeof body === 'string' ? body : JSON.stringify(body);
      const response = await fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', body: text });
      expect(response.headers.get('access-control-allow-origin')).toBe('*');
      expect(response.headers.get('connection')).toBe('close');
      return `${response.status} ${await response.text()}`;
    };
  }
  const control = (symbolName: string, pluginType: string, config: object = {}) => ({
    symbolName,
    // Not read: it always is instance 0.
    meta: { ruleId: 'x', opId: 'y', instanceId: 1 },
    pluginType,
    config,
  });

  test('waits for a plugin that is started by hand, and plays the engine for each of its symbols', async () => {
    const name = `hand${id}`;
    const directory = writePlugin(name);
    const post = await serve(name);
    const running = command as RunningCommand;
    await running.prints(`Waiting for plugin ${name} at /tmp/plugin_${name}.ipc. Start it with: python3 -u `);
    startByHand(directory);
    await running.prints(`Plugin ${name} is here.`);

    expect(await post('/symbol/start', control(names.source, 'source', { interval: 0.05, datasource: 'topic' }))).toBe(
      '200 ok',
    );
    await running.prints(`${names.source}: {"message":{"count":1,"datasource":"topic",`);
    await running.prints('"meta":{"nr":1}}\n');
    expect(await post('/symbol/start', control(names.source, 'source'))).toBe(
      `400 source symbol ${names.source} already exists\n`,
    );
    expect(await post('/symbol/stop', control(names.source, 'source'))).toBe('200 ok');
    expect(await post('/symbol/stop', control(names.source, 'source'))).toBe(
      `400 Symbol ${names.source} already close\n`,
    );

    expect(await post('/symbol/start', control(names.reverting, 'func'))).toBe('200 ok');
    await running.prints(`${names.reverting}("twelve") = "evlewt"\n`);
    await running.prints(`${names.reverting}("eleven") = "nevele"\n`);
    expect(await post('/symbol/stop', control(names.reverting, 'func'))).toBe('200 ok');
    expect(await post('/symbol/start', control(names.adding, 'func'))).toBe('200 ok');
    await running.prints(`${names.adding}("twelve"): `);
    expect(await post('/symbol/stop', control(names.adding, 'func'))).toBe('200 ok');

    const path = join(folder.path, 'written');
    expect(await post('/symbol/start', control(names.sink, 'sink', { path }))).toBe('200 ok');
    await running.prints(`${names.sink}: sent {"count":10,"name":"world"}\n`);
    expect(await post('/symbol/stop', control(names.sink, 'sink'))).toBe('200 ok');
    expect(readFileSync(path, 'utf8').split('\n').slice(0, 2)).toEqual([
      '{"count":5,"name":"hello"}',
      '{"count":10,"name":"world"}',
    ]);

    // One that comes back finds the engine again.
    plugin?.kill('SIGKILL');
    await running.prints(`Plugin ${name} has hung up.\n`);
    expect(await post('/symbol/start', control(names.source, 'source'))).toContain(
      `400 running source ${names.source} plugin ${name} is not running successfully`,
    );
    startByHand(directory);
    await running.prints(`Plugin ${name} is here again, as a new process: start its symbols anew.\n`);
    expect(await post('/symbol/start', control(names.source, 'source', { interval: 0.05 }))).toBe('200 ok');
    const { exitCode } = await running.interrupt();
    expect(exitCode).toBe(0);
  });

  test('starts the plugin itself when asked to, and says what is wrong with requests', async () => {
    const name = `self${id}`;
    writePlugin(name);
    const post = await serve(name, '--run', '--python', pythonBin);
    const running = command as RunningCommand;
    await running.prints(`Plugin ${name} is here.`);
    await running.prints(`[${name}] it may complain\n`);
    const refused = [
      ['not JSON', /^400 Invalid body: decode error Unexpected token /],
      ['[]', /^400 Invalid body: decode error a JSON object is expected\n$/],
      ['{}', /^400 Invalid body: decode error symbolName is missing\n$/],
      [
        '{"symbolName":"x","pluginType":"sauce"}',
        /^400 Invalid body: decode error pluginType is source, sink or func, not "sauce"\n$/,
      ],
      [control('nothing', 'source'), /^400 running source nothing the manifest names no such source\n$/],
      [control('nothing', 'sink'), /^400 open sink nothing the manifest names no such sink\n$/],
      [control('nothing', 'func'), /^400 running function nothing the manifest names no such function\n$/],
      [control(names.source, 'source', { refuse: 'not this' }), /^400 running source \w+ receive error: [^]*not this/],
      [control(names.sink, 'sink', { path: '/nonexistent/x' }), /^(200 ok|400 open sink .*)/],
    ] as const;
    for (const [body, expected] of refused) expect(await post('/symbol/start', body)).toMatch(expected);
    expect(await post('/else', '{}')).toBe('404 404 page not found\n');
    const { output } = await running.interrupt();
    const [, pid] = /process (\d+)/.exec(output) ?? [];
    expect(pid).toBeUndefined();
  });

  test('ends when the plugin it has started ends', async () => {
    const name = `brief${id}`;
    const directory = writePlugin(name);
    writeFileSync(join(directory, 'plugin.py'), 'print("no mood")\nraise SystemExit(3)\n');
    const { exitCode, output } = await kuiper(['plugin', 'test', name, '--run', '--python', pythonBin], folder.path);
    expect(output).toContain(`[${name}] no mood\n`);
    expect(output).toContain(`Plugin ${name} has ended: exit status 3`);
    expect(exitCode).toBe(1);
  });

  test('answers browsers before they ask', async () => {
    const name = `cors${id}`;
    writePlugin(name);
    const port = await freePort();
    command = new RunningCommand(
      ['plugin', 'test', name, '--run', '--python', pythonBin, '--port', String(port)],
      folder.path,
    );
    await command.prints(`Plugin ${name} is here.`);
    const response = await fetch(`http://127.0.0.1:${port}/symbol/start`, {
      method: 'OPTIONS',
      headers: { origin: 'http://x', 'access-control-request-method': 'POST' },
    });
    expect(response.status).toBe(200);
    expect(response.headers.get('access-control-allow-methods')).toContain('POST');
    expect((await fetch(`http://127.0.0.1:${port}/symbol/start`)).status).toBe(405);
  });
});
