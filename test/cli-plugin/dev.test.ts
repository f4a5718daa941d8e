/** `kuiper plugin dev` with a real server: what is written is what runs, and what it says is seen. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { pythonBin } from '../portable/python-sdk.ts';
import { Kuiperd } from '../support/kuiperd.ts';
import { kuiper, RunningCommand, temporaryFolder } from './kuiper-cli.ts';

// Each command is a process of its own.
vi.setConfig({ testTimeout: 90_000 });
const folder = temporaryFolder();
let server: Kuiperd;
let dev: RunningCommand | null = null;

beforeAll(async () => {
  server = await Kuiperd.start({ env: { KUIPER__PORTABLE__PYTHONBIN: pythonBin } });
});
afterEach(async () => {
  await dev?.interrupt();
  dev = null;
});
afterAll(async () => {
  await server.stop();
  folder.remove();
});

const people = `() WITH (TYPE="simulator", EXTRA="{\\"data\\":[{\\"name\\":\\"Ada\\"}],\\"interval\\":\\"20ms\\",\\"loop\\":true}")`;

async function cli(...words: string[]): Promise<string> {
  const { exitCode, output } = await kuiper(words, folder.path, { KUIPER_SERVER: server.api });
  if (exitCode !== 0) throw new Error(`kuiper ${words.join(' ')}: ${output}\n${server.log}`);
  return output;
}

function develop(name: string, ...options: string[]): RunningCommand {
  dev = new RunningCommand(['plugin', 'dev', name, ...options], folder.path, { KUIPER_SERVER: server.api });
  return dev;
}

/** Changes a file of a plugin; where the output was before. */
function edit(path: string, change: (text: string) => string): number {
  const file = join(folder.path, path);
  const before = dev?.output.length ?? 0;
  writeFileSync(file, change(readFileSync(file, 'utf8')));
  return before;
}

/** Waits until a rule gives this. */
async function gives(rule: string, expected: string): Promise<void> {
  const rows: string[] = [];
  for (let i = 0; i < 40; i++) {
    const row = (await cli('tap', rule, '-n', '1')).split('\n').find((line) => line.startsWith('{')) ?? '';
    rows.push(row);
    if (row === expected) return;
  }
  throw new Error(`${expected} did not come, but ${[...new Set(rows)].join(' ')}\n${dev?.output}\n${server.log}`);
}

describe('a native plugin under development', () => {
  test('is installed, replaced with each change, and shown with its log', async () => {
    await cli('plugin', 'create', 'greeter');
    const running = develop('greeter');
    await running.prints(/Plugin greeter is installed: native function greeter \(2 files, \d+ ms\)\.\n/);
    await cli('create', 'stream', 'people', people);
    await cli(
      'create',
      'rule',
      'greet',
      '{"sql":"SELECT greeter(name) AS greeting FROM people","actions":[{"log":{}}]}',
    );
    await gives('greet', '{"greeting":"Hello, Ada!"}');
    await running.prints('greets for rule greet\n');

    edit('greeter/greeter.ts', (text) => text.replace('Hello', 'Welcome'));
    await running.prints('Plugin greeter is updated');
    await gives('greet', '{"greeting":"Welcome, Ada!"}');

    const broken = edit('greeter/greeter.ts', (text) => text.replace('return `', 'ret urn `'));
    await running.prints(/Not installed: .*cannot read greeter\.ts: line 19: /, broken);
    await gives('greet', '{"greeting":"Welcome, Ada!"}');

    const renamed = edit('greeter/greeter.json', (text) => text.replace('{', '{,'));
    await running.prints("Not installed: greeter.json:1:2: Expected property name or '}'", renamed);
    edit('greeter/greeter.json', (text) => text.replace('{,', '{'));
    edit('greeter/greeter.ts', (text) => text.replace('ret urn `', 'return `').replace('Welcome', 'Good day'));
    await gives('greet', '{"greeting":"Good day, Ada!"}');

    const { exitCode, output } = await running.interrupt();
    expect(output).toContain('Plugin greeter stays installed.\n');
    expect(exitCode).toBe(0);
    expect(await server.json('/plugins/functions/greeter')).toMatchObject({ functions: ['greeter'] });
    // Once more, while it is there.
    await develop('greeter').prints('Plugin greeter is updated');
  });

  test('as a source and as a sink works as it was written, and goes when asked to', async () => {
    await cli('plugin', 'create', 'ticker', '--offers', 'source');
    await cli('plugin', 'create', 'teller', '--offers', 'sink');
    await develop('ticker', '--remove').prints('Plugin ticker is installed: native source ticker');
    const source = dev as RunningCommand;
    const sink = develop('teller', '--remove');
    await sink.prints('Plugin teller is installed: native sink teller');
    await cli('create', 'stream', 'ticks', '() WITH (TYPE="ticker", CONF_KEY="fast")');
    const rule = {
      sql: 'SELECT count, message FROM ticks',
      actions: [{ teller: { prefix: 'got', sendSingle: true } }],
    };
    await cli('create', 'rule', 'tell', JSON.stringify(rule));
    await source.prints('starts for rule tell\n');
    await sink.prints('got {"count":2,"message":"hello"}\n');
    await cli('drop', 'rule', 'tell');
    await cli('drop', 'stream', 'ticks');
    expect((await source.interrupt()).output).toContain('Plugin ticker is removed.\n');
    expect((await sink.interrupt()).output).toContain('Plugin teller is removed.\n');
    dev = null;
    expect(await server.json('/plugins/sources/ticker')).toMatchObject({ version: '$deleted' });
    expect(await server.json('/plugins/sinks/teller')).toMatchObject({ version: '$deleted' });
  });
});

describe('a portable plugin under development', () => {
  test('is shown with its status, what it prints and why it does not start', async () => {
    const name = `parrot${process.pid}`;
    await cli('plugin', 'create', name, '--language', 'python', '--offers', 'source,sink,function');
    const running = develop(name, '--remove');
    await running.prints(`Plugin ${name} is installed: source ${name}Source, sink ${name}Sink, function ${name} (`);
    expect(running.output).toMatch(/\[running, process \d+\]\n/);
    await cli('create', 'stream', 'parrots', `() WITH (TYPE="${name}Source", CONF_KEY="fast")`);
    const sql = `SELECT ${name}(message) AS greeting FROM parrots`;
    const actions = [{ [`${name}Sink`]: { prefix: 'got', sendSingle: true } }];
    await cli('create', 'rule', 'parroting', JSON.stringify({ sql, actions }));
    await running.prints('got {"greeting":"Hello, hello!"}\n');
    await running.prints('greets for rule parroting\n');

    const changed = edit(`${name}/main.py`, (text) =>
      text.replace('return "Hello', 'print("asked")\n        return "Hey'),
    );
    await running.prints('got {"greeting":"Hey, hello!"}\n', changed);
    await running.prints('asked\n', changed);

    const broken = edit(`${name}/main.py`, (text) =>
      `${text}\nraise RuntimeError("not today")\n`.replace(/\nif __name__[^]*?\n\n/, '\n\n'),
    );
    await running.prints('Traceback (most recent call last):\n', broken);
    await running.prints(/Not installed: .*RuntimeError: not today/, broken);
    // The version before goes on.
    await running.prints('got {"greeting":"Hey, hello!"}\n', broken);

    const dying = running.output.length;
    const { pid } = await server.json(`/plugins/portables/${name}/status`);
    process.kill(pid as number, 'SIGKILL');
    await running.prints('[error', dying);
    await running.prints(/\[running, process \d+, restarted 1 times\]\n/, dying);
    await cli('drop', 'rule', 'parroting');
    const { output } = await running.interrupt();
    expect(output).toContain(`Plugin ${name} is removed.\n`);
    expect((await server.request('GET', `/plugins/portables/${name}`)).status).toBe(404);
  });
});

test('logs may be asked for before the plugin is there, under names that plugins can have', async () => {
  const response = await fetch(`${server.api}/plugins/portables/nobody/logs`);
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  let text = '';
  while (!text.includes('data: ')) text += new TextDecoder().decode((await reader.read()).value);
  expect(text).toMatch(/data: \{"timestamp":\d+,"status":"absent","errMsg":"","pid":0,"restarts":0\}\n/);
  await reader.cancel();
  expect((await server.request('GET', '/plugins/portables/a%2Fb/logs')).status).toBe(400);
  expect((await server.request('GET', '/plugins/functions/a%20b/logs')).status).toBe(400);
});

test('a server that cannot be reached ends it', async () => {
  const { exitCode, output } = await kuiper(['plugin', 'dev', 'greeter'], folder.path, {
    KUIPER_SERVER: 'http://127.0.0.1:9',
  });
  expect(output).toContain('Failed to connect the server at http://127.0.0.1:9');
  expect(exitCode).toBe(1);
});
