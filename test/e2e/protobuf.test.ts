/** Schemas and the protobuf format on the real process: registered over REST, read and written by rules in a worker. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Kuiperd } from '../support/kuiperd.ts';

const content = `syntax = "proto3";
message Pos { float x = 1; }
message Item { int64 id = 1; string name = 2; repeated int32 codes = 3; Pos pos = 4; bytes raw = 5; }
`;

let server: Kuiperd;
let sink: Server;
const received: Buffer[] = [];

beforeAll(async () => {
  sink = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      received.push(Buffer.concat(chunks));
      response.end();
    });
  });
  await new Promise<void>((resolve) => sink.listen(0, '127.0.0.1', resolve));
  server = await Kuiperd.start();
});

afterAll(async () => {
  await server.stop();
  sink.close();
});

async function push(path: string, hex: string): Promise<void> {
  const body = new Uint8Array(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
  const headers = { 'content-type': 'application/octet-stream' };
  const { status } = await fetch(`${server.push}${path}`, { method: 'POST', body, headers });
  expect(status).toBe(200);
}

function rest(props: Readonly<Record<string, unknown>>): unknown {
  const url = `http://127.0.0.1:${(sink.address() as AddressInfo).port}/`;
  return { rest: { url, method: 'POST', sendSingle: true, ...props } };
}

async function startRule(id: string, sql: string, action: unknown): Promise<void> {
  received.length = 0;
  await server.must('POST', '/rules', { id, sql, actions: [action], options: { sendError: true } });
  const isUp = async (): Promise<unknown> => (await server.json(`/rules/${id}/status`)).status;
  await expect.poll(isUp, { timeout: 10_000 }).toBe('running');
}

const message = async (n: number): Promise<Buffer> => {
  await expect.poll(() => received.length, { timeout: 10_000 }).toBeGreaterThanOrEqual(n);
  return received[n - 1] as Buffer;
};

describe('protobuf', () => {
  beforeAll(async () => {
    await server.must('POST', '/schemas/protobuf', { name: 'p', content });
    await server.must('POST', '/streams', {
      sql: 'CREATE STREAM items () WITH (TYPE="httppush", DATASOURCE="/items", FORMAT="PROTOBUF", SCHEMAID="p.Item")',
    });
  });

  it('is decoded with exact integers, and its schema gives the columns', async () => {
    expect(await server.json('/streams/items/schema')).toMatchObject({
      id: { type: 'bigint' },
      raw: { type: 'bytea' },
    });
    await startRule(
      'toJson',
      'SELECT id + 1 AS next, id / 2 AS half, name, codes, pos->x AS x, raw FROM items',
      rest({}),
    );
    await push('/items', '08 8180808080808010 12 0161 1a 02 0102 22 05 0d 0000c03f 2a 02 0102');
    expect((await message(1)).toString()).toBe(
      '{"codes":[1,2],"half":4503599627370496,"name":"a","next":9007199254740994,"raw":"AQI=","x":1.5}',
    );
    await push('/items', '12');
    expect((await message(2)).toString()).toContain('cannot parse protobuf message: unexpected end');
    await push('/items', '');
    expect(JSON.parse((await message(3)).toString())).toMatchObject({ next: 1, half: 0, name: '' });
    await server.must('DELETE', '/rules/toJson');
  });

  it('is encoded as it was decoded', async () => {
    await startRule(
      'toProto',
      'SELECT * FROM items',
      rest({ bodyType: 'text', format: 'protobuf', schemaId: 'p.Item' }),
    );
    const hex = '08818080808080801012016122050d0000c03f2a020102';
    await push('/items', hex);
    expect((await message(1)).toString('hex')).toBe(hex);
    await server.must('DELETE', '/rules/toProto');
  });

  it('counts a row that does not fit its message', async () => {
    const action = rest({ bodyType: 'text', format: 'protobuf', schemaId: 'p.Item' });
    await startRule('misfit', 'SELECT name AS id FROM items', action);
    await push('/items', '12 0161');
    expect((await message(1)).toString()).toContain(
      "invalid type for int type field 'id': cannot convert string(a) to int",
    );
    await server.must('DELETE', '/rules/misfit');
  });

  it('is read by the old schema until the rule starts again', async () => {
    await startRule('follows', 'SELECT * FROM items', rest({ fields: ['id', 'name', 'title'] }));
    const changed = content.replace('string name = 2;', 'string title = 2;');
    await server.must('PUT', '/schemas/protobuf/p', { content: changed });
    await push('/items', '08 01 12 0161');
    expect((await message(1)).toString()).toBe('{"id":1,"name":"a","title":null}');
    await server.must('POST', '/rules/follows/restart');
    await expect
      .poll(async () => (await server.json('/rules/follows/status')).status, { timeout: 10_000 })
      .toBe('running');
    await push('/items', '08 01 12 0161');
    expect((await message(2)).toString()).toBe('{"id":1,"name":null,"title":"a"}');
    await server.must('DELETE', '/rules/follows');
    await server.must('PUT', '/schemas/protobuf/p', { content });
  });

  it('refuses rules whose schema is not there', async () => {
    const create = async (options: string, action: unknown): Promise<string> => {
      await server.must('POST', '/streams', {
        sql: `CREATE STREAM s () WITH (TYPE="httppush", DATASOURCE="/s", ${options})`,
      });
      const { text } = await server.request('POST', '/rules', { id: 'r', sql: 'SELECT * FROM s', actions: [action] });
      await server.must('DELETE', '/streams/s');
      return (JSON.parse(text) as { message: string }).message;
    };
    expect(await create('FORMAT="protobuf"', { nop: {} })).toBe(
      'cannot get converter from format protobuf, schemaId : schema type protobuf id  not found in registry',
    );
    expect(await create('FORMAT="protobuf", SCHEMAID="none.Item"', { nop: {} })).toBe(
      'schema type protobuf id none not found in registry',
    );
    expect(await create('FORMAT="json"', rest({ bodyType: 'text', format: 'Protobuf', schemaId: 'p.None' }))).toBe(
      `message type None not found in schema path ${server.directory}/data/schemas/protobuf/p.proto`,
    );
  });

  it('is there again after a restart of the process', async () => {
    await startRule('lasting', 'SELECT id FROM items', rest({}));
    const { directory } = server;
    await server.kill();
    server = await Kuiperd.start({ directory });
    const status = async (): Promise<unknown> => (await server.json('/rules/lasting/status')).status;
    await expect.poll(status, { timeout: 20_000 }).toBe('running');
    await push('/items', '08 05');
    expect((await message(1)).toString()).toBe('{"id":5}');
    await server.must('DELETE', '/rules/lasting');
  });
});
