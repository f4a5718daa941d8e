import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findDirectories } from '../config/directories.ts';
import { readFlags } from '../config/flags.ts';
import { type KuiperServer, startServer } from '../server.ts';

const content = 'syntax = "proto3"; message Item { int32 id = 1; string name = 2; }';

let root: string;
let server: KuiperServer;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'kuiper-schemas-'));
  server = await startServer({
    directories: await findDirectories(readFlags([]), { KuiperBaseKey: root }, '/'),
    host: 'inProcess',
    environment: {
      KUIPER__BASIC__RESTPORT: '0',
      KUIPER__SOURCE__HTTPSERVERPORT: '0',
      KUIPER__BASIC__FILELOG: 'false',
    },
  });
  await server.recovered;
});

afterAll(async () => {
  await server.close();
  await rm(root, { recursive: true, force: true });
});

async function call(method: string, path: string, body?: unknown): Promise<Response> {
  return fetch(server.restUrl + path, { method, ...(body !== undefined && { body: JSON.stringify(body) }) });
}

async function textOf(answer: Promise<Response>): Promise<string> {
  const text = await (await answer).text();
  const parsed: unknown = text.startsWith('{') ? JSON.parse(text) : text;
  return typeof parsed === 'object' && parsed !== null && 'message' in parsed ? String(parsed.message) : text;
}

function form(fields: readonly (readonly [name: string, value: string | Blob])[]): FormData {
  const data = new FormData();
  for (const [name, value] of fields) {
    if (typeof value === 'string') data.append(name, value);
    else data.append(name, value, 'x.proto');
  }
  return data;
}

function upload(path: string, body: FormData): Promise<Response> {
  return fetch(`${server.restUrl}/schemas/${path}/upload`, { method: 'PUT', body });
}

describe('/schemas', () => {
  it('keeps a schema through its life', async () => {
    expect(await textOf(call('GET', '/schemas/protobuf'))).toBe('[]');
    expect(await textOf(call('POST', '/schemas/protobuf', { name: 's', content, version: '1' }))).toBe(
      'protobuf schema s is created',
    );
    expect(await textOf(call('GET', '/schemas/protobuf'))).toBe('["s"]');
    expect(await (await call('GET', '/schemas/protobuf/s')).json()).toEqual({
      type: 'protobuf',
      name: 's',
      content,
      file: join(root, 'data', 'schemas', 'protobuf', 's@1.proto'),
      version: '1',
    });
    expect(await textOf(call('PUT', '/schemas/protobuf/s', { content, version: '2' }))).toBe(
      'protobuf schema s is updated',
    );
    expect(await textOf(call('DELETE', '/schemas/protobuf/s'))).toBe('protobuf schema s is deleted');
    expect(await textOf(call('GET', '/schemas/protobuf/s'))).toBe('schema type protobuf id s not found in registry');
  });

  const refused: readonly (readonly [method: string, path: string, body: unknown, why: string])[] = [
    ['GET', '/schemas/x', undefined, 'schema type x not found'],
    ['POST', '/schemas/protobuf', {}, 'Invalid body: name is required'],
    ['POST', '/schemas/protobuf', { name: 'a' }, 'Invalid body: must specify content or file'],
    [
      'POST',
      '/schemas/protobuf',
      { name: 'a', content: 'x', file: 'y' },
      'Invalid body: cannot specify both content and file',
    ],
    ['POST', '/schemas/x', { name: 'a', content: 'x' }, 'Invalid body: unsupported schema type x'],
    ['POST', '/schemas/custom', { name: 'a' }, 'Invalid body: soFile is required'],
    [
      'POST',
      '/schemas/protobuf',
      { name: 5 },
      'Invalid body: Error decoding schema json: json: cannot read number as string in field name',
    ],
    ['PUT', '/schemas/protobuf/a', { name: 'b', content: 'x' }, 'Invalid body: name b is not a'],
    ['PUT', '/schemas/protobuf/a', { type: 'custom', content: 'x' }, 'Invalid body: type custom is not protobuf'],
    ['DELETE', '/schemas/protobuf/a', undefined, 'delete protobuf schema a error: schema protobuf.a not found'],
  ];
  for (const [method, path, body, why] of refused) {
    it(`${method} ${path} ${JSON.stringify(body) ?? ''}: ${why}`, async () => {
      const answer = await call(method, path, body);
      expect(answer.status).toBe(400);
      expect(await textOf(Promise.resolve(answer))).toBe(why);
    });
  }

  it('takes uploads, new ones and others', async () => {
    const file = new Blob([content]);
    const first = await upload(
      'protobuf/u',
      form([
        ['file', file],
        ['version', '2'],
        ['note', 'x'],
      ]),
    );
    expect([first.status, first.headers.get('location'), await first.text()]).toEqual([
      201,
      '/schemas/protobuf/u',
      '{"type":"protobuf","name":"u"}',
    ]);
    expect(
      (
        await upload(
          'protobuf/u',
          form([
            ['file', file],
            ['version', '2'],
          ]),
        )
      ).status,
    ).toBe(200);
  });

  const badForms: readonly (readonly [
    path: string,
    fields: readonly (readonly [string, string | Blob])[],
    why: string,
  ])[] = [
    ['protobuf/u', [['version', '1']], 'Invalid multipart body: file field is required'],
    [
      'protobuf/u',
      [
        ['file', 'x'],
        ['file', 'y'],
      ],
      'Invalid multipart body: file field must appear exactly once',
    ],
    [
      'protobuf/u',
      [
        ['file', 'x'],
        ['version', '1'],
        ['version', '2'],
      ],
      'Invalid multipart body: version field must not be repeated',
    ],
    [
      'protobuf/u',
      [
        ['file', 'x'],
        ['version', '1'.repeat(4097)],
      ],
      'Invalid multipart body: version field is too large',
    ],
    ['x/u', [['file', 'x']], 'Invalid schema: unsupported schema type x'],
    [
      'protobuf/u',
      [
        ['file', 'x'],
        ['version', '1'],
      ],
      'schema upsert error: schema protobuf.u already registered with a newer version 2',
    ],
    [
      'protobuf/u',
      [
        ['file', 'x'],
        ['version', '3/..'],
      ],
      'schema upsert error: schema version 3/.. is invalid',
    ],
  ];
  for (const [path, fields, why] of badForms) {
    it(`refuses an upload: ${why}`, async () => {
      const answer = await upload(path, form(fields));
      expect([answer.status, answer.headers.get('content-type')]).toEqual([400, 'application/json']);
      expect(await answer.text()).toBe(JSON.stringify({ error: 1000, message: why }));
    });
  }

  it('wants uploads to be forms', async () => {
    const answer = await call('PUT', '/schemas/protobuf/u/upload', {});
    expect([answer.status, await answer.text()]).toEqual([
      415,
      '{"error":1000,"message":"Invalid content type: content type must be multipart/form-data"}',
    ]);
  });

  it('gives a stream its columns, whatever the stream declares', async () => {
    await call('POST', '/schemas/protobuf', { name: 'p', content });
    const create = (name: string, columns: string, options: string): Promise<Response> =>
      call('POST', '/streams', {
        sql: `CREATE STREAM ${name} (${columns}) WITH (TYPE="httppush", DATASOURCE="/${name}", ${options})`,
      });
    await create('typed', 'x FLOAT', 'FORMAT="Protobuf", SCHEMAID="p.Item"');
    const columns = { id: { type: 'bigint', index: 0 }, name: { type: 'string', index: 0 } };
    expect(await (await call('GET', '/streams/typed/schema')).json()).toEqual(columns);
    await create('lost', '', 'FORMAT="protobuf", SCHEMAID="p.None"');
    const path = join(root, 'data', 'schemas', 'protobuf', 'p.proto');
    expect(await textOf(call('GET', '/streams/lost/schema'))).toBe(
      `get schema of stream error: message type None not found in schema path ${path}`,
    );
    await create('plain', 'x FLOAT', 'FORMAT="json", SCHEMAID="p.Item"');
    expect(await (await call('GET', '/streams/plain/schema')).json()).toEqual({ x: { type: 'float', index: 0 } });
    const rule = { id: 'r', sql: 'SELECT title FROM typed', actions: [{ nop: {} }], triggered: false };
    expect(await textOf(call('POST', '/rules', rule))).toBe('unknown field title');
    await call('PUT', '/schemas/protobuf/p', { content: content.replace('name', 'title') });
    expect(await textOf(call('POST', '/rules', rule))).toBe('Rule r was created successfully.');
  });
});
