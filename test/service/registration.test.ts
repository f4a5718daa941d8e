/** What is wrong with a definition is said when it is loaded. Source: behaviour spec, extension §6.1 and §6.4. */
import { expect, test } from 'vitest';
import { ServiceRig, serviceRecord } from './service-rig.ts';

const rest = { protocol: 'rest', address: 'http://localhost:1' };
const grpc = { protocol: 'grpc', address: 'tcp://localhost:1' };

function proto(rpcs: string): string {
  return `syntax = "proto3";
    import "google/api/annotations.proto";
    service S { ${rpcs} }
    message M { string id = 1; string name = 2; M inner = 3; repeated string list = 4; }`;
}

function http(rule: string): string {
  return proto(`rpc Do(M) returns (M) { option (google.api.http) = { ${rule} }; }`);
}

const cases: readonly [string, Readonly<Record<string, unknown>>, string | null, string][] = [
  ['an unknown protocol', { ...rest, protocol: 'soap' }, proto(''), 'unsupported protocol soap'],
  ['an address without host', { ...rest, address: 'localhost' }, proto(''), 'invalid address localhost of a rest'],
  ['an address of another protocol', { ...grpc, address: 'mqtt://x:1' }, proto(''), 'invalid address mqtt://x:1'],
  ['an unknown schema', { ...rest, schemaType: 'avro' }, proto(''), 'unsupported schema avro'],
  ['no schema type', { ...rest, schemaType: '' }, proto(''), 'unsupported schema  for schema type'],
  [
    'a schema type where there is no schema',
    { ...rest, schemaType: 'protobuf' },
    null,
    'unsupported schema protobuf for schemaless type',
  ],
  [
    'a schema file where there is no schema',
    { ...rest, schemaFile: 'x.proto' },
    null,
    'schemaless type does not support schema files',
  ],
  ['gRPC without schema', grpc, null, 'protocol grpc needs a schema'],
  ['OpenAPI over gRPC', { ...grpc, schemaType: 'openapi' }, proto(''), 'schema openapi is for rest, not for grpc'],
  [
    'a missing schema file',
    { ...rest, schemaFile: 'other.proto' },
    null,
    'schemaless type does not support schema files',
  ],
  ['a schema that cannot be parsed', rest, 'message {', 'Fail to parse schema file calls.proto: '],
  [
    'an import that is missing',
    rest,
    'syntax = "proto3"; import "gone.proto";',
    'Fail to parse schema file calls.proto: calls.proto: could not resolve import "gone.proto"',
  ],
  ['a type that is missing', rest, proto('rpc Do(M) returns (Gone);'), 'Fail to parse schema file calls.proto: '],
  [
    'an answer that streams',
    rest,
    proto('rpc Do(M) returns (stream M);'),
    'method Do is streaming, only unary calls are supported',
  ],
  [
    'a request that streams',
    grpc,
    proto('rpc Do(stream M) returns (M);'),
    'method Do is streaming, only unary calls are supported',
  ],
  [
    'a function that is there twice',
    { ...rest, functions: [{ name: 'Other', serviceName: 'Do' }] },
    proto('rpc Do(M) returns (M); rpc Other(M) returns (M);'),
    'function Other is defined twice, by calls.Do and calls.Other',
  ],
  [
    'an alias of nothing',
    { ...rest, functions: [{ name: 'x', serviceName: 'Gone' }] },
    proto('rpc Do(M) returns (M);'),
    'function x stands for Gone, which the schema does not define',
  ],
  [
    'a path field that is missing',
    rest,
    http('get: "/v1/{gone}"'),
    'invalid uri /v1/{gone} in http option, gone field not found',
  ],
  [
    'a path field that is a list',
    rest,
    http('get: "/v1/{list}"'),
    'invalid uri /v1/{list} in http option, list field must be a single scalar',
  ],
  ['braces that do not match', rest, http('get: "/v1/{id"'), 'invalid uri /v1/{id in http option, braces do not match'],
  ['a wildcard of no field', rest, http('get: "/v1/*"'), 'invalid uri /v1/* in http option, a wildcard must belong'],
  ['a relative path', rest, http('get: "v1"'), 'invalid uri v1 in http option, it must begin with /'],
  [
    'a body field that is no message',
    rest,
    http('post: "/v1" body: "name"'),
    'invalid body field name, must be a message',
  ],
  ['a body field that is missing', rest, http('post: "/v1" body: "gone"'), 'invalid body field gone, field not found'],
  ['an option without method', rest, http('body: "*"'), 'invalid http option of Do, one of get, put, post, delete'],
  ['a wrong option', { ...rest, options: { timeout: 'soon' } }, proto(''), 'interface calls: 1 error(s) decoding'],
  ['a header that is no text', { ...rest, options: { headers: { a: 1 } } }, proto(''), 'header a must be a text'],
  [
    'a header of two lines',
    { ...rest, options: { headers: { a: 'x\r\ny: z' } } },
    proto(''),
    'header a has characters other than printable ASCII',
  ],
  ['no patience', { ...rest, options: { timeout: '0s' } }, proto(''), 'timeout must be more than 0'],
  [
    'a key that cannot be read',
    { ...rest, options: { rootCaPath: 'gone.pem' } },
    proto(''),
    "no such file or directory, open '/gone.pem'",
  ],
];

for (const [name, definition, schema, text] of cases) {
  test(`${name} is refused`, async () => {
    await expect(ServiceRig.load(serviceRecord(definition, schema))).rejects.toThrow(text);
  });
}

test('options of HTTP do not matter over gRPC', async () => {
  const rig = await ServiceRig.load(serviceRecord(grpc, http('get: "/v1/{gone}"')));
  expect([...(rig.provider.functionNames?.() ?? [])]).toEqual(['Do']);
});

test('further bindings of a method are for others', async () => {
  const schema = http('get: "/v1/{id}" additional_bindings { post: "/v1" body: "*" }');
  const rig = await ServiceRig.load(serviceRecord(rest, schema));
  expect([...(rig.provider.functionNames?.() ?? [])]).toEqual(['Do']);
});

test('all methods of all services of the file are functions, those of imported files are not', async () => {
  const record = serviceRecord(
    { ...rest, functions: [{ name: 'renamed', serviceName: 'B' }] },
    `syntax = "proto3"; package a.b; import "lib/types.proto";
     service One { rpc A(lib.T) returns (lib.T); rpc B(lib.T) returns (lib.T); }
     service Two { rpc C(lib.T) returns (lib.T); }`,
  );
  const types =
    'syntax = "proto3"; package lib; import "more.proto"; message T { U u = 1; } service L { rpc D(T) returns (T); }';
  const schemas = {
    ...record.schemas,
    'lib/types.proto': types,
    'lib/more.proto': 'syntax = "proto3"; package lib; message U {}',
  };
  const rig = new ServiceRig();
  expect(await rig.provider.put({ ...record, schemas })).toEqual([
    { kind: 'function', name: 'A' },
    { kind: 'function', name: 'renamed' },
    { kind: 'function', name: 'C' },
  ]);
});

test('a function belongs to one service', async () => {
  const rig = await ServiceRig.load(serviceRecord(rest, proto('rpc Do(M) returns (M);'), 'one'));
  await expect(rig.provider.put(serviceRecord(rest, proto('rpc Do(M) returns (M);'), 'two'))).rejects.toThrow(
    'function Do is already provided by service one',
  );
  await rig.provider.drop({ kind: 'service', name: 'one' });
  await rig.provider.put(serviceRecord(rest, proto('rpc Do(M) returns (M);'), 'two'));
});
