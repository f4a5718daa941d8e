/**
 * Extensions of every kind, managed over REST on a real server: installed, used by a rule, replaced, refused, kept over
 * a restart, exported and imported.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { zipArchive } from '../../packages/extensions/testing/zip-archive.ts';
import { Kuiperd } from '../support/kuiperd.ts';

const examples = new URL('../../examples/', import.meta.url).pathname;
let server: Kuiperd;
let calculator: http.Server;

beforeAll(async () => {
  server = await Kuiperd.start();
  calculator = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { a, b } = JSON.parse(Buffer.concat(chunks).toString()) as { a: number; b: number };
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ sum: a + b }));
    });
  });
  await new Promise<void>((resolve) => calculator.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  calculator.close();
  await server.stop();
});

/** Writes an archive where the server can fetch it; the address to fetch it from. */
function archive(name: string, files: Readonly<Record<string, string | Buffer>>): string {
  const folder = join(server.directory, 'archives');
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${name}.zip`);
  writeFileSync(path, zipArchive(files));
  return `file://${path}`;
}

/** The first rows that an expression gives for `{"a":1,"b":"x"}`, `{"a":2,"b":"y"}`, … */
async function rowsOf(expression: string, count = 2): Promise<unknown[]> {
  const id = `q${++queries}`;
  await server.must('POST', '/streams', {
    sql: `CREATE STREAM ${id} () WITH (TYPE="simulator", FORMAT="json", EXTRA="{\\"data\\":[{\\"a\\":1,\\"b\\":\\"x\\"},{\\"a\\":2,\\"b\\":\\"y\\"}],\\"interval\\":\\"10ms\\",\\"loop\\":true}")`,
  });
  const path = join(server.directory, `${id}.out`);
  await server.must('POST', '/rules', {
    id,
    sql: `SELECT ${expression} AS v FROM ${id}`,
    actions: [{ file: { path, fileType: 'lines', sendSingle: true } }],
  });
  try {
    return await eventually(() => {
      const lines = readFileSync(path, 'utf8')
        .split('\n')
        .filter((line) => line !== '');
      return lines.length < count ? undefined : lines.slice(0, count).map((line) => JSON.parse(line).v as unknown);
    });
  } catch (error) {
    throw new Error(`${await server.must('GET', `/rules/${id}/status`)}`, { cause: error });
  } finally {
    await server.must('DELETE', `/rules/${id}`);
    await server.must('DELETE', `/streams/${id}`);
  }
}
let queries = 0;

/** Asks again until there is an answer. */
async function eventually<T>(ask: () => T | undefined | Promise<T | undefined>): Promise<T> {
  for (let i = 0; i < 400; i++) {
    try {
      const answer = await ask();
      if (answer !== undefined) return answer;
    } catch {
      // Not there yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`nothing came:\n${server.log}\n${await server.must('GET', '/rules')}`);
}

const twice = (version: string, factor: number): Record<string, string> => ({
  [`Twice@${version}.mjs`]: `
    export class Twice { exec(_context, args) { return args[0] * ${factor}; } }
  `,
});

describe('native plugins', () => {
  test('are installed, used, replaced without a restart, and removed', async () => {
    const file = archive('twice', twice('v1.2.0', 2));
    expect(await server.must('POST', '/plugins/functions', { name: 'twice', file })).toBe(
      'functions plugin twice is created',
    );
    expect(await server.json('/plugins/functions/twice')).toEqual({
      functions: ['twice'],
      name: 'twice',
      version: '1.2.0',
    });
    expect(await rowsOf('twice(a)')).toEqual([2, 4]);
    await server.must('PUT', '/plugins/functions/twice', {
      name: 'twice',
      file: archive('thrice', twice('v1.3.0', 3)),
    });
    expect(await server.json('/plugins/functions/twice')).toMatchObject({ version: '1.3.0' });
    expect(await rowsOf('twice(a)')).toEqual([3, 6]);
    expect(await server.must('GET', '/plugins/udfs')).toBe('["twice"]');
    await server.must('DELETE', '/plugins/functions/twice');
    expect(await server.json('/plugins/functions/twice')).toEqual({ name: 'twice', version: '$deleted' });
    const refused = await server.request('POST', '/rules', { id: 'gone', sql: 'SELECT twice(a) FROM x', actions: [] });
    expect(refused.status).toBe(400);
  });

  test('that cannot be loaded leave nothing behind', async () => {
    const file = archive('bad', { 'Bad.mjs': 'export const = 1;' });
    const { status, text } = await server.request('POST', '/plugins/functions', { name: 'bad', file });
    expect(status).toBe(400);
    expect(text).toContain('functions plugins create command error: fail to install plugin: ');
    expect((await server.request('GET', '/plugins/functions/bad')).status).toBe(404);
  });
});

describe('scripts', () => {
  test('are called from SQL, and replaced while a rule runs', async () => {
    await server.must('POST', '/udf/javascript', { id: 'area', script: 'function area(x, y) { return x * y; }' });
    expect(await rowsOf('area(a, 2.5)')).toEqual([2.5, 5]);
    await server.must('PUT', '/udf/javascript/area', { id: 'area', script: 'const area = (x, y) => x + y;' });
    expect(await rowsOf('area(a, 2.5)')).toEqual([3.5, 4.5]);
  });
});

describe('WebAssembly', () => {
  test('functions are called from SQL', async () => {
    const folder = join(examples, 'wasm-c');
    const file = archive('signal', {
      'signal.json': readFileSync(join(folder, 'signal.json')),
      'signal.wasm': readFileSync(join(folder, 'signal.wasm')),
    });
    expect(await server.must('POST', '/plugins/wasm', { name: 'signal', file })).toBe('wasm plugin signal is created');
    expect(await server.must('GET', '/plugins/wasm')).toBe('["signal"]');
    expect(await rowsOf('fib(a)')).toEqual([1, 1]);
    expect(await rowsOf('shout(b)')).toEqual(['X', 'Y']);
  });

  test('a module without the functions it promises is refused', async () => {
    const module = readFileSync(join(examples, 'wasm-c', 'signal.wasm'));
    const file = archive('liar', { 'liar.json': '{"functions":["nothing"]}', 'liar.wasm': module });
    const { text } = await server.request('POST', '/plugins/wasm', { name: 'liar', file });
    expect(text).toContain('fail to install plugin: WebAssembly module exports no function nothing');
    expect(await server.must('GET', '/plugins/wasm')).toBe('["signal"]');
  });
});

describe('external services', () => {
  test('are installed, listed and called', async () => {
    const address = `http://127.0.0.1:${(calculator.address() as AddressInfo).port}`;
    const file = archive('calc', {
      'calc.json': JSON.stringify({
        about: { author: { name: 'n' }, description: { en_US: 'd', zh_CN: 'd' } },
        interfaces: {
          adding: { address, protocol: 'rest', schemaType: 'protobuf', schemaFile: 'calc.proto', functions: [] },
        },
      }),
      'schemas/calc.proto': `syntax = "proto3"; package calc;
        message Pair { double a = 1; double b = 2; }
        message Sum { double sum = 1; }
        service Calc { rpc plus(Pair) returns (Sum) {} }`,
    });
    expect(await server.must('POST', '/services', { name: 'calc', file })).toBe('service calc is created');
    expect(await server.must('GET', '/services')).toBe('["calc"]');
    expect(await server.json('/services/functions/plus')).toMatchObject({
      ServiceName: 'calc',
      InterfaceName: 'adding',
    });
    expect(await rowsOf('plus(a, 10)')).toEqual([{ sum: 11 }, { sum: 12 }]);
  });
});

describe('names', () => {
  test('have one owner: whoever comes second is told who has it', async () => {
    const { status, text } = await server.request('POST', '/udf/javascript', {
      id: 'fib',
      script: 'function fib() { return 1; }',
    });
    expect(status).toBe(400);
    expect(JSON.parse(text).message).toBe(
      'javascript function create command error: function name fib already exists: it belongs to wasm plugin signal',
    );
    expect(await rowsOf('fib(a)')).toEqual([1, 1]);
  });

  test('of built-in functions belong to nobody else', async () => {
    const { text } = await server.request('POST', '/udf/javascript', { id: 'abs', script: 'function abs() {}' });
    expect(text).toContain('function name abs already exists: it is built in');
  });
});

test('a download with another digest than asked for is refused', async () => {
  const file = archive('twice', twice('v1.2.0', 2));
  const { text } = await server.request('POST', '/plugins/functions', { name: 'twice', file, sha256: '00' });
  expect(text).toContain('fail to install plugin: the archive');
});

test('everything installed is there after a restart, in exports, and comes back with an import', async () => {
  await server.must('POST', '/plugins/functions', { name: 'twice', file: archive('twice', twice('v1.2.0', 2)) });
  const before = await server.json('/data/export');
  expect(Object.keys(before.nativePlugins as object)).toEqual(['functions_twice', 'wasm_signal']);
  expect(Object.keys(before.Service as object)).toEqual(['calc']);
  expect(Object.keys(before.scripts as object)).toEqual(['area']);
  const { directory } = server;
  await server.kill();
  server = await Kuiperd.start({ directory });
  expect(await rowsOf('twice(a)')).toEqual([2, 4]);
  expect(await rowsOf('shout(b)')).toEqual(['X', 'Y']);
  expect(await rowsOf('area(a, 2.5)')).toEqual([3.5, 4.5]);
  expect(await rowsOf('plus(a, 10)')).toEqual([{ sum: 11 }, { sum: 12 }]);
  await server.must('POST', '/data/import', { content: '{}' });
  expect(await server.json('/data/export')).toMatchObject({ nativePlugins: {}, Service: {}, scripts: {} });
  await server.must('POST', '/data/import', { content: JSON.stringify(before) });
  expect(await server.json('/data/export')).toEqual(before);
  expect(await rowsOf('twice(a)')).toEqual([2, 4]);
  expect(await rowsOf('shout(b)')).toEqual(['X', 'Y']);
});
