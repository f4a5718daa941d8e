/** Services in rules: rows keep their order whatever a service takes, a failing call is the error of its row. */
import type { ServerResponse } from 'node:http';
import { SystemClock } from '@kuiper/base';
import { serviceProvider } from '../../packages/extensions/src/service/service-provider.ts';
import type { FunctionDeclaration } from '@kuiper/sdk';
import { afterEach, expect, test } from 'vitest';
import { ScriptedHost, turn } from '../run/scripted.ts';
import { ruleSpec } from '../support/rule-specs.ts';
import { type GivenAnswer, RecordingServer, type SeenRequest, serviceRecord } from './service-rig.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const proto = `syntax = "proto3"; service S { rpc twice(N) returns (N); rpc whole(Row) returns (Row); }
  message N { int64 n = 1; } message Row { int32 a = 1; string b = 2; }`;

interface Answered {
  readonly host: ScriptedHost;
  readonly server: RecordingServer;
  /** Messages of the sink once there are so many; errors are texts. */
  readonly written: (count: number) => Promise<unknown[]>;
}

async function rule(
  sql: string,
  answer: (request: SeenRequest, response: ServerResponse) => GivenAnswer | Promise<GivenAnswer>,
  options: Readonly<Record<string, unknown>> = {},
): Promise<Answered> {
  const server = await RecordingServer.start(answer);
  closing.push(() => server.stop());
  const clock = new SystemClock({ keepAlive: true });
  const provider = serviceProvider({ clock, rootPath: '/', enablePrivateNet: true });
  closing.push(() => provider.close?.());
  await provider.put(serviceRecord({ protocol: 'rest', address: server.url, options }, proto));
  const functions = [...(provider.functionNames?.() ?? [])].map((name) => provider.function?.(name));
  const host = await ScriptedHost.create({ functions: functions as FunctionDeclaration[] });
  closing.push(() => host.close());
  const streams = [['CREATE STREAM s () WITH (DATASOURCE="s", FORMAT="json", TYPE="scripted")', {}]] as const;
  const actions = [['scripted', { name: 'out', sendSingle: true }]] as const;
  await host.start(ruleSpec({ id: 'r', sql, streams, actions }));
  return {
    host,
    server,
    written: async (count) => {
      const drain = host.drain('out');
      while (drain.written.length < count) await turn();
      return drain.written.map((text) => (text.startsWith('{') ? (JSON.parse(text) as unknown) : text));
    },
  };
}

/** Numbers that look random, the same in every run. */
function* dice(): Generator<number, never> {
  for (let state = 12345; ; ) {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fff_ffff;
    yield state / 0x7fff_ffff;
  }
}

test('rows come out in the order they came in, many calls at a time', async () => {
  const latency = dice();
  let inFlight = 0;
  let most = 0;
  const { host, written } = await rule('SELECT i, twice(i) AS t FROM s', async ({ body }) => {
    most = Math.max(most, ++inFlight);
    await new Promise((resolve) => setTimeout(resolve, latency.next().value * 30));
    inFlight--;
    return { body: JSON.stringify({ n: String(Number((JSON.parse(body) as { n: string }).n) * 2) }) };
  });
  const count = 300;
  for (let i = 1; i <= count; i += 10)
    void host.feed('s').send(...Array.from({ length: 10 }, (_, k) => ({ i: i + k })));
  expect(await written(count)).toEqual(Array.from({ length: count }, (_, k) => ({ i: k + 1, t: { n: (k + 1) * 2 } })));
  expect(most).toBeGreaterThan(16);
});

test('f(*) passes the row', async () => {
  const { host, server, written } = await rule('SELECT whole(*) AS r FROM s', ({ body }) => ({ body }));
  void host.feed('s').send({ a: 5, b: 'x', c: true });
  expect(await written(1)).toEqual([{ r: { a: 5, b: 'x' } }]);
  expect(server.last.body).toBe('{"a":5,"b":"x"}');
});

test('in WHERE and inside of other calls', async () => {
  const sql = 'SELECT twice(twice(i)->n)->n + 1 AS t FROM s WHERE twice(i)->n > 3';
  const { host, written } = await rule(sql, ({ body }) => ({
    body: `{"n":${Number((JSON.parse(body) as { n: string }).n) * 2}}`,
  }));
  void host.feed('s').send({ i: 1 }, { i: 2 }, { i: 3 });
  expect(await written(2)).toEqual([{ t: 9 }, { t: 13 }]);
});

test('a failing call is the error of its row, others go on', async () => {
  const { host, written } = await rule('SELECT twice(i)->n AS t FROM s', ({ body }) =>
    body === '{"n":"2"}' ? { status: 400, body: 'odd' } : { body },
  );
  void host.feed('s').send({ i: 1 }, { i: 2 }, { i: 'x' }, { i: 4 });
  expect(await written(4)).toEqual([
    { t: 1 },
    expect.stringMatching(
      /call func twice error: http executor fails to err http return code: 400 and error message odd$/,
    ),
    expect.stringMatching(
      /call func twice error: invalid type for int type field 'n': cannot convert string\(x\) to int$/,
    ),
    { t: 4 },
  ]);
});

test('a rule that stops gives up its calls', async () => {
  let arrived: () => void = () => undefined;
  const asked = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  let givenUp: () => void = () => undefined;
  const closed = new Promise<void>((resolve) => {
    givenUp = resolve;
  });
  const { host, server } = await rule('SELECT twice(i) AS t FROM s', (_request, response) => {
    response.on('close', givenUp);
    arrived();
    return new Promise<GivenAnswer>(() => undefined);
  });
  void host.feed('s').send({ i: 1 });
  await asked;
  await host.stop('r');
  await closed;
  expect(host.drain('out').written).toEqual([]);
  expect(server.seen).toHaveLength(1);
});
