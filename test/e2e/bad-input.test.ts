/**
 * What a hostile or broken world sends to the real process: each bad message costs exactly one counted error with its
 * text in status, everything else is worked on, and the REST API answers throughout.
 */
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import mqtt from 'mqtt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort, Kuiperd } from '../support/kuiperd.ts';
import { brokerMissing, Mosquitto, withoutQueueLimits } from '../../packages/connectors/testing/mosquitto.ts';

let server: Kuiperd;
beforeAll(async () => {
  server = await Kuiperd.start();
});
afterAll(async () => {
  await expectAlive();
  await server.stop();
});

async function expectAlive(): Promise<void> {
  expect((await server.request('GET', '/ping')).status).toBe(200);
  expect(server.process.exitCode).toBeNull();
  expect(server.log).not.toMatch(/the worker ended|has not come back|[Uu]nhandled/);
}

interface RuleParts {
  readonly id: string;
  /** Columns in parentheses, and options after WITH. */
  readonly columns?: string;
  readonly type: 'httppush' | 'mqtt';
  readonly options?: Readonly<Record<string, string>>;
  readonly extra?: Readonly<Record<string, unknown>>;
  readonly dataSource: string;
  readonly sql: string;
  readonly actions?: readonly unknown[];
  readonly ruleOptions?: Readonly<Record<string, unknown>>;
}

/** A stream, and a rule on it that writes rows to a file. */
async function start(parts: RuleParts): Promise<{ rows(): Record<string, unknown>[]; path: string }> {
  const { id, columns = '()', type, dataSource, sql } = parts;
  const path = join(server.directory, `${id}.jsonl`);
  const options = { TYPE: type, DATASOURCE: dataSource, FORMAT: 'json', ...parts.options };
  const extra = JSON.stringify(parts.extra ?? {}).replaceAll('"', '\\"');
  const listed = Object.entries({ ...options, EXTRA: extra }).map(([key, value]) => `${key}="${value}"`);
  await server.must('POST', '/streams', { sql: `CREATE STREAM ${id} ${columns} WITH (${listed.join(', ')})` });
  await server.must('POST', '/rules', {
    id,
    sql,
    actions: parts.actions ?? [{ file: { path, fileType: 'lines', sendSingle: true } }],
    options: { sendError: false, ...parts.ruleOptions },
  });
  await expect.poll(async () => connected(await server.json(`/rules/${id}/status`)), { timeout: 10_000 }).toBe(true);
  const rows = (): Record<string, unknown>[] =>
    existsSync(path)
      ? readFileSync(path, 'utf8')
          .split('\n')
          .filter((line) => line !== '')
          .map((line) => JSON.parse(line) as Record<string, unknown>)
      : [];
  return { rows, path };
}

function connected(status: Record<string, unknown>): boolean {
  return Object.entries(status).some(([key, value]) => /^source_.*_connection_status$/.test(key) && value === 1);
}

/** Nodes with exceptions: how many, and the last text. */
async function failures(id: string): Promise<Record<string, readonly [count: number, text: unknown]>> {
  const status = await server.json(`/rules/${id}/status`);
  const found: Record<string, readonly [number, unknown]> = {};
  for (const [key, count] of Object.entries(status)) {
    const node = /^(.*)_0_exceptions_total$/.exec(key)?.[1];
    if (node !== undefined && Number(count) > 0) found[node] = [Number(count), status[`${node}_0_last_exception`]];
  }
  return found;
}

async function push(path: string, body: string | Uint8Array): Promise<number> {
  const response = await fetch(`${server.push}${path}`, { method: 'POST', body });
  await response.text();
  return response.status;
}

describe('messages that cannot be decoded', () => {
  const bad: readonly (readonly [what: string, body: string | Uint8Array])[] = [
    ['half an object', '{"a":'],
    ['no JSON at all', 'hello'],
    ['two objects', '{"a":1}{"a":2}'],
    ['a bare number', '17'],
    ['null', 'null'],
    ['bytes that are no UTF-8', Uint8Array.from([0x7b, 0xff, 0xfe, 0x7d])],
    ['an open string', '{"a":"'],
    ['a control character in a string', '{"a":"\u0001"}'],
    ['NaN', '{"a":NaN}'],
    ['a list with something that is no object', '[{"a":1},2]'],
  ];

  it('are counted once each, and those around them are worked on', async () => {
    const { rows } = await start({
      id: 'broken',
      type: 'httppush',
      dataSource: '/broken',
      sql: 'SELECT a FROM broken',
    });
    let sent = 0;
    for (const [what, body] of bad) {
      await push('/broken', `{"a":${sent}}`);
      await push('/broken', body);
      sent++;
      const count = sent;
      // Texts follow the numbers within a moment.
      await expect
        .poll(() => failures('broken'), { timeout: 5000, message: what })
        .toEqual({ op_2_decoder: [count, expect.stringMatching(/^cannot parse JSON|^only map/)] });
    }
    await push('/broken', '{"a":"last"}');
    await expect.poll(() => rows().at(-1)).toEqual({ a: 'last' });
    expect(rows()).toEqual([...bad.map((_, a) => ({ a })), { a: 'last' }]);
  });

  it('and nest without an end cost one error', async () => {
    await start({ id: 'deep', type: 'httppush', dataSource: '/deep', sql: 'SELECT a FROM deep' });
    await push('/deep', `{"a":${'['.repeat(2_000_000)}`);
    await push('/deep', `{"a":${'{"a":'.repeat(500_000)}1${'}'.repeat(500_000)}}`);
    await push('/deep', '{"a":1}');
    await expect.poll(async () => (await server.json('/rules/deep/status'))['source_deep_0_records_in_total']).toBe(3);
    await expectAlive();
    const counts = Object.values(await failures('deep')).map(([n]) => n);
    expect(counts.reduce((sum, n) => sum + n, 0)).toBeGreaterThanOrEqual(1);
  });

  it('because they do not fit the declared columns are counted once each', async () => {
    const { rows } = await start({
      id: 'typed',
      columns: '(a BIGINT, b STRUCT(c FLOAT), d ARRAY(STRING))',
      options: { STRICT_VALIDATION: 'true' },
      type: 'httppush',
      dataSource: '/typed',
      sql: 'SELECT a, b->c AS c, d[0] AS d FROM typed',
    });
    const good = { a: 1, b: { c: 1.5 }, d: ['x'] };
    const wrong = [
      { ...good, a: 'x' },
      { ...good, b: 7 },
      { ...good, b: { c: [] } },
      { ...good, d: 'y' },
    ];
    for (const body of [good, ...wrong, good]) await push('/typed', JSON.stringify(body));
    await expect.poll(() => rows().length).toBe(2);
    expect(rows()[1]).toEqual({ a: 1, c: 1.5, d: 'x' });
    await expect
      .poll(() => failures('typed'))
      .toEqual({ op_2_decoder: [wrong.length, expect.stringMatching(/\bd\b/)] });
  });
});

describe('rows that an expression cannot work on', () => {
  it('are counted once each where it fails', async () => {
    const { rows } = await start({
      id: 'failing',
      type: 'httppush',
      dataSource: '/failing',
      sql: 'SELECT a + 1 AS b FROM failing WHERE a != 3',
    });
    for (const a of ['1', '"x"', '[]', '{}', 'true', '2']) await push('/failing', `{"a":${a}}`);
    await expect.poll(() => rows()).toEqual([{ b: 2 }, { b: 3 }]);
    const counts = Object.values(await failures('failing')).map(([n]) => n);
    expect(counts.reduce((sum, n) => sum + n, 0)).toBe(4);
  });
});

describe('names that mean something to JavaScript', () => {
  const text =
    '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"toString":1,"hasOwnProperty":2,"a":1}';

  it('are data like any other', async () => {
    const all = await start({ id: 'names', type: 'httppush', dataSource: '/names', sql: 'SELECT * FROM names' });
    await server.must('POST', '/rules', {
      id: 'picked',
      sql: 'SELECT toString AS t, hasOwnProperty AS h, polluted, `__proto__`->polluted AS p, count(*) AS valueOf FROM names GROUP BY COUNTWINDOW(1)',
      actions: [{ file: { path: join(server.directory, 'picked.jsonl'), fileType: 'lines', sendSingle: true } }],
      options: { sendError: false },
    });
    await expect.poll(async () => connected(await server.json('/rules/picked/status'))).toBe(true);
    await push('/names', text);
    await push('/names', '{"a":2}');
    await expect.poll(() => readFileSync(all.path, 'utf8').trim().split('\n').length).toBe(2);
    const [first, second] = readFileSync(all.path, 'utf8').trim().split('\n');
    const entries = (line: string | undefined): unknown[] =>
      Object.entries(JSON.parse(line ?? '{}') as object).toSorted(([a], [b]) => (a < b ? -1 : 1));
    expect(entries(first)).toEqual(entries(text));
    expect(second).toBe('{"a":2}');
    const picked = (): string[] => readFileSync(join(server.directory, 'picked.jsonl'), 'utf8').trim().split('\n');
    await expect.poll(() => picked().length).toBe(2);
    expect(JSON.parse(picked()[0] as string)).toEqual({ t: 1, h: 2, p: true, valueOf: 1 });
    expect(JSON.parse(picked()[1] as string)).toEqual({ valueOf: 1 });
    expect(await failures('picked')).toEqual({});
  });

  it('can be the names of streams and rules, or are refused with an answer', async () => {
    for (const name of ['__proto__', 'constructor', 'toString', 'prototype']) {
      const { status } = await server.request('POST', '/streams', {
        sql: `CREATE STREAM ${name} () WITH (TYPE="httppush", DATASOURCE="/js/${name}", FORMAT="json")`,
      });
      expect([200, 201, 400]).toContain(status);
      const rule = { id: name, sql: `SELECT * FROM ${name}`, actions: [{ nop: {} }] };
      expect([200, 201, 400, 404]).toContain((await server.request('POST', '/rules', rule)).status);
      await server.request('GET', `/rules/${name}/status`);
      await server.request('DELETE', `/rules/${name}`);
      await server.request('DELETE', `/streams/${name}`);
    }
    await expectAlive();
  });
});

describe('huge messages', () => {
  const padded = (bytes: number, tail = '}'): string => `{"a":1,"pad":"${'x'.repeat(bytes)}"${tail}`;

  it('posted over HTTP are refused beyond the limit, and worked on below', { timeout: 60_000 }, async () => {
    const { rows } = await start({
      id: 'posted',
      type: 'httppush',
      dataSource: '/posted',
      sql: 'SELECT a FROM posted',
    });
    // The server may answer and close before everything has been sent.
    const status = await push('/posted', padded(100_000_000)).catch(() => 413);
    expect(status).toBe(413);
    expect(await push('/posted', padded(50_000_000))).toBe(200);
    expect(await push('/posted', padded(50_000_000, ''))).toBe(200);
    await push('/posted', '{"a":2}');
    await expect.poll(() => rows(), { timeout: 20_000 }).toEqual([{ a: 1 }, { a: 2 }]);
    expect(Object.values(await failures('posted')).map(([n]) => n)).toEqual([1]);
    await expect.poll(async () => String(Object.values(await failures('posted'))[0]?.[1])).toMatch(/^.{10,10000}$/s);
    await expectAlive();
  });
});

describe('an HTTP endpoint that is down', () => {
  it('gets everything that was acknowledged when it comes back, in order', { timeout: 60_000 }, async () => {
    const port = await freePort();
    await start({
      id: 'down',
      type: 'httppush',
      dataSource: '/down',
      sql: 'SELECT a FROM down',
      actions: [{ rest: { url: `http://127.0.0.1:${port}/in`, method: 'post', sendSingle: true } }],
    });
    const posts: Promise<number>[] = [];
    for (let a = 0; a < 200; a++) posts.push(push('/down', `{"a":${a}}`));
    await expect.poll(async () => Object.keys(await failures('down')), { timeout: 10_000 }).toEqual(['sink_rest_0']);
    await expectAlive();
    const received: number[] = [];
    const endpoint = await listen(port, (body) => received.push((JSON.parse(body) as { a: number }).a));
    try {
      expect(new Set(await Promise.all(posts))).toEqual(new Set([200]));
      await expect.poll(() => new Set(received).size, { timeout: 30_000 }).toBe(200);
      expect(received).toHaveLength(200);
      // One outage, one exception.
      expect(Object.values(await failures('down')).map(([n]) => n)).toEqual([1]);
    } finally {
      endpoint.close();
    }
  });
});

async function listen(port: number, take: (body: string) => void): Promise<Server> {
  const endpoint = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      take(Buffer.concat(chunks).toString());
      response.end('{}');
    });
  });
  await new Promise<void>((resolve) => endpoint.listen(port, '127.0.0.1', resolve));
  expect((endpoint.address() as AddressInfo).port).toBe(port);
  return endpoint;
}

describe.skipIf(brokerMissing !== null)('over MQTT', () => {
  let broker: Mosquitto;
  let publisher: mqtt.MqttClient;
  beforeAll(async () => {
    broker = await Mosquitto.start(withoutQueueLimits);
    publisher = await mqtt.connectAsync(broker.url.replace('tcp:', 'mqtt:'));
  });
  afterAll(async () => {
    await publisher.endAsync(true);
    await broker.stop();
  });

  const from = (topic: string): Pick<RuleParts, 'type' | 'dataSource' | 'extra'> => ({
    type: 'mqtt',
    dataSource: topic,
    extra: { server: broker.url, qos: 1 },
  });

  it('broken messages are counted once each', async () => {
    const { rows } = await start({ id: 'mqtt_broken', ...from('broken'), sql: 'SELECT a FROM mqtt_broken' });
    for (let a = 0; a < 50; a++) {
      await publisher.publishAsync('broken', `{"a":${a}}`, { qos: 1 });
      await publisher.publishAsync('broken', `{"a":${a}`, { qos: 1 });
    }
    await expect.poll(() => rows().length).toBe(50);
    const found = Object.entries(await failures('mqtt_broken'));
    expect(found.map(([node, [count]]) => [node, count])).toEqual([['op_2_decoder', 50]]);
  });

  it('a message of 100 MB is worked on', { timeout: 120_000 }, async () => {
    const { rows } = await start({ id: 'mqtt_huge', ...from('huge'), sql: 'SELECT a FROM mqtt_huge' });
    const pad = 'x'.repeat(100_000_000);
    await publisher.publishAsync('huge', `{"a":1,"pad":"${pad}"}`, { qos: 1 });
    await publisher.publishAsync('huge', `{"a":2,"pad":"${pad}`, { qos: 1 });
    await publisher.publishAsync('huge', '{"a":3}', { qos: 1 });
    await expect.poll(() => rows(), { timeout: 90_000 }).toEqual([{ a: 1 }, { a: 3 }]);
    expect(Object.values(await failures('mqtt_huge')).map(([n]) => n)).toEqual([1]);
    await expectAlive();
  });

  it('fifty thousand topics are fifty thousand messages', { timeout: 120_000 }, async () => {
    const topics = 50_000;
    const { rows } = await start({
      id: 'flood',
      ...from('flood/#'),
      sql: 'SELECT meta(topic) AS topic, a FROM flood',
    });
    for (let i = 0; i < topics; i += 500) {
      const publishes = Array.from({ length: 500 }, (_, j) =>
        publisher.publishAsync(`flood/${i + j}/state`, `{"a":${i + j}}`, { qos: 1 }),
      );
      await Promise.all(publishes);
    }
    await expect
      .poll(async () => (await server.json('/rules/flood/status'))['sink_file_0_0_records_out_total'], {
        timeout: 90_000,
      })
      .toBe(topics);
    const seen = rows();
    expect(new Set(seen.map(({ topic }) => topic)).size).toBe(topics);
    expect(seen.every(({ topic, a }) => topic === `flood/${String(a)}/state`)).toBe(true);
    expect(await failures('flood')).toEqual({});
    await expectAlive();
  });

  it('an endpoint that is down gets everything the broker has been told is safe', { timeout: 60_000 }, async () => {
    const port = await freePort();
    await start({
      id: 'mqtt_down',
      ...from('down'),
      sql: 'SELECT a FROM mqtt_down',
      actions: [{ rest: { url: `http://127.0.0.1:${port}/in`, method: 'post', sendSingle: true, bufferLength: 10 } }],
    });
    for (let a = 0; a < 500; a++) await publisher.publishAsync('down', `{"a":${a}}`, { qos: 1 });
    await expect.poll(async () => Object.keys(await failures('mqtt_down'))).toEqual(['sink_rest_0']);
    const received: number[] = [];
    const endpoint = await listen(port, (body) => received.push((JSON.parse(body) as { a: number }).a));
    try {
      await expect.poll(() => new Set(received).size, { timeout: 40_000 }).toBe(500);
      expect(received).toEqual(received.toSorted((a, b) => a - b));
    } finally {
      endpoint.close();
    }
  });
});
