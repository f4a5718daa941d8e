import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findDirectories } from './config/directories.ts';
import { readFlags } from './config/flags.ts';
import { type KuiperServer, startServer } from './server.ts';

interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers: http.IncomingHttpHeaders;
}

class TestServer {
  readonly root: string;
  readonly #environment: Readonly<Record<string, string>>;
  #server: KuiperServer | null = null;

  private constructor(root: string, environment: Readonly<Record<string, string>>) {
    this.root = root;
    this.#environment = environment;
  }

  static async start(environment: Readonly<Record<string, string>> = {}): Promise<TestServer> {
    const test = new TestServer(await mkdtemp(join(tmpdir(), 'kuiper-server-')), environment);
    await test.boot();
    return test;
  }

  async boot(): Promise<void> {
    const directories = await findDirectories(readFlags([]), { KuiperBaseKey: this.root }, '/');
    this.#server = await startServer({
      directories,
      host: 'inProcess',
      environment: {
        KUIPER__BASIC__RESTPORT: '0',
        KUIPER__SOURCE__HTTPSERVERPORT: '0',
        KUIPER__BASIC__FILELOG: 'false',
        ...this.#environment,
      },
    });
    await this.#server.recovered;
  }

  get server(): KuiperServer {
    if (this.#server === null) throw new Error('not started');
    return this.#server;
  }

  async stop(): Promise<void> {
    await this.server.close();
    await rm(this.root, { recursive: true, force: true });
  }

  call(method: string, path: string, body?: unknown, headers: http.OutgoingHttpHeaders = {}): Promise<Answer> {
    const text = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const length = text === undefined ? {} : { 'content-length': Buffer.byteLength(text) };
      const request = http.request(
        this.server.restUrl + path,
        { method, headers: { ...length, ...headers } },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('end', () => {
            const raw = Buffer.concat(chunks).toString('utf8');
            resolve({ status: response.statusCode ?? 0, body: parsed(raw), headers: response.headers });
          });
        },
      );
      request.on('error', reject);
      request.end(text);
    });
  }

  /** Resolves when `isSo` says yes of the answer. */
  async until(path: string, isSo: (body: Record<string, unknown>) => boolean): Promise<Record<string, unknown>> {
    for (;;) {
      const body = (await this.call('GET', path)).body as Record<string, unknown>;
      if (isSo(body)) return body;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

const demo = { sql: 'CREATE STREAM demo (a BIGINT) WITH (TYPE="memory", DATASOURCE="demo/in", FORMAT="json")' };
const forever = {
  sql: 'CREATE STREAM ticks () WITH (TYPE="simulator", EXTRA="{\\"data\\":[{\\"a\\":1}],\\"interval\\":\\"10ms\\",\\"loop\\":true}")',
};
const finite = {
  sql: 'CREATE STREAM few () WITH (TYPE="simulator", EXTRA="{\\"data\\":[{\\"a\\":1},{\\"a\\":2}],\\"interval\\":\\"5ms\\"}")',
};
const rule = { id: 'r', sql: 'SELECT a FROM demo', actions: [{ nop: {} }] };

describe('the REST API', () => {
  let test: TestServer;
  beforeAll(async () => {
    test = await TestServer.start();
  });
  afterAll(() => test.stop());

  it('tells of itself', async () => {
    expect((await test.call('GET', '/ping')).status).toBe(200);
    const { body } = await test.call('GET', '/');
    expect(body).toMatchObject({ os: process.platform, upTimeSeconds: expect.any(Number) });
  });

  const create = (sql: string, id = 'places'): unknown => ({ id, sql, actions: [{ nop: {} }] });
  const places: readonly {
    readonly call: readonly [method: string, path: string, body: unknown];
    readonly field: string;
    readonly place: Readonly<Record<string, unknown>>;
    readonly status?: number;
  }[] = [
    {
      call: ['POST', '/rules', create('SELECT a\nFORM placed')],
      field: 'line=2, column=1, length=4, hint="FROM"',
      place: { line: 2, column: 1, near: 'FORM', hint: 'FROM', excerpt: 'line 2, column 1:\nFORM placed\n^^^^' },
    },
    {
      call: ['PUT', '/rules/places', create('SELECT temprature FROM placed')],
      field: 'line=1, column=8, length=10, hint="temperature"',
      place: { near: 'temprature', hint: 'temperature' },
    },
    {
      call: ['POST', '/rules', create('SELECT temperature FROM plased')],
      field: 'line=1, column=25, length=6, hint="placed"',
      place: { near: 'plased', hint: 'placed' },
    },
    {
      call: ['POST', '/rules/validate', create('SELECT cuont(*) FROM placed')],
      field: 'line=1, column=8, length=5, hint="count"',
      place: { near: 'cuont', hint: 'count', status: 422 },
      status: 422,
    },
    {
      call: ['POST', '/ruletest', { id: 'places', sql: 'SELECT temperature FROM placed GROUP BY hopingwindow(ss, 1)' }],
      field: 'line=1, column=41, length=12, hint="hoppingwindow"',
      place: { near: 'hopingwindow', hint: 'hoppingwindow' },
    },
    {
      call: ['POST', '/streams', { sql: 'CREATE STREAM x () WITH (DATASUORCE="x")' }],
      field: 'line=1, column=26, length=10, hint="DATASOURCE"',
      place: { near: 'DATASUORCE', hint: 'DATASOURCE' },
    },
    {
      call: ['POST', '/streams', { sql: 'CREATE STREAM x (a BIGIMT) WITH ()' }],
      field: 'line=1, column=20, length=6, hint="BIGINT"',
      place: { near: 'BIGIMT', hint: 'BIGINT' },
    },
    {
      call: ['PUT', '/tables/x', { sql: 'CREATE TABEL x () WITH ()' }],
      field: 'line=1, column=8, length=5, hint="TABLE"',
      place: { near: 'TABEL', hint: 'TABLE' },
    },
  ];
  for (const { call, field, place, status = 400 } of places) {
    const [method, path, body] = call;
    it(`names the place for ${method} ${path}: ${field}`, async () => {
      await test.call('POST', '/streams', {
        sql: 'CREATE STREAM placed (temperature FLOAT) WITH (TYPE="memory", DATASOURCE="p", FORMAT="json")',
      });
      const plain = await test.call(method, path, body);
      expect(plain.status).toBe(status);
      expect(plain.headers['kuiper-error-place']).toBe(field);
      if (status === 400) expect(Object.keys(plain.body as object)).toEqual(['error', 'message']);
      const asked = await test.call(method, path, body, { accept: 'application/problem+json, */*' });
      expect(asked).toMatchObject({ status, headers: { 'content-type': 'application/problem+json' } });
      const message = status === 400 ? (plain.body as { message: string }).message : plain.body;
      expect(asked.body).toMatchObject({ message, status, ...place });
    });
  }

  it('notices options that are none', async () => {
    await test.call('POST', '/streams', { sql: 'CREATE STREAM noticed () WITH (TYPE="memory", DATASOURCE="n")' });
    const options = { isEventTme: true, sendError: true, planOptimizeStrategy: { enableIncrementalWindows: true } };
    const body = { id: 'noticed', sql: 'SELECT a FROM noticed', actions: [{ nop: {} }], options };
    const created = await test.call('POST', '/rules', body);
    expect(created.body).toBe('Rule noticed was created successfully.');
    expect(created.headers['kuiper-notice']).toBe(
      'unknown option isEventTme, did you mean isEventTime?; ' +
        'unknown option enableIncrementalWindows, did you mean enableIncrementalWindow?',
    );
  });

  const routing: readonly (readonly [method: string, path: string, status: number])[] = [
    ['GET', '/nosuch', 404],
    ['GET', '/streams/', 404],
    ['PUT', '/ping', 405],
    ['HEAD', '/ping', 405],
    ['GET', '/rules/validate', 404],
    ['DELETE', '/config/uploads/a/b.txt', 404],
    ['GET', '/streams/a%20b', 400],
    ['OPTIONS', '/nosuch', 200],
  ];
  for (const [method, path, status] of routing) {
    it(`${method} ${path} is ${status}`, async () => expect((await test.call(method, path)).status).toBe(status));
  }

  it('sends paths with doubled slashes to the clean one', async () => {
    const { status, headers } = await test.call('GET', '//streams//x/../y?z=1');
    expect([status, headers.location]).toEqual([301, '/streams/y?z=1']);
  });

  it('reads a stream back as it was defined', async () => {
    const created = await test.call('POST', '/streams', demo);
    expect([created.status, created.body]).toEqual([201, 'Stream demo is created.']);
    const { body } = await test.call('GET', '/streams/demo');
    expect(JSON.stringify(body)).toBe(
      '{"Name":"demo","StreamFields":[{"FieldType":"bigint","Name":"a"}],"Options":{"datasource":"demo/in","format":"json","type":"memory"},"StreamType":0,"Statement":null}',
    );
    expect((await test.call('GET', '/streams/nosuch')).status).toBe(400);
  });

  it('takes a rule through its life', async () => {
    expect((await test.call('POST', '/rules', rule)).body).toBe('Rule r was created successfully.');
    await test.until('/rules/r/status', ({ status }) => status === 'running');
    expect((await test.call('DELETE', '/streams/demo')).body).toMatchObject({
      message: 'stream demo has been referenced by other rules',
    });
    expect((await test.call('POST', '/rules/r/stop')).body).toBe('Rule r was stopped.');
    expect((await test.call('GET', '/rules/r/status')).body).toMatchObject({
      status: 'stopped',
      message: 'canceled manually',
      source_demo_0_connection_status: 1,
    });
    expect((await test.call('POST', '/rules/r/restart')).body).toBe('Rule r was restarted');
    expect((await test.call('DELETE', '/rules/r')).body).toBe('Rule r is dropped.');
    expect((await test.call('GET', '/rules/r/status')).status).toBe(404);
  });

  it('changes nothing when an update is refused', async () => {
    await test.call('POST', '/rules', rule);
    const refused = await test.call('PUT', '/rules/r', { ...rule, sql: 'SELECT b FROM demo' });
    expect([refused.status, refused.body]).toEqual([
      400,
      { error: 1000, message: 'Update rule error: unknown field b' },
    ]);
    expect((await test.call('GET', '/rules/r')).body).toEqual(rule);
    await test.until('/rules/r/status', ({ status }) => status === 'running');
    await test.call('DELETE', '/rules/r');
  });

  it('lets many requests for one rule take their turns', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => test.call('POST', '/rules', rule)));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array(7).fill(400)]);
    const updates = await Promise.all(
      Array.from({ length: 8 }, (_, i) => test.call('PUT', '/rules/r', { ...rule, version: String(i + 1) })),
    );
    expect(updates.at(-1)?.status).toBe(200);
    expect((await test.call('GET', '/rules/r')).body).toMatchObject({ version: '8' });
    await test.call('DELETE', '/rules/r');
  });

  it('ends a rule whose source has ended, and remembers it', async () => {
    await test.call('POST', '/streams', finite);
    await test.call('POST', '/rules', { ...rule, sql: 'SELECT a FROM few' });
    const status = await test.until('/rules/r/status', ({ message }) => message === 'done');
    expect(status).toMatchObject({ status: 'stopped', source_few_0_records_in_total: 2 });
    await test.until('/rules/r', ({ triggered }) => triggered === false);
    await test.call('DELETE', '/rules/r');
  });

  it('runs a batch in order and answers each part', async () => {
    const { body } = await test.call('POST', '/batch/req', [
      {
        method: 'PUT',
        path: '/streams/b',
        body: JSON.stringify({ sql: 'CREATE STREAM b () WITH (TYPE="memory", DATASOURCE="x")' }),
      },
      { method: 'DELETE', path: '/streams/b' },
      { method: 'DELETE', path: '/streams/b' },
      { method: 'get', path: '/ping' },
      { method: 'GE T', path: '/ping' },
    ]);
    expect(body).toEqual([
      { code: 200, response: 'Stream b is replaced.' },
      { code: 200, response: 'Stream b is dropped.' },
      { code: 404, response: '{"error":1002,"message":"delete stream error: stream b is not found"}\n' },
      { code: 405 },
      { code: 0, error: 'net/http: invalid method "GE T"' },
    ]);
  });

  it('keeps uploads inside their directory', async () => {
    const json = { 'content-type': 'application/json' };
    const stored = await test.call('POST', '/config/uploads', { name: 'sub/f.txt', content: 'x' }, json);
    expect([stored.status, stored.body]).toEqual([201, join(test.root, 'data', 'uploads', 'sub', 'f.txt')]);
    for (const name of ['../f.txt', '/../../f.txt', 'sub/../../f.txt', '.']) {
      expect((await test.call('POST', '/config/uploads', { name, content: 'x' }, json)).status).toBe(400);
    }
    expect((await test.call('DELETE', '/config/uploads/sub')).body).toBe('ok');
  });

  it('shows a connection without its secrets, and keeps them over an update that shows it back', async () => {
    const props = { server: 'tcp://127.0.0.1:1', password: 'geheim' };
    await test.call('POST', '/connections', { id: 'c', typ: 'mqtt', props });
    const { body } = await test.call('GET', '/connections/c');
    expect(body).toMatchObject({ id: 'c', typ: 'mqtt', isNamed: true, props: { password: '******' } });
    await test.call('PUT', '/connections/c', { typ: 'mqtt', props: (body as { props: unknown }).props });
    expect(test.server.services.confKeys.get('connections', 'mqtt', 'c')).toMatchObject({ password: 'geheim' });
    expect((await test.call('DELETE', '/connections/c')).body).toBe('success');
  });

  it('streams what a rule sends, over restarts, until the rule is gone', async () => {
    await test.call('POST', '/streams', forever);
    await test.call('POST', '/rules', { ...rule, sql: 'SELECT a + 1 AS b FROM ticks' });
    await test.until('/rules/r/status', ({ status }) => status === 'running');
    let seen = '';
    const ended = new Promise<void>((resolve, reject) => {
      http.get(`${test.server.restUrl}/rules/r/tap`, (response) => {
        expect(response.headers['content-type']).toBe('text/event-stream');
        response.on('data', (chunk: Buffer) => {
          seen += chunk.toString();
        });
        response.on('end', resolve);
        response.on('error', reject);
      });
    });
    const rows = async (count: number): Promise<void> => {
      while (seen.split('"rows":[{"b":2}]').length <= count) await new Promise((resolve) => setImmediate(resolve));
    };
    await rows(2);
    await test.call('POST', '/rules/r/restart');
    seen = '';
    await rows(2);
    await test.call('DELETE', '/rules/r');
    await ended;
    expect(seen).toMatch(/^data: \{"timestamp":\d+,"rows":\[\{"b":2\}\]\}$/m);
  });

  it('exposes metrics of its rules', async () => {
    await test.call('POST', '/rules', rule);
    await test.until('/rules/r/status', ({ status }) => status === 'running');
    const text = String((await test.call('GET', '/metrics')).body);
    expect(text).toContain('kuiper_rule_status{rule="r"} 1\n');
    expect(text).toContain('kuiper_source_records_in_total{rule="r",type="source",op="demo",op_instance="0"} 0\n');
    expect(text.match(/^# TYPE kuiper_op_records_in_total counter$/gm)).toHaveLength(1);
    await test.call('DELETE', '/rules/r');
  });

  it('keeps scripts that define the function they are named after', async () => {
    const script = { id: 'area', description: '<m²>', script: 'function area(x, y) { return x * y; }', isAgg: false };
    expect((await test.call('POST', '/udf/javascript', script)).body).toBe('javascript function area is created');
    expect((await test.call('GET', '/udf/javascript/area')).body).toEqual(script);
    const refused: readonly (readonly [script: string, why: string])[] = [
      ['function other() {}', 'cannot find function "area" in script'],
      ['function area( {', 'failed to interprete script: '],
      ['throw new Error("no"); function area() {}', 'failed to interprete script: '],
    ];
    for (const [text, why] of refused) {
      const { status, body } = await test.call('PUT', '/udf/javascript/area', { ...script, script: text });
      expect(status).toBe(400);
      expect((body as { message: string }).message).toContain(`javascript function update command error: ${why}`);
    }
    expect((await test.call('GET', '/udf/javascript')).body).toEqual(['area']);
    await test.call('DELETE', '/udf/javascript/area');
  });

  it('imports a whole document and exports it again', async () => {
    const document = {
      streams: { d2: demo.sql.replace('demo', 'd2') },
      rules: { imported: JSON.stringify({ ...rule, id: 'imported', sql: 'SELECT a FROM d2', triggered: false }) },
      sourceConfig: { x: '{"k":{"a":1}}' },
      Schema: { protobuf_p: '{"type":"protobuf","name":"p","content":"syntax = \\"proto3\\";"}' },
      scripts: { f: '{"id":"f","script":"function f() {}"}', g: '{"id":"other"}' },
    };
    const { status, body } = await test.call('POST', '/data/import?partial=1', { content: JSON.stringify(document) });
    expect(status).toBe(400);
    expect(JSON.parse((body as { message: string }).message)).toMatchObject({
      scripts: { g: 'the script id other does not match the key g' },
      streams: {},
      rules: {},
    });
    const exported = (await test.call('GET', '/data/export')).body as Record<string, Record<string, string>>;
    expect(exported.streams).toMatchObject(document.streams);
    expect(exported.rules).toMatchObject(document.rules);
    expect(exported.sourceConfig).toEqual(document.sourceConfig);
    expect(exported.Schema).toEqual(document.Schema);
    expect(Object.keys(exported.scripts ?? {})).toEqual(['f']);
    const yaml = String((await test.call('GET', '/v2/data/export')).body);
    expect((await test.call('POST', '/v2/data/import', { content: yaml })).body).toBe('success');
    await test.call('DELETE', '/rules/imported');
  });

  it('tries a statement out on mocked data', async () => {
    const mocked = {
      id: 't',
      sql: 'SELECT a * 2 AS b FROM demo',
      mockSource: { demo: { data: [{ a: 2 }], interval: 5, loop: true } },
      sinkProps: { sendSingle: true },
    };
    const { body } = await test.call('POST', '/ruletest', mocked);
    expect(body).toEqual({ id: 't', port: test.server.restPort });
    const first = new Promise<string>((resolve, reject) => {
      const request = http.get(`${test.server.restUrl}/test/t`, (response) => {
        response.on('data', (chunk: Buffer) => {
          if (chunk.includes('data: ')) resolve(chunk.toString());
        });
        response.on('error', reject);
      });
      request.on('error', reject);
    });
    expect((await test.call('POST', '/ruletest/t/start')).body).toBe('Test rule t was started');
    expect(await first).toContain('data: {"b":4}\n\n');
    await test.call('DELETE', '/ruletest/t');
    expect((await test.call('GET', '/test/t')).status).toBe(404);
  });
});

describe('a server that starts again', () => {
  it('has every definition, and runs what was running', async () => {
    const test = await TestServer.start();
    await test.call('POST', '/streams', demo);
    await test.call('POST', '/tables', {
      sql: 'CREATE TABLE t (id BIGINT) WITH (TYPE="memory", DATASOURCE="t/in", KIND="lookup", KEY="id")',
    });
    await test.call('PUT', '/metadata/sources/memory/confKeys/k', { x: 1 });
    await test.call('POST', '/connections', { id: 'c', typ: 'nosuch', props: { a: 1 } });
    for (let i = 0; i < 120; i++) {
      const created = await test.call('POST', '/rules', { ...rule, id: `r${i}`, triggered: i % 2 === 0 });
      expect(created.status).toBe(201);
    }
    await test.call('POST', '/rules', { ...rule, id: 'tmp', temp: true });
    const lookup = { ...rule, id: 'l', sql: 'SELECT demo.a FROM demo INNER JOIN t ON demo.a = t.id' };
    expect((await test.call('POST', '/rules', lookup)).status).toBe(201);
    await test.server.close();
    await test.boot();
    const list = (await test.call('GET', '/rules')).body as { id: string; status: string }[];
    expect(list).toHaveLength(121);
    expect(list.filter(({ status }) => status === 'running')).toHaveLength(61);
    expect((await test.call('GET', '/metadata/sources/yaml/memory')).body).toEqual({ k: { x: 1 } });
    expect((await test.call('GET', '/connections/c')).body).toMatchObject({ props: { a: 1 }, status: 'connecting' });
    await test.stop();
  });

  it('says which rules it cannot bring back, and starts all the same', async () => {
    const test = await TestServer.start();
    await test.call('POST', '/streams', demo);
    await test.call('POST', '/rules', rule);
    await test.until('/rules/r/status', ({ status }) => status === 'running');
    await test.call('DELETE', '/streams/demo?force=true');
    await test.server.services.kv.textTable('rule').set('broken', '{');
    await test.server.close();
    await test.boot();
    expect((await test.call('GET', '/rules/r/status')).body).toMatchObject({
      status: 'stopped by error',
      message: 'fail to get stream demo, please check if stream is created',
    });
    expect((await test.call('GET', '/rules')).body).toMatchObject([
      { id: 'broken', status: 'stopped by error' },
      { id: 'r' },
    ]);
    expect((await test.call('DELETE', '/rules/broken')).status).toBe(200);
    await test.stop();
  });

  it('imports init.json when it has changed, and connection.yaml', async () => {
    const test = await TestServer.start();
    await writeFile(
      join(test.root, 'etc', 'init.json'),
      JSON.stringify({ streams: { demo: demo.sql }, rules: { r: JSON.stringify(rule) } }),
    );
    await writeFile(join(test.root, 'etc', 'connections', 'connection.yaml'), 'Nosuch:\n  MyConn:\n    Server: x\n');
    await test.server.close();
    await test.boot();
    await test.until('/rules/r/status', ({ status }) => status === 'running');
    expect((await test.call('GET', '/connections')).body).toMatchObject([{ id: 'myconn', typ: 'nosuch' }]);
    await test.call('DELETE', '/rules/r');
    await test.server.close();
    await test.boot();
    expect((await test.call('GET', '/rules')).body).toEqual([]);
    await test.stop();
  });
});

describe('authentication', () => {
  it('lets only signed tokens in', async () => {
    const test = await TestServer.start({ KUIPER__BASIC__AUTHENTICATION: 'true' });
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    await writeFile(join(test.root, 'etc', 'mgmt', 'Sample.pub'), publicKey.export({ type: 'spki', format: 'pem' }));
    const token = (issuer: string, audience: string, expires = '1h'): Promise<string> =>
      new SignJWT({})
        .setProtectedHeader({ alg: 'RS256' })
        .setIssuer(issuer)
        .setAudience(audience)
        .setExpirationTime(expires)
        .sign(privateKey);
    const streams = async (authorization?: string): Promise<readonly unknown[]> => {
      const { status, body } = await test.call(
        'GET',
        '/streams',
        undefined,
        authorization === undefined ? {} : { authorization },
      );
      return [status, body];
    };
    expect((await test.call('GET', '/ping')).status).toBe(200);
    expect(await streams()).toEqual([401, 'missing_token\n']);
    expect(await streams(await token('sample.pub', 'eKuiper'))).toEqual([200, []]);
    expect(await streams(await token('sample.pub', 'other'))).toEqual([
      401,
      'audience field should contain eKuiper, but got [other]\n',
    ]);
    expect((await streams(await token('../../etc/passwd', 'eKuiper')))[0]).toBe(401);
    expect((await streams(await token('sample.pub', 'eKuiper', '-1h')))[0]).toBe(401);
    const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from('{"iss":"sample.pub","aud":"eKuiper"}').toString('base64url')}.`;
    expect((await streams(unsigned))[0]).toBe(401);
    await test.stop();
  });
});
