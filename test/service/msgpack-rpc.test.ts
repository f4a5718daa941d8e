/** Services over MessagePack-RPC against a server in Python. Source: behaviour spec, extension §6.7. */
import { readFileSync } from 'node:fs';
import { ManualClock } from '@kuiper/base';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../support/kuiperd.ts';
import { PythonServer, pythonMissing } from './python-server.ts';
import { type LoadOptions, ServiceRig, serviceRecord } from './service-rig.ts';

const proto = readFileSync(new URL('../../examples/service-msgpack-rpc/schemas/words.proto', import.meta.url), 'utf8');
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function rig(port: number, options: LoadOptions = {}): Promise<ServiceRig> {
  const address = `tcp://127.0.0.1:${port}`;
  const loaded = await ServiceRig.load(serviceRecord({ protocol: 'msgpack-rpc', address }, proto), options);
  closing.push(() => loaded.close());
  return loaded;
}

const calls: readonly [string, readonly unknown[], unknown][] = [
  [
    'Count',
    ['aa b aa'],
    {
      words: 3n,
      letters: { a: 4n, b: 1n },
      list: ['aa', 'b', 'aa'],
      raw: new Uint8Array(Buffer.from('aa b aa')),
    },
  ],
  ['Join', ['-', ['x', 'y']], 'x-y'],
  ['Join', [{ parts: ['x', 'y'] }], 'xy'],
  ['Add', [2n ** 61n, 3], 2n ** 61n + 3n],
  ['Halve', [3n], 1.5],
  ['Halve', [4], 2],
];

describe.skipIf(pythonMissing !== null)('msgpack-rpc', () => {
  let server: PythonServer;
  beforeAll(async () => {
    server = await PythonServer.start('service-msgpack-rpc');
  });
  afterAll(() => server.stop());

  for (const [name, args, gives] of calls) {
    test(`${name} gets ints as ints, floats as floats, and its answer by the schema`, async () => {
      expect(await (await rig(server.port)).call(name, ...args)).toEqual(gives);
    });
  }

  test('answers may come in any order', async () => {
    const loaded = await rig(server.port);
    const delays = [200, 10, 120, 60, 1];
    const answers = delays.map((ms, i) => loaded.call('Slow', BigInt(ms), BigInt(i)));
    expect(await Promise.all(answers)).toEqual([0n, 1n, 2n, 3n, 4n]);
  });

  test('what the other side says of a failure is the error', async () => {
    const loaded = await rig(server.port);
    await expect(loaded.call('Fail', 'not today')).rejects.toThrow('not today');
    expect(await loaded.call('Halve', 1)).toBe(0.5);
  });

  test('a late answer is a time-out and disturbs nobody', async () => {
    const clock = new ManualClock();
    const loaded = await rig(server.port, { clock });
    await loaded.call('Halve', 1);
    const late = expect(loaded.call('Slow', 300n, 1n)).rejects.toThrow('invoke Slow timeout');
    while (loaded.metrics('Slow').inFlight === 0 || clock.pendingTimers === 0) await new Promise(setImmediate);
    clock.advance(5000);
    await late;
    expect(await loaded.call('Halve', 1)).toBe(0.5);
  });

  test('a lost connection fails what waits and is opened again', async () => {
    const loaded = await rig(server.port);
    const waiting = loaded.call('Slow', 3000n, 1n);
    await Promise.all([
      expect(waiting).rejects.toThrow('closed by the other side'),
      expect(loaded.call('Quit', 'x')).rejects.toThrow('closed by the other side'),
    ]);
    expect(await loaded.call('Halve', 1)).toBe(0.5);
  });

  test('nobody at the address is an error that says so', async () => {
    const loaded = await rig(await freePort());
    await expect(loaded.call('Halve', 1)).rejects.toThrow(/connect to tcp:\/\/127\.0\.0\.1:\d+ failed/);
  });
});
