/** Services described by OpenAPI 3 documents. */
import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { type GivenAnswer, RecordingServer, ServiceRig, serviceRecord } from './service-rig.ts';

const pets = readFileSync(new URL('../../examples/service-openapi/schemas/pets.yaml', import.meta.url), 'utf8');
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function rig(answer: GivenAnswer): Promise<{ rig: ServiceRig; server: RecordingServer }> {
  const server = await RecordingServer.start(() => answer);
  closing.push(() => server.stop());
  const definition = { protocol: 'rest', address: `${server.url}/api`, schemaType: 'openapi', schemaFile: 'pets.yaml' };
  const functions = [{ name: 'getPet', serviceName: 'get_pets_petId' }];
  const loaded = await ServiceRig.load(serviceRecord({ ...definition, functions }, pets));
  closing.push(() => loaded.close());
  return { rig: loaded, server };
}

const requests: readonly [string, readonly unknown[], string, string][] = [
  ['nothing that is optional', ['findPets', null, null], 'GET /api/pets', ''],
  ['lists and numbers in the query', ['findPets', ['a b', 'c'], 5.9], 'GET /api/pets?tag=a%20b&tag=c&limit=5', ''],
  ['parameters by name', ['findPets', { limit: 3n }], 'GET /api/pets?limit=3', ''],
  ['a path parameter', ['getPet', 7n], 'GET /api/pets/7', ''],
  ['a map as the body', ['addPet', { name: 'x', weight: 1n }], 'POST /api/pets', '{"name":"x","weight":1}'],
  ['a path parameter and a body', ['changePet', 7n, { name: 'y' }], 'PATCH /api/pets/7', '{"name":"y"}'],
  ['both by name', ['changePet', { petId: 7n, body: { name: 'y' } }], 'PATCH /api/pets/7', '{"name":"y"}'],
  ['a body that is optional', ['changePet', 7n], 'PATCH /api/pets/7', ''],
];

describe('requests', () => {
  test.each(requests)('%s', async (_name, [name, ...args], request, body) => {
    const { rig: loaded, server } = await rig({});
    await loaded.call(name as string, ...args);
    expect(`${server.last.method} ${server.last.url}`).toBe(request);
    expect(server.last.body).toBe(body);
  });

  test('header parameters are headers', async () => {
    const { rig: loaded, server } = await rig({ body: '[]' });
    await loaded.call('findPets', null, null, 'abc');
    expect(server.last.headers['x-trace']).toBe('abc');
  });
});

const refused: readonly [string, readonly unknown[], string][] = [
  ['a missing path parameter', ['getPet'], 'require 1 parameters but none'],
  ['a path parameter that is null', ['getPet', null], 'parameter petId is missing'],
  ['too many', ['getPet', 1n, 2n], 'require 1 parameters but only got 2'],
  ['another kind', ['getPet', 'x'], "invalid type for integer type field 'petId': cannot convert string(x)"],
  ['a body that is missing', ['addPet', null], 'parameter body is missing'],
];

test.each(refused)('%s is refused', async (_name, [name, ...args], text) => {
  const { rig: loaded, server } = await rig({});
  await expect(loaded.call(name as string, ...args)).rejects.toThrow(text);
  expect(server.seen).toEqual([]);
});

test('ints of the schema are ints, other numbers floats', async () => {
  const pet = { id: 5, name: 'x', weight: 2, friends: [{ id: 6, weight: 1.5 }], scores: { a: 1 }, other: 3 };
  const { rig: loaded } = await rig({ body: JSON.stringify(pet) });
  expect(await loaded.call('getPet', 5n)).toEqual({
    id: 5n,
    name: 'x',
    weight: 2,
    friends: [{ id: 6n, weight: 1.5 }],
    scores: { a: 1n },
    other: 3,
  });
});

test('an empty answer is null, a bad status an error', async () => {
  expect(await (await rig({ status: 204, body: '' })).rig.call('removePet', 5n)).toBeNull();
  await expect((await rig({ status: 409, body: 'busy' })).rig.call('removePet', 5n)).rejects.toThrow(
    'http executor fails to err http return code: 409 and error message busy',
  );
});

const broken: readonly [string, string, string][] = [
  ['another document', '{"swagger":"2.0"}', 'it is no OpenAPI 3 document'],
  [
    'a reference to nothing',
    pets.replace('schemas/NewPet:', 'x').replace('    NewPet:\n', '    Gone:\n'),
    'cannot resolve',
  ],
  ['a path parameter that is not described', pets.replace('name: petId', 'name: id'), 'path parameter petId is not'],
  [
    'a body that is no JSON',
    pets.replaceAll('application/json', 'application/xml'),
    'addPet: only JSON bodies are supported',
  ],
];

test.each(broken)('%s is refused when the service is loaded', async (_name, text, why) => {
  const definition = { protocol: 'rest', address: 'http://x', schemaType: 'openapi', schemaFile: 'pets.yaml' };
  await expect(ServiceRig.load(serviceRecord(definition, text))).rejects.toThrow(
    `Fail to parse schema file pets.yaml: `,
  );
  await expect(ServiceRig.load(serviceRecord(definition, text))).rejects.toThrow(why);
});
