import type { ServerResponse } from 'node:http';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RecordingServer } from '../../testing/recording-server.ts';
import { typeCommand } from '../../testing/type-command.ts';

let server: RecordingServer;

beforeEach(async () => {
  server = await RecordingServer.start();
});

afterEach(() => server.stop());

/** An event stream that sends these events and then stays open, unless told to end. */
function events(list: readonly string[], ending: 'open' | 'end' | 'break' = 'open') {
  return (response: ServerResponse): void => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    response.write(': connected\n\n');
    for (const event of list) response.write(`data: ${event}\n\n`);
    if (ending === 'end') response.end();
    if (ending === 'break') response.write('data: x', () => response.destroy());
  };
}

describe('tap', () => {
  const tapping = () => `Tapping rule r1 on ${server.url}, Ctrl-C ends.\n`;

  it('prints a line per row as the server wrote it, and remarks on errors and losses', async () => {
    const list = [
      '{"timestamp":1,"rows":[{"a":1.0},{"a":12345678901234567890}]}',
      '{"timestamp":2,"error":"run Select error"}',
      '{"lost":3}',
      '{"timestamp":3,"rows":[{"b":"]"}]}',
    ];
    server.expect({ 'GET /rules/r1/tap': events(list, 'end') });
    expect(await typeCommand(['-s', server.url, 'tap', 'r1'])).toEqual({
      output: '{"a":1.0}\n{"a":12345678901234567890}\n{"b":"]"}\n',
      remarks:
        `${tapping()}error: run Select error\n` +
        '3 events were skipped: they came faster than they could be read.\n' +
        'Rule r1 is gone or the server has stopped.\n',
      exitCode: 0,
    });
  });

  it('ends after the rows asked for', async () => {
    server.expect({ 'GET /rules/r1/tap': events(['{"timestamp":1,"rows":[{"a":1},{"a":2},{"a":3}]}']) });
    const typed = await typeCommand(['-s', server.url, 'tap', 'r1', '-n', '2']);
    expect(typed).toEqual({ output: '{"a":1}\n{"a":2}\n', remarks: tapping(), exitCode: 0 });
  });

  it('ends with Ctrl-C', async () => {
    server.expect({ 'GET /rules/r1/tap': events(['{"timestamp":1,"rows":[{"a":1}]}']) });
    const interrupt = new AbortController();
    const typed = await typeCommand(['-s', server.url, 'tap', 'r1'], {
      interrupted: interrupt.signal,
      onPrint: () => interrupt.abort(),
    });
    expect(typed).toEqual({ output: '{"a":1}\n', remarks: tapping(), exitCode: 0 });
  });

  it('fails when the connection breaks', async () => {
    server.expect({ 'GET /rules/r1/tap': events([], 'break') });
    const { remarks, exitCode } = await typeCommand(['-s', server.url, 'tap', 'r1']);
    expect(remarks).toContain(`The connection to ${server.url} broke: aborted.\n`);
    expect(exitCode).toBe(1);
  });

  it('fails for a rule that is not there', async () => {
    server.expect({ 'GET /rules/r1/tap': [404, '{"error":1002,"message":"tap rule error: Rule r1 is not found"}\n'] });
    const typed = await typeCommand(['-s', server.url, 'tap', 'r1']);
    expect(typed).toEqual({ output: '', remarks: 'tap rule error: Rule r1 is not found\n', exitCode: 1 });
  });
});

/** A server on which every rule can be created, tapped, started, looked at and dropped. */
class QueryServer {
  readonly taps: ServerResponse[] = [];
  status = '{"status":"running","message":""}';

  constructor() {
    const answer = (key: string): unknown => {
      if (key === 'POST /rules') return [201, 'Rule was created successfully.'];
      if (key === 'POST /streams') return 'demo';
      if (key.endsWith('/status')) return this.status;
      if (key.endsWith('/start')) return 'Rule was started';
      if (key.startsWith('DELETE')) {
        // What is under way arrives, then the tap ends.
        return (response: ServerResponse) => {
          for (const tap of this.taps.splice(0)) tap.end();
          response.end('Rule is dropped.');
        };
      }
      return (response: ServerResponse) => {
        events([])(response);
        this.taps.push(response);
      };
    };
    server.expect(new Proxy({}, { get: (_, key) => answer(String(key)) }));
  }

  /** Sent once `start` has been asked for. */
  emit(row: string): void {
    this.taps.at(-1)?.write(`data: {"timestamp":1,"rows":[${row}]}\n\n`);
  }
}

/** Requests with the id of the temporary rule left out, and without the looks at its status. */
function asked(): string[] {
  return server.lines
    .map((line) => line.replace(/kuiper_query_[0-9a-f]{8}/g, 'ID'))
    .filter((line) => !line.endsWith('/status'));
}

const created = (sql: string) =>
  `POST /rules {"id":"ID","temp":true,"triggered":false,"sql":"${sql}","actions":[{"nop":{}}],"options":{"sendError":true}}`;

describe('query', () => {
  it('runs one statement as a temporary rule until it has the rows asked for', async () => {
    const engine = new QueryServer();
    const typed = await typeCommand(['-s', server.url, 'query', 'SELECT', 'a', 'FROM', 's', '-n', '1'], {
      onRemark: () =>
        waitFor(() => asked().includes('POST /rules/ID/start')).then(() => engine.emit('{"a":1.0},{"a":2}')),
    });
    expect(typed).toEqual({ output: '{"a":1.0}\n', remarks: 'Query was submit successfully.\n', exitCode: 0 });
    expect(asked()).toEqual([
      created('SELECT a FROM s'),
      'GET /rules/ID/tap',
      'POST /rules/ID/start',
      'DELETE /rules/ID',
    ]);
  });

  for (const [message, exitCode, remarks] of [
    ['done', 0, 'Query was submit successfully.\n'],
    ['no such topic', 1, 'Query was submit successfully.\nquery rule is stopped: no such topic\n'],
  ] as const) {
    it(`ends with code ${exitCode} when its rule has stopped with "${message}"`, async () => {
      const engine = new QueryServer();
      engine.status = JSON.stringify({ status: 'stopped', message });
      const typed = await typeCommand(['-s', server.url, 'query', 'SELECT a FROM s']);
      expect(typed).toEqual({ output: '', remarks, exitCode });
      expect(asked().at(-1)).toBe('DELETE /rules/ID');
    });
  }

  it('drops its rule on Ctrl-C', async () => {
    const interrupt = new AbortController();
    new QueryServer();
    const typed = await typeCommand(['-s', server.url, 'query', 'SELECT a FROM s'], {
      interrupted: interrupt.signal,
      onRemark: () => waitFor(() => asked().includes('POST /rules/ID/start')).then(() => interrupt.abort()),
    });
    expect(typed.exitCode).toBe(0);
    expect(asked().at(-1)).toBe('DELETE /rules/ID');
  });

  it('says what is wrong with a statement', async () => {
    server.expect({ 'POST /rules': [400, '{"error":1000,"message":"invalid rule json: Parse SQL"}'] });
    const typed = await typeCommand(['-s', server.url, 'query', 'SELECT']);
    expect(typed).toEqual({ output: '', remarks: 'invalid rule json: Parse SQL\n', exitCode: 1 });
  });

  it('reads statements from a prompt; each takes the place of the one before', async () => {
    const engine = new QueryServer();
    const input = new PassThrough();
    const starts = () => asked().filter((line) => line === 'POST /rules/ID/start').length;
    const typed = typeCommand(['-s', server.url, 'query'], {
      input,
      onPrint: (line) => {
        if (line === '{"a":1}') input.write('SELECT b FROM s\n');
        if (line === '{"b":1}') input.write('show streams\n');
        if (line === 'demo') input.write('quit\nSELECT c FROM s\n');
      },
    });
    input.write('SELECT a FROM s;\n\n');
    await waitFor(() => starts() === 1);
    engine.emit('{"a":1}');
    await waitFor(() => starts() === 2);
    engine.emit('{"b":1}');
    const { output, exitCode } = await typed;
    const submitted = 'Query was submit successfully.';
    expect(output.trimEnd().split('\n')).toEqual([submitted, '{"a":1}', submitted, '{"b":1}', 'demo']);
    expect(exitCode).toBe(0);
    expect(asked()).toEqual([
      created('SELECT a FROM s'),
      'GET /rules/ID/tap',
      'POST /rules/ID/start',
      created('SELECT b FROM s'),
      'DELETE /rules/ID',
      'GET /rules/ID/tap',
      'POST /rules/ID/start',
      'POST /streams {"sql":"show streams"}',
      'DELETE /rules/ID',
    ]);
  });
});

async function waitFor(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}
