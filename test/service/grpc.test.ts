/** Services over gRPC against a server in Python. Source: behaviour spec, extension §6.5 and §6.6. */
import { readFileSync } from 'node:fs';
import net from 'node:net';
import { ManualClock } from '@kuiper/base';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Certificate, opensslMissing } from '../../packages/connectors/testing/certificates.ts';
import { freePort } from '../support/kuiperd.ts';
import { PythonServer, pythonMissing } from './python-server.ts';
import { type LoadOptions, ServiceRig, serviceRecord } from './service-rig.ts';

const proto = readFileSync(new URL('../../examples/service-grpc/schemas/sensors.proto', import.meta.url), 'utf8');
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function rig(
  port: number,
  definition: Readonly<Record<string, unknown>> = {},
  options: LoadOptions = {},
): Promise<ServiceRig> {
  const address = `tcp://127.0.0.1:${port}`;
  const loaded = await ServiceRig.load(serviceRecord({ protocol: 'grpc', address, ...definition }, proto), options);
  closing.push(() => loaded.close());
  return loaded;
}

const bucket = { from: 0.5, to: 1, ids: [1n, -2n, 2n ** 62n] };
const unset = {
  i32: 0n,
  i64: 0n,
  u32: 0n,
  u64: 0n,
  s32: 0n,
  s64: 0n,
  f32: 0n,
  f64: 0n,
  sf32: 0n,
  sf64: 0n,
  single: 0,
  twice: 0,
  flag: false,
  text: '',
  raw: new Uint8Array(0),
  quality: 0n,
  packed: [],
  names: [],
  buckets: [],
  by_id: {},
  labels: {},
  maybe: 0n,
  wrapped: null,
  inner: null,
  delay_ms: 0n,
};

interface Echo {
  readonly name: string;
  readonly given: Readonly<Record<string, unknown>>;
  readonly gives: Readonly<Record<string, unknown>>;
}

const echoes: readonly Echo[] = [
  { name: 'an unset message has all fields', given: { flag: false }, gives: {} },
  {
    name: 'numbers at their limits',
    given: {
      i32: -(2n ** 31n),
      i64: -(2n ** 63n),
      u32: 2n ** 32n - 1n,
      u64: 2n ** 63n - 1n,
      s32: 2n ** 31n - 1n,
      s64: 2n ** 63n - 1n,
      f32: 2n ** 32n - 1n,
      f64: 1n,
      sf32: -1n,
      sf64: -(2n ** 63n),
      single: 0.1,
      twice: 1e300,
    },
    gives: {
      i32: -(2n ** 31n),
      i64: -(2n ** 63n),
      u32: 2n ** 32n - 1n,
      u64: 2n ** 63n - 1n,
      s32: 2n ** 31n - 1n,
      s64: 2n ** 63n - 1n,
      f32: 2n ** 32n - 1n,
      f64: 1n,
      sf32: -1n,
      sf64: -(2n ** 63n),
      single: Math.fround(0.1),
      twice: 1e300,
    },
  },
  {
    name: 'floats lose their fraction where ints are wanted, ints become floats',
    given: { i32: 3.9, i64: -3.9, u32: 2.5, twice: 3n, single: 2n },
    gives: { i32: 3n, i64: -3n, u32: 2n, twice: 3, single: 2 },
  },
  {
    name: 'texts, bytes, flags and enums',
    given: { text: 'naïve ☃', raw: 'hé', flag: true, quality: 'BAD' },
    gives: { text: 'naïve ☃', raw: new Uint8Array(Buffer.from('hé')), flag: true, quality: 2n },
  },
  {
    name: 'lists of everything',
    given: { packed: [1n, -1n, 2n ** 60n], names: ['a', '', 'b'], buckets: [bucket, {}] },
    gives: {
      packed: [1n, -1n, 2n ** 60n],
      names: ['a', '', 'b'],
      buckets: [bucket, { from: 0, to: 0, ids: [] }],
    },
  },
  {
    name: 'maps',
    given: { by_id: { 1: bucket, '-5': {} }, labels: { k: 'v', __proto__x: '' } },
    gives: { by_id: { 1: bucket, '-5': { from: 0, to: 0, ids: [] } }, labels: { k: 'v', __proto__x: '' } },
  },
  { name: 'a member of a group', given: { left: '' }, gives: { left: '' } },
  { name: 'the last member of a group that is set', given: { left: 'x', right: bucket }, gives: { right: bucket } },
  { name: 'wrappers and optional fields', given: { wrapped: false, maybe: 0n }, gives: { wrapped: false } },
  {
    name: 'messages in messages of their own type',
    given: { inner: { inner: { text: 'deep' } } },
    gives: { inner: { ...unset, inner: { ...unset, text: 'deep' } } },
  },
];

describe.skipIf(pythonMissing !== null)('gRPC', () => {
  let server: PythonServer;
  beforeAll(async () => {
    server = await PythonServer.start('service-grpc');
  });
  afterAll(() => server.stop());

  test.each(echoes)('$name', async ({ given, gives }) => {
    const loaded = await rig(server.port);
    expect(await loaded.call('Echo', given)).toEqual({ ...unset, ...gives });
  });

  test('nested and repeated messages, maps and bytes come back', async () => {
    const loaded = await rig(server.port, { options: { headers: { 'X-Site': 'north' } } });
    expect(await loaded.call('Calibrate', 'd1', 10n, 1.5)).toEqual({
      device: 'd1',
      value: 6.5,
      quality: 1n,
      signature: new Uint8Array(Buffer.from('north')),
    });
    expect(await loaded.call('Summarize', { device: 'd1', values: [1, 2n], other: true })).toEqual({
      device: 'd1',
      buckets: [
        { from: 1, to: 2, ids: [] },
        { from: 2, to: 3, ids: [0n] },
      ],
      counts: { values: 2n },
      widest: { from: 2, to: 3, ids: [0n] },
    });
    expect(await loaded.call('Summarize', 'd2', [])).toEqual({
      device: 'd2',
      buckets: [],
      counts: { values: 0n },
      widest: null,
    });
  });

  test('wrappers are bare values, Empty is no argument and an empty map', async () => {
    const loaded = await rig(server.port);
    expect(await loaded.call('CountLetters', 'four')).toBe(4n);
    expect(await loaded.call('Reset')).toEqual({});
  });

  test('a status that is not OK names the method, its code and its text', async () => {
    const loaded = await rig(server.port);
    await expect(loaded.call('Fail', 5n, 'größe')).rejects.toThrow(
      'error invoking method Fail in proto: rpc error: code = NotFound desc = größe',
    );
  });

  test('sixty-four calls take as long as one', async () => {
    const loaded = await rig(server.port, { options: { timeout: '20s' } });
    const startedMs = performance.now();
    const calls = Array.from({ length: 64 }, (_, i) => loaded.call('Echo', { i32: BigInt(i), delay_ms: 300n }));
    const found = (await Promise.all(calls)) as { i32: bigint }[];
    expect(found.map(({ i32 }) => Number(i32))).toEqual(Array.from({ length: 64 }, (_, i) => i));
    expect(performance.now() - startedMs).toBeLessThan(6000);
  });

  test('a large message passes', async () => {
    const loaded = await rig(server.port);
    const raw = new Uint8Array(3_000_000).fill(7);
    const echoed = (await loaded.call('Echo', { raw })) as { readonly raw: Uint8Array };
    expect(Buffer.compare(echoed.raw, raw)).toBe(0);
  });

  test('a late answer is a time-out, and the next call is answered', async () => {
    const clock = new ManualClock();
    const loaded = await rig(server.port, {}, { clock });
    expect(await loaded.call('CountLetters', 'a')).toBe(1n);
    const late = expect(loaded.call('Echo', { delay_ms: 500n })).rejects.toThrow('invoke Echo timeout');
    clock.advance(4999);
    expect(loaded.metrics('Echo').inFlight).toBe(1);
    clock.advance(1);
    await late;
    expect(await loaded.call('CountLetters', 'abc')).toBe(3n);
    expect(loaded.metrics('Echo')).toMatchObject({ timeouts: 1, inFlight: 0 });
  });

  test('a server that went away and came back is found again', async () => {
    const port = await freePort();
    const loaded = await rig(port);
    await expect(loaded.call('CountLetters', 'abc')).rejects.toThrow(`connect to tcp://127.0.0.1:${port} failed`);
    const first = await PythonServer.start('service-grpc', port);
    expect(await loaded.call('CountLetters', 'abc')).toBe(3n);
    const lost = expect(loaded.call('Echo', { delay_ms: 5000n })).rejects.toThrow(
      'error invoking method Echo in proto: rpc error: code = Unavailable',
    );
    await loaded.call('CountLetters', 'x');
    await first.stop();
    await lost;
    const second = await PythonServer.start('service-grpc', port);
    closing.push(() => second.stop());
    expect(await loaded.call('CountLetters', 'abcd')).toBe(4n);
  });

  test.skipIf(opensslMissing !== null)('TLS is spoken where the address says so', async () => {
    const certificate = new Certificate();
    closing.push(() => certificate.remove());
    const { certPath, keyPath } = certificate;
    const secure = await PythonServer.start('service-grpc', 0, [certPath, keyPath]);
    closing.push(() => secure.stop());
    const address = `tls://localhost:${secure.port}`;
    const trusting = await rig(secure.port, { address, options: { rootCaPath: certPath } });
    expect(await trusting.call('CountLetters', 'abc')).toBe(3n);
    const careless = await rig(secure.port, { address, options: { insecureSkipVerify: true } });
    expect(await careless.call('CountLetters', 'abc')).toBe(3n);
    const careful = await rig(secure.port, { address });
    await expect(careful.call('CountLetters', 'abc')).rejects.toThrow('self-signed certificate');
  });
});

test('a server that accepts and says nothing is given up', async () => {
  const silent = net.createServer();
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const sockets: net.Socket[] = [];
  silent.on('connection', (socket) => sockets.push(socket));
  closing.push(() => {
    for (const socket of sockets) socket.destroy();
    silent.close();
  });
  const loaded = await rig((silent.address() as net.AddressInfo).port, { options: { timeout: '100ms' } });
  await expect(loaded.call('CountLetters', 'abc')).rejects.toThrow(/timeout$/);
});
