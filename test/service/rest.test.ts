/** Services over HTTP against a real server: what goes out and what comes back. Source: behaviour spec, extension §6.3–§6.4. */
import { readFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { afterEach, describe, expect, test } from 'vitest';
import { Certificate, opensslMissing } from '../../packages/connectors/testing/certificates.ts';
import { type GivenAnswer, RecordingServer, ServiceRig, serviceRecord } from './service-rig.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const proto = `
syntax = "proto3";
package ml;
import "google/api/annotations.proto";
import "google/protobuf/wrappers.proto";
import "google/protobuf/empty.proto";
import "google/protobuf/timestamp.proto";
import "google/protobuf/struct.proto";

service Language {
  rpc sayHello(HelloRequest) returns (HelloReply) {}
  rpc object_detection(DetectRequest) returns (DetectReply) {}
  rpc encode(google.protobuf.StringValue) returns (EncodedReply) {}
  rpc count(google.protobuf.StringValue) returns (google.protobuf.Int64Value) {}
  rpc ping(google.protobuf.Empty) returns (google.protobuf.Empty) {}
  rpc everything(Everything) returns (Everything) {}
  rpc tree(Node) returns (Node) {}
}

service Messages {
  rpc GetMessage(GetMessageRequest) returns (Message) {
    option (google.api.http) = { get: "/v1/{name=messages/*}" };
  }
  rpc SearchMessage(SearchRequest) returns (Message) {
    option (google.api.http) = { get: "/v1/messages/filter/{message_id}" };
  }
  rpc CreateMessage(CreateRequest) returns (Message) {
    option (google.api.http) = { post: "/v1/messages" body: "*" };
  }
  rpc UpdateMessage(UpdateRequest) returns (Message) {
    option (google.api.http) = { put: "/v1/messages/{message_id}" body: "message" };
  }
  rpc PatchMessage(UpdateRequest) returns (Message) {
    option (google.api.http) = { patch: "/v1/messages/{message_id}" body: "*" };
  }
  rpc DeleteMessage(DeleteRequest) returns (google.protobuf.Empty) {
    option (google.api.http) = { delete: "/v1/messages/{message_id}" };
  }
  rpc NestedPath(UpdateRequest) returns (Message) {
    option (google.api.http) = { post: "/v1/by/{message.text}" body: "message" response_body: "text" };
  }
}

message HelloRequest { string name = 1; }
message HelloReply { string message = 1; }
message DetectRequest { string cmd = 1; bytes base64_img = 2; }
message DetectReply { string info = 1; string code = 2; string image = 3; Box result = 4; string type = 5; }
message Box { double x = 1; int32 y = 2; repeated string labels = 3; }
message EncodedReply { string class = 1; float box = 2; }
message GetMessageRequest { string name = 1; }
message SearchRequest {
  message SubMessage { string subfield = 1; }
  string message_id = 1;
  int64 revision = 2;
  SubMessage sub = 3;
}
message Message { string text = 1; }
message CreateRequest { string author = 1; Message message = 2; }
message UpdateRequest { string message_id = 1; Message message = 2; bool force = 3; }
message DeleteRequest { string message_id = 1; }
message Node { string name = 1; repeated Node children = 2; }

enum Color { UNKNOWN = 0; RED = 1; }
message Everything {
  int64 big_number = 12;
  int32 small = 2;
  uint64 natural = 3;
  double ratio = 4;
  bool yes = 5;
  bytes raw = 6;
  Color color = 7;
  repeated int64 list = 8;
  map<string, int32> counts = 9;
  oneof choice { string text = 10; int32 number = 11; }
  google.protobuf.Int64Value maybe = 1;
  string renamed = 13 [json_name = "otherName"];
  google.protobuf.Timestamp at = 14;
  google.protobuf.Struct data = 15;
}
`;

async function rig(
  answer: GivenAnswer | ((url: string, body: string) => GivenAnswer),
  definition: Readonly<Record<string, unknown>> = {},
): Promise<{ rig: ServiceRig; server: RecordingServer }> {
  const server = await RecordingServer.start(({ url, body }) =>
    typeof answer === 'function' ? answer(url, body) : answer,
  );
  closing.push(() => server.stop());
  const loaded = await ServiceRig.load(serviceRecord({ protocol: 'rest', address: server.url, ...definition }, proto));
  closing.push(() => loaded.close());
  return { rig: loaded, server };
}

interface Case {
  readonly name: string;
  readonly call: readonly unknown[];
  readonly request: string;
  readonly body?: string;
}

const requests: readonly Case[] = [
  {
    name: 'a method without option is a POST of JSON to its name',
    call: ['sayHello', 'world'],
    request: 'POST /sayHello',
    body: '{"name":"world"}',
  },
  {
    name: 'a map gives the fields by name, what is missing or null is left out',
    call: ['object_detection', { cmd: 'find', base64_img: null, other: 1 }],
    request: 'POST /object_detection',
    body: '{"cmd":"find"}',
  },
  {
    name: 'several arguments are the fields in order, bytes are base64',
    call: ['object_detection', 'find', new Uint8Array([1, 2, 3])],
    request: 'POST /object_detection',
    body: '{"cmd":"find","base64Img":"AQID"}',
  },
  {
    name: 'the text of a StringValue is the body itself',
    call: ['encode', '{"already":"json"}'],
    request: 'POST /encode',
    body: '{"already":"json"}',
  },
  { name: 'no argument makes an empty message', call: ['ping'], request: 'POST /ping', body: '{}' },
  {
    name: 'members are written in the order of their numbers, 64-bit ints as texts, enums as names',
    call: [
      'everything',
      {
        big_number: 2n ** 60n,
        small: 5n,
        natural: 7n,
        ratio: 0.5,
        yes: true,
        raw: new Uint8Array([255]),
        color: 1n,
        list: [1n, 2n],
        counts: { b: 2n, a: 1n },
        number: 0n,
        maybe: 3n,
        renamed: 'x',
        at: '2024-01-02T03:04:05.5Z',
        data: { k: [1, 'two', null, true] },
      },
    ],
    request: 'POST /everything',
    body:
      '{"maybe":"3","small":5,"natural":"7","ratio":0.5,"yes":true,"raw":"/w==","color":"RED","list":["1","2"],' +
      '"counts":{"b":2,"a":1},"number":0,"bigNumber":"1152921504606846976","otherName":"x",' +
      '"at":"2024-01-02T03:04:05.5Z","data":{"k":[1,"two",null,true]}}',
  },
  {
    name: 'zeros without presence are left out, members of a group and wrappers are not; JSON names work too',
    call: ['everything', { small: 0n, yes: false, text: '', maybe: 0n, otherName: 'y', color: 'RED' }],
    request: 'POST /everything',
    body: '{"maybe":"0","color":"RED","text":"","otherName":"y"}',
  },
  {
    name: 'messages may contain themselves',
    call: ['tree', { name: 'a', children: [{ name: 'b' }, { children: [{ name: 'c' }] }] }],
    request: 'POST /tree',
    body: '{"name":"a","children":[{"name":"b"},{"children":[{"name":"c"}]}]}',
  },
  {
    name: 'a path field with a prefix is inserted whole',
    call: ['GetMessage', 'messages/123 4'],
    request: 'GET /v1/messages/123%204',
    body: '',
  },
  {
    name: 'other fields become the query, nested ones with a dot, values escaped',
    call: ['SearchMessage', 'a/b', 2n, { subfield: 'foo&bar=é' }],
    request: 'GET /v1/messages/filter/a%2Fb?revision=2&sub.subfield=foo%26bar%3D%C3%A9',
    body: '',
  },
  {
    name: 'unset fields of the query show their default',
    call: ['SearchMessage', { message_id: 'x' }],
    request: 'GET /v1/messages/filter/x?revision=0',
    body: '',
  },
  {
    name: 'body * sends the whole message',
    call: ['CreateMessage', 'me', { text: 'hi' }],
    request: 'POST /v1/messages',
    body: '{"author":"me","message":{"text":"hi"}}',
  },
  {
    name: 'body * leaves out what the path has',
    call: ['PatchMessage', 'x', { text: 'hi' }, true],
    request: 'PATCH /v1/messages/x',
    body: '{"message":{"text":"hi"},"force":true}',
  },
  {
    name: 'a body field is sent alone, the rest is the query',
    call: ['UpdateMessage', 'x', { text: 'hi' }, true],
    request: 'PUT /v1/messages/x?force=true',
    body: '{"text":"hi"}',
  },
  { name: 'a delete has no body', call: ['DeleteMessage', 'x'], request: 'DELETE /v1/messages/x', body: '' },
  {
    name: 'a path field may be nested',
    call: ['NestedPath', 'x', { text: 'hi' }, false],
    request: 'POST /v1/by/hi?message_id=x&force=false',
    body: '{"text":"hi"}',
  },
];

describe('requests', () => {
  test.each(requests)('$name', async ({ call: [name, ...args], request, body }) => {
    const { rig: loaded, server } = await rig((url) => ({ body: url.startsWith('/v1/by/') ? '"x"' : '{}' }));
    await loaded.call(name as string, ...args).catch(() => undefined);
    expect(`${server.last.method} ${server.last.url}`).toBe(request);
    expect(server.last.body).toBe(body ?? '');
    expect(server.last.headers['content-type']).toBe('application/json');
  });
});

const refused: readonly [string, readonly unknown[], string][] = [
  ['no arguments', ['sayHello'], 'require 1 parameters but none'],
  ['too few arguments', ['object_detection', 'x'], 'require 2 parameters but only got 1'],
  ['too many arguments', ['object_detection', 'x', 'y', 'z'], 'require 2 parameters but only got 3'],
  ['arguments for an empty message', ['ping', 1], 'require 0 parameters but only got 1'],
  ['a map that has none of the fields', ['object_detection', { a: 1 }], 'require 2 parameters but only got 1'],
  [
    'a number for a text',
    ['sayHello', 5n],
    "invalid type for string type field 'name': cannot convert int64(5) to string",
  ],
  [
    'a text for a number',
    ['everything', { small: '5' }],
    "invalid type for int type field 'small': cannot convert string(5) to int",
  ],
  [
    'an element that does not fit',
    ['everything', { list: [1n, 'x'] }],
    "failed to encode field 'list':invalid type for int type field 'list': cannot convert string(x) to int",
  ],
  [
    'a number beyond 32 bits',
    ['everything', { small: 2n ** 40n }],
    "invalid type for int type field 'small': cannot convert int64(1099511627776) to int32, out of range",
  ],
  [
    'an unknown name of an enum',
    ['everything', { color: 'BLUE' }],
    "invalid type for int type field 'color': cannot convert string(BLUE) to enum",
  ],
  [
    'a path field without its prefix',
    ['GetMessage', 'x'],
    'invalid field name(x) as http option, must have prefix messages/',
  ],
  [
    'a path field that climbs',
    ['DeleteMessage', '..'],
    'invalid field message_id(..) as http option, it changes the path',
  ],
];

describe('arguments that do not fit', () => {
  test.each(refused)('%s', async (_name, [name, ...args], text) => {
    const { rig: loaded, server } = await rig({});
    await expect(loaded.call(name as string, ...args)).rejects.toThrow(text);
    expect(server.seen).toEqual([]);
    expect(loaded.metrics(name as string)).toMatchObject({ calls: 1, failed: 1, attempts: 0, lastError: text });
  });

  test('what shows before any row is refused with the statement', async () => {
    const { rig: loaded } = await rig({});
    expect(loaded.check('object_detection', [])).toBe('require 2 parameters but none');
    expect(loaded.check('object_detection', [{ literal: 'string', value: 'x' }])).toBe(
      'require 2 parameters but only got 1',
    );
    expect(loaded.check('object_detection', [{ literal: 'wildcard' }])).toBeNull();
    expect(loaded.check('object_detection', [{}, {}, {}])).toBe('require 2 parameters but only got 3');
    expect(loaded.check('object_detection', [{}, {}])).toBeNull();
    expect(loaded.check('ping', [])).toBeNull();
  });
});

interface AnswerCase {
  readonly name: string;
  readonly method: string;
  readonly args: readonly unknown[];
  readonly answer: GivenAnswer;
  readonly gives?: unknown;
  readonly fails?: string;
}

const answers: readonly AnswerCase[] = [
  {
    name: 'an object by names of fields: unknown ones dropped, missing ones absent',
    method: 'object_detection',
    args: ['a', 'b'],
    answer: { body: '{"info":"ok","result":{"x":1,"y":2,"labels":["a"],"z":0},"more":1}' },
    gives: { info: 'ok', result: { x: 1, y: 2n, labels: ['a'] } },
  },
  {
    name: 'names of JSON, texts of 64-bit ints, names of enums',
    method: 'everything',
    args: [{ small: 1n }],
    answer: {
      body: JSON.stringify({
        bigNumber: '9007199254740993',
        natural: '18446744073709551615',
        ratio: 3,
        raw: '/w==',
        color: 'RED',
        list: ['1', 2],
        counts: { a: 1 },
        maybe: '5',
        renamed: 'x',
        text: 't',
        at: '1970-01-01T00:00:01.5Z',
        data: { k: [1] },
        yes: null,
      }),
    },
    gives: {
      big_number: 9007199254740993n,
      natural: -1n,
      ratio: 3,
      raw: new Uint8Array([255]),
      color: 1n,
      list: [1n, 2n],
      counts: { a: 1n },
      maybe: 5n,
      renamed: 'x',
      text: 't',
      at: { seconds: 1n, nanos: 500000000n },
      data: { k: [1] },
      yes: null,
    },
  },
  { name: 'a text of a wrapper', method: 'count', args: ['x'], answer: { type: 'text/plain', body: '42' }, gives: 42n },
  { name: 'a bare JSON value of a wrapper', method: 'count', args: ['x'], answer: { body: '"42"' }, gives: 42n },
  {
    name: 'JSON with a charset',
    method: 'sayHello',
    args: ['x'],
    answer: { type: 'application/json; charset=utf-8', body: '{"message":"hé"}' },
    gives: { message: 'hé' },
  },
  { name: 'nothing where nothing is expected', method: 'ping', args: [], answer: { status: 204, body: '' }, gives: {} },
  {
    name: 'a response body stands for its field',
    method: 'NestedPath',
    args: ['x', { text: 'a' }, true],
    answer: { body: '"all"' },
    gives: { text: 'all' },
  },
  {
    name: 'a status that is no success',
    method: 'sayHello',
    args: ['x'],
    answer: { status: 404, type: 'text/plain', body: 'nobody' },
    fails: 'http executor fails to err http return code: 404 and error message nobody',
  },
  {
    name: 'another content type',
    method: 'sayHello',
    args: ['x'],
    answer: { type: 'text/html', body: '<p>' },
    fails: 'unsupported resposne content type text/html',
  },
  {
    name: 'text for a message',
    method: 'sayHello',
    args: ['x'],
    answer: { type: 'text/plain', body: 'hi' },
    fails: 'unsupported resposne content type text/plain',
  },
  {
    name: 'a list for a message',
    method: 'sayHello',
    args: ['x'],
    answer: { body: '[1]' },
    fails: "invalid type of return value for 'ml.HelloReply': cannot convert []interface {}([1]) to a map",
  },
  {
    name: 'a member of another kind',
    method: 'object_detection',
    args: ['a', 'b'],
    answer: { body: '{"result":{"y":"many"}}' },
    fails: "invalid type of return value for 'y': cannot convert string(many) to int",
  },
  {
    name: 'what is no JSON',
    method: 'sayHello',
    args: ['x'],
    answer: { body: '{' },
    fails: 'invalid json in the answer',
  },
];

describe('answers', () => {
  test.each(answers)('$name', async ({ method, args, answer, gives, fails }) => {
    const { rig: loaded } = await rig(answer);
    const result = loaded.call(method, ...args);
    if (fails === undefined) expect(await result).toEqual(gives);
    else await expect(result).rejects.toThrow(fails);
  });
});

describe('schemaless', () => {
  async function plain(answer: GivenAnswer): Promise<{ rig: ServiceRig; server: RecordingServer }> {
    const server = await RecordingServer.start(() => answer);
    closing.push(() => server.stop());
    const definition = { protocol: 'rest', address: `${server.url}/base`, options: { headers: { 'X-Key': 'k' } } };
    const loaded = await ServiceRig.load(serviceRecord(definition, null));
    closing.push(() => loaded.close());
    return { rig: loaded, server };
  }

  const cases: readonly [string, readonly unknown[], string, string][] = [
    ['no body', ['get', '/things?x=1'], 'GET /base/things?x=1', ''],
    ['one body argument as its JSON', ['post', '/things', { a: 1n, b: 1.5 }], 'POST /base/things', '{"a":1,"b":1.5}'],
    ['several as a list', ['Put', '/things', 'x', 2n, null], 'PUT /base/things', '["x",2,null]'],
  ];
  test.each(cases)('%s', async (_name, args, request, body) => {
    const { rig: loaded, server } = await plain({ body: '{"n":1}' });
    expect(await loaded.call('calls', ...args)).toEqual({ n: 1 });
    expect(`${server.last.method} ${server.last.url}`).toBe(request);
    expect(server.last.body).toBe(body);
    expect(server.last.headers['x-key']).toBe('k');
  });

  test('text that is JSON is decoded, other text stays', async () => {
    expect(await (await plain({ type: 'text/plain', body: '[1,"a"]' })).rig.call('calls', 'get', '/')).toEqual([
      1,
      'a',
    ]);
    expect(await (await plain({ type: 'text/plain', body: 'so so' })).rig.call('calls', 'get', '/')).toBe('so so');
  });

  const wrong: readonly [string, readonly unknown[], string][] = [
    ['one argument', ['get'], 'the parameter count must be greater than 2'],
    ['a method that is no text', [1n, '/x'], 'method must be a string but got int64(1)'],
    ['a path that is no text', ['get', 1.5], 'path must be a string but got float64(1.5)'],
    ['a path that makes another host', ['get', '.evil.example/'], 'invalid url'],
    ['a path that makes the address a user', ['get', '@evil.example/'], 'invalid url'],
  ];
  test.each(wrong)('%s is refused', async (_name, args, text) => {
    const server = await RecordingServer.start(() => ({}));
    closing.push(() => server.stop());
    const loaded = await ServiceRig.load(serviceRecord({ protocol: 'rest', address: server.url }, null));
    closing.push(() => loaded.close());
    await expect(loaded.call('calls', ...args)).rejects.toThrow(text);
    expect(server.seen).toEqual([]);
  });
});

describe('connections', () => {
  test('private addresses are refused unless they are enabled', async () => {
    const server = await RecordingServer.start(() => ({}));
    closing.push(() => server.stop());
    for (const address of [server.url, server.url.replace('127.0.0.1', 'localhost')]) {
      const loaded = await ServiceRig.load(serviceRecord({ protocol: 'rest', address }, null), {
        enablePrivateNet: false,
      });
      closing.push(() => loaded.close());
      await expect(loaded.call('calls', 'get', '/')).rejects.toThrow(/ip (127\.0\.0\.1|::1) is in internal network/);
    }
    expect(server.seen).toEqual([]);
  });

  test('redirects are followed; secrets stay with their host, loops end', async () => {
    const other = await RecordingServer.start(({ url }) =>
      url === '/loop' ? { status: 302, headers: { location: '/loop' } } : { body: '{"there":true}' },
    );
    closing.push(() => other.stop());
    const first = await RecordingServer.start(({ url }) => ({
      status: url === '/keep' ? 307 : 302,
      headers: { location: `${other.url}${url}` },
    }));
    closing.push(() => first.stop());
    const headers = { Authorization: 'Bearer x', 'X-Other': 'y' };
    const loaded = await ServiceRig.load(
      serviceRecord({ protocol: 'rest', address: first.url, options: { headers } }, null),
    );
    closing.push(() => loaded.close());
    expect(await loaded.call('calls', 'post', '/move', 1n)).toEqual({ there: true });
    expect(other.last).toMatchObject({ method: 'GET', url: '/move', body: '' });
    expect(other.last.headers.authorization).toBeUndefined();
    expect(other.last.headers['x-other']).toBe('y');
    await loaded.call('calls', 'post', '/keep', 1n);
    expect(other.last).toMatchObject({ method: 'POST', url: '/keep', body: '1' });
    await expect(loaded.call('calls', 'get', '/loop')).rejects.toThrow('stopped after 10 redirects');
  });

  test.skipIf(opensslMissing !== null)('TLS: certificates are checked, clients may show their own', async () => {
    const certificate = new Certificate();
    closing.push(() => certificate.remove());
    const { certPath, keyPath } = certificate;
    const [cert, key] = [certPath, keyPath].map((path) => readFileSync(path, 'utf8'));
    const create = ((listener: RequestListener) =>
      createSecureServer({ cert, key, ca: cert, requestCert: true, rejectUnauthorized: true }, listener)) as never;
    const server = await RecordingServer.start(() => ({ body: '"ok"' }), create);
    closing.push(() => server.stop());
    const address = server.url.replace('http://127.0.0.1', 'https://localhost');
    const raw = (path: string): string => readFileSync(path).toString('base64');
    const own = { certificationPath: certPath, privateKeyRaw: raw(keyPath) };
    const outcomes: readonly [Readonly<Record<string, unknown>>, string][] = [
      [{ ...own, rootCARaw: raw(certPath) }, 'ok'],
      [{ ...own, insecureSkipVerify: true }, 'ok'],
      [own, 'self-signed certificate'],
      [{ rootCaPath: certPath }, 'GET https://localhost'],
    ];
    for (const [options, outcome] of outcomes) {
      const loaded = await ServiceRig.load(serviceRecord({ protocol: 'rest', address, options }, null));
      closing.push(() => loaded.close());
      const result = loaded.call('calls', 'get', '/').catch((error: unknown) => (error as Error).message);
      expect(await result).toContain(outcome);
    }
    expect(server.seen).toHaveLength(2);
  });

  test('headers may hold fields of the input', async () => {
    const { rig: loaded, server } = await rig(
      {},
      { options: { headers: { 'X-Name': 'to {{.name}}', 'content-type': 'application/json+custom' } } },
    );
    await loaded.call('sayHello', 'wor\r\nld: x');
    expect(server.last.headers['x-name']).toBe('to world: x');
    expect(server.last.headers['content-type']).toBe('application/json+custom');
  });

  test('an address with a base path keeps it', async () => {
    const server = await RecordingServer.start(() => ({ body: '{"message":"a"}' }));
    closing.push(() => server.stop());
    const loaded = await ServiceRig.load(serviceRecord({ protocol: 'rest', address: `${server.url}/api/v2` }, proto));
    closing.push(() => loaded.close());
    await loaded.call('sayHello', 'x');
    await loaded.call('GetMessage', 'messages/1');
    expect(server.seen.map(({ url }) => url)).toEqual(['/api/v2/sayHello', '/api/v2/v1/messages/1']);
  });
});
