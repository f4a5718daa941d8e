import { silentLogger, SystemClock } from '@kuiper/base';
import type { ConnectionAccess, OpenSink, SinkDeclaration, SourceDeclaration, Subscription } from '@kuiper/sdk';
import mqtt, { type MqttClient } from 'mqtt';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  bytesItems,
  checkSink,
  CollectingSinkContext,
  failedWrite,
  openSink,
  sinkContract,
} from '../../../../test/contract/sink.ts';
import { checkSource, CollectingSource, openSource, sourceContract } from '../../../../test/contract/source.ts';
import { brokerMissing, Mosquitto, Tap } from '../../testing/mosquitto.ts';
import { ConnectionPool } from '../connection-pool.ts';
import { mqttConnection } from './mqtt-connection.ts';
import { mqttSink } from './mqtt-sink.ts';
import { mqttSource } from './mqtt-source.ts';

const clock = new SystemClock({ keepAlive: true });
const connection = mqttConnection(null);
const source: SourceDeclaration = mqttSource(connection);
const sink: SinkDeclaration = mqttSink(connection);

describe('wrong properties are refused when the rule is created', () => {
  const server = 'tcp://127.0.0.1:1883';
  for (const [props, topics, text] of [
    [{}, 't', 'missing server property'],
    [{ server }, '', 'topic is required'],
    [{ server, protocolVersion: '9' }, 't', 'unsupported protocol version 9'],
    [{ server: 'gopher://x' }, 't', 'invalid server gopher://x'],
    [
      { server: 5 },
      't',
      "1 error(s) decoding:\n\n* 'server' expected type 'string', got unconvertible type 'float64', value: '5'",
    ],
    [{ server, eofMessage: 'no base64!' }, 't', 'eofMessage must be base64'],
    [{ server }, 'a/#,b/+', null],
    [{ connectionSelector: 'c1' }, 't', null],
  ] as const) {
    test(`source ${JSON.stringify(props)} ${topics}`, () => expect(checkSource(source, props, topics)).toBe(text));
  }
  for (const [props, text] of [
    [{ topic: 't' }, 'missing server property'],
    [{ server }, 'mqtt sink is missing property topic'],
    [{ server, topic: 'a/#' }, "mqtt sink topic shouldn't contain # or +"],
    [{ server, topic: 't', qos: 3 }, 'invalid qos value 3, the value could be only int 0 or 1 or 2'],
    [
      { server, topic: 't', properties: { a: true } },
      "1 error(s) decoding:\n\n* 'properties[a]' expected type 'string', got unconvertible type 'bool', value: 'true'",
    ],
    [{ server, topic: '{{.t}}', qos: 2 }, null],
  ] as const) {
    test(`sink ${JSON.stringify(props)}`, () => expect(checkSink(sink, props)).toBe(text));
  }
});

test('a ping says why the broker cannot be reached', async () => {
  const pool = new ConnectionPool({ declarations: [connection], clock, logger: silentLogger, rootPath: '.' });
  await expect(pool.ping('mqtt', { server: 'tcp://127.0.0.1:1' })).rejects.toMatchObject({
    code: 1003,
    message:
      'found error when connecting for tcp://127.0.0.1:1: network Error : dial tcp 127.0.0.1:1: connect: connection refused',
  });
  await expect(pool.ping('mqtt', {})).rejects.toThrow('missing server property');
});

describe.skipIf(brokerMissing !== null)(`with a broker${brokerMissing === null ? '' : ` (${brokerMissing})`}`, () => {
  let broker: Mosquitto;
  let peer: MqttClient;
  const closing: (() => Promise<unknown> | unknown)[] = [];
  let topics = 0;
  const newTopic = (): string => `t${++topics}`;

  beforeAll(async () => {
    broker = await Mosquitto.start();
    peer = await mqtt.connectAsync(broker.url, { protocolVersion: 5 });
  });

  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  afterAll(async () => {
    await peer?.endAsync(true);
    await broker?.stop();
  });

  const openPool = (): ConnectionPool => {
    const pool = new ConnectionPool({ declarations: [connection], clock, logger: silentLogger, rootPath: '.' });
    closing.push(() => pool.close());
    return pool;
  };

  const subscribe = async (
    filter: string,
    props: Readonly<Record<string, unknown>> = {},
    connections?: ConnectionAccess,
  ): Promise<{ context: CollectingSource; subscription: Subscription }> => {
    const context = new CollectingSource({ connections: connections ?? openPool() });
    const subscription = await openSource(source, context, { server: broker.url, ...props }, filter);
    closing.push(() => subscription.close());
    await context.connected();
    return { context, subscription };
  };

  const publishTo = async (
    props: Readonly<Record<string, unknown>>,
    connections?: ConnectionAccess,
  ): Promise<OpenSink> => {
    const context = new CollectingSinkContext({ connections: connections ?? openPool() });
    const open = await openSink(sink, context, { server: broker.url, ...props });
    closing.push(() => open.close());
    await context.untilStatus('connected');
    return open;
  };

  sourceContract('mqtt', () => {
    const topic = newTopic();
    let n = 0;
    return {
      declaration: source,
      props: { server: broker.url, qos: 1 },
      dataSource: topic,
      context: { connections: openPool() },
      async produce(count) {
        for (let i = 0; i < count; i++) await peer.publishAsync(topic, String(n++), { qos: 1 });
      },
    };
  });

  sinkContract('mqtt', async () => {
    const topic = newTopic();
    const { context } = await subscribe(topic);
    const marker = `${topic}/done`;
    await peer.subscribeAsync(marker);
    return {
      declaration: sink,
      props: { server: broker.url, topic, qos: 1 },
      context: { connections: openPool() },
      async arrived() {
        // a broker delivers in order per publisher: what the acknowledged messages became is there by now or soon
        await context.until(({ messages }) => messages.length > 0);
        await peer.publishAsync(topic, '{"n":"end"}', { qos: 1 });
        await context.until(({ messages }) => messages.at(-1)?.text === '{"n":"end"}');
        return context.texts.slice(0, -1);
      },
    };
  });

  for (const protocolVersion of ['3.1', '3.1.1', '5']) {
    test(`version ${protocolVersion}: messages of every QoS arrive once, with their metadata`, async () => {
      const topic = newTopic();
      const { context, subscription } = await subscribe(`${topic}/+`, { protocolVersion, qos: 2 });
      for (const qos of [0, 1, 2] as const) await peer.publishAsync(`${topic}/${qos}`, `m${qos}`, { qos });
      await context.until(({ messages }) => messages.length === 3);
      expect(context.texts.sort()).toEqual(['m0', 'm1', 'm2']);
      for (const { meta, text } of context.messages) {
        expect(meta).toMatchObject({ topic: `${topic}/${text?.slice(1)}`, qos: BigInt(text?.slice(1) ?? '') });
        expect(typeof meta?.['messageId']).toBe('bigint');
      }
      subscription.committed?.(2);
    });
  }

  test('user properties of version 5 are metadata, the last value of a name wins', async () => {
    const topic = newTopic();
    const { context } = await subscribe(topic, { protocolVersion: '5' });
    await peer.publishAsync(topic, 'x', {
      properties: { contentType: 'text/plain', userProperties: { a: ['1', '2'], traceparent: '00-ab-cd-01' } },
    });
    await context.until(({ messages }) => messages.length === 1);
    expect(context.messages[0]?.meta).toMatchObject({
      properties: { a: '2', traceparent: '00-ab-cd-01' },
      traceId: '00-ab-cd-01',
    });
  });

  test('several filters, wildcards and shared subscriptions', async () => {
    const topic = newTopic();
    const { context } = await subscribe(`${topic}/a,${topic}/+/b,$share/g/${topic}/c/#`, { qos: 1 });
    for (const name of ['a', 'x/b', 'c/d/e', 'other']) await peer.publishAsync(`${topic}/${name}`, name, { qos: 1 });
    await context.until(({ messages }) => messages.length === 3);
    expect(context.texts.sort()).toEqual(['a', 'c/d/e', 'x/b']);
  });

  test('a payload named as end message ends the stream and is not delivered', async () => {
    const topic = newTopic();
    const { context } = await subscribe(topic, { eofMessage: Buffer.from('bye').toString('base64') });
    for (const text of ['1', '2', 'bye', '3']) await peer.publishAsync(topic, text, { qos: 1 });
    await context.until(({ ended }) => ended !== null);
    expect(context.texts).toEqual(['1', '2']);
  });

  describe('acknowledgements', () => {
    /** PUBACKs (or PUBRECs) that a client has sent: their identifiers in order. */
    const answers = (bytes: Buffer, first: number): number[] => {
      const ids: number[] = [];
      for (let at = 0; at + 4 <= bytes.length; ) {
        let length = bytes[at + 1] as number;
        let size = 2;
        if (length > 127) {
          length = (length & 127) + (bytes[at + 2] as number) * 128;
          size = 3;
        }
        if (bytes[at] === first) ids.push(bytes.readUInt16BE(at + size));
        at += size + length;
      }
      return ids;
    };

    test('a message is acknowledged when it is committed, in order and together', async () => {
      const topic = newTopic();
      const tap = await Tap.before(broker);
      closing.push(() => tap.stop());
      const { context, subscription } = await subscribe(topic, { server: tap.url, qos: 1 });
      for (let i = 0; i < 6; i++) await peer.publishAsync(topic, String(i), { qos: 1 });
      await context.until(({ messages }) => messages.length === 6);
      expect(answers(tap.toBroker, 0x40)).toEqual([]);
      subscription.committed?.(2);
      await tap.until((bytes) => answers(bytes, 0x40).length === 3);
      const { reads } = tap;
      subscription.committed?.(5);
      await tap.until((bytes) => answers(bytes, 0x40).length === 6);
      expect(tap.reads).toBe(reads + 1);
      const ids = context.messages.map(({ meta }) => Number(meta?.['messageId']));
      expect(answers(tap.toBroker, 0x40)).toEqual(ids);
    });

    test('what was not committed comes again after the connection is lost, under new positions', async () => {
      const topic = newTopic();
      const tap = await Tap.before(broker);
      closing.push(() => tap.stop());
      const props = { server: tap.url, qos: 1, enableClientSession: true, clientid: `session-${topic}` };
      const { context, subscription } = await subscribe(topic, props);
      for (let i = 0; i < 4; i++) await peer.publishAsync(topic, String(i), { qos: 1 });
      await context.until(({ messages }) => messages.length === 4);
      subscription.committed?.(1);
      await tap.until((bytes) => answers(bytes, 0x40).length === 2);
      // the broker has read the acknowledgements when it answers what comes behind them
      await roundTrip(peer);
      tap.cut();
      await context.until(({ messages }) => messages.length === 6);
      expect(context.texts).toEqual(['0', '1', '2', '3', '2', '3']);
      expect(context.messages.map(({ position }) => position)).toEqual([0, 1, 2, 3, 4, 5]);
      subscription.committed?.(5);
      await tap.until((bytes) => answers(bytes, 0x40).length === 4);
    });

    test('QoS 2: not committed means not received, and a repeated message is delivered once', async () => {
      const topic = newTopic();
      const tap = await Tap.before(broker);
      closing.push(() => tap.stop());
      const props = { server: tap.url, qos: 2, enableClientSession: true, clientid: `session-${topic}` };
      const { context, subscription } = await subscribe(topic, props);
      await peer.publishAsync(topic, 'once', { qos: 2 });
      await context.until(({ messages }) => messages.length === 1);
      expect(answers(tap.toBroker, 0x50)).toEqual([]);
      tap.cut();
      await context.until(({ statuses }) => statuses.filter((status) => status === 'connected').length === 2);
      await peer.publishAsync(topic, 'next', { qos: 2 });
      await context.until(({ messages }) => messages.length === 2);
      expect(context.texts).toEqual(['once', 'next']);
      subscription.committed?.(1);
      await tap.until((bytes) => answers(bytes, 0x70).length >= 1);
    });
  });

  describe('a named connection', () => {
    test('serves several sources and a sink; each source gets what it asked for', async () => {
      const topic = newTopic();
      const pool = openPool();
      pool.create('c1', 'mqtt', { server: broker.url });
      const shared = { connectionSelector: 'c1', qos: 1 };
      const left = await subscribe(`${topic}/left`, shared, pool.accessFor('r1_left_0'));
      const all = await subscribe(`${topic}/#`, shared, pool.accessFor('r2_all_0'));
      const out = await publishTo(
        { ...shared, topic: `${topic}/{{.x}}`.replace('{{.x}}', 'right') },
        pool.accessFor('r3_mqtt_0'),
      );
      await out.write(bytesItems(['1', '2']));
      await out.write(bytesItems(['3', '4'], [null, { topic: `${topic}/left` }]));
      await all.context.until(({ messages }) => messages.length === 4);
      await left.context.until(({ messages }) => messages.length === 1);
      expect(all.context.texts).toEqual(['1', '2', '3', '4']);
      expect(left.context.texts).toEqual(['4']);
      expect(await pool.get('c1')).toEqual({
        id: 'c1',
        typ: 'mqtt',
        props: { server: broker.url },
        isNamed: true,
        status: 'connected',
        refCount: 3,
      });
      await expect(pool.drop('c1')).rejects.toThrow(
        "connection c1 can't be dropped due to rule references [r1_left_0 r2_all_0 r3_mqtt_0]",
      );
    });

    test('is read although a rule is full, so that a sink gets its acknowledgements', async () => {
      const topic = newTopic();
      const pool = openPool();
      pool.create('c1', 'mqtt', { server: broker.url });
      const { context } = await subscribe(topic, { connectionSelector: 'c1' }, pool);
      const out = await publishTo({ connectionSelector: 'c1', topic, qos: 1 }, pool);
      context.becomeFull();
      await out.write(bytesItems(['1']));
      await context.until(({ messages }) => messages.length === 1);
      await out.write(bytesItems(['2', '3']));
      expect(context.texts).toEqual(['1']);
      context.makeRoom();
      await context.until(({ messages }) => messages.length === 3);
      expect(context.texts).toEqual(['1', '2', '3']);
    });

    test('tells its status to everybody who uses it', async () => {
      const tap = await Tap.before(broker);
      closing.push(() => tap.stop());
      const pool = openPool();
      pool.create('c1', 'mqtt', { server: tap.url });
      const { context } = await subscribe(newTopic(), { connectionSelector: 'c1' }, pool);
      tap.cut();
      await context.until(({ statuses }) => statuses.includes('disconnected'));
      await context.until(({ statuses }) => statuses.at(-1) === 'connected');
      expect((await pool.get('c1')).status).toBe('connected');
    });
  });

  test('reading stops while a rule is full, and no message is lost', async () => {
    const topic = newTopic();
    const { context } = await subscribe(topic);
    context.becomeFull();
    const payload = 'x'.repeat(2000);
    const total = 3000;
    for (let i = 0; i < total; i++) peer.publish(topic, `${i} ${payload}`);
    await roundTrip(peer);
    const early = context.messages.length;
    expect(early).toBeLessThan(total);
    context.makeRoom();
    await context.until(({ messages }) => messages.length === total);
    expect(context.texts.map((text) => Number(text?.split(' ')[0]))).toEqual(
      Array.from({ length: total }, (_, i) => i),
    );
  });

  describe('publishing', () => {
    for (const protocolVersion of ['3.1.1', '5']) {
      for (const qos of [0, 1, 2]) {
        test(`version ${protocolVersion}, QoS ${qos}: thousands of items in one write keep their order`, async () => {
          const topic = newTopic();
          const { context } = await subscribe(topic);
          const out = await publishTo({ topic, qos, protocolVersion });
          const items = Array.from({ length: 3000 }, (_, i) => `{"n":${i}}`);
          const acknowledging = context.until(({ messages }) => messages.length === items.length);
          await out.write(bytesItems(items));
          await acknowledging;
          expect(context.texts).toEqual(items);
        });
      }
    }

    test('a batch leaves in one write', async () => {
      const tap = await Tap.before(broker);
      closing.push(() => tap.stop());
      const topic = newTopic();
      const { context } = await subscribe(topic);
      const out = await publishTo({ server: tap.url, topic });
      const { reads } = tap;
      void out.write(bytesItems(Array.from({ length: 200 }, (_, i) => `${i}`)));
      void out.write(bytesItems(['last']));
      await context.until(({ messages }) => messages.at(-1)?.text === 'last');
      expect(tap.reads).toBe(reads + 1);
    });

    test('retained messages, topics and user properties by item', async () => {
      const topic = newTopic();
      const out = await publishTo({
        topic: '{{.t}}',
        qos: 1,
        retained: true,
        protocolVersion: '5',
        properties: { fixed: 'é', dev: '{{.dev}}' },
      });
      await out.write(
        bytesItems(
          ['1', Buffer.from('2')],
          [
            { topic: `${topic}/a`, 'properties.dev': 'd1' },
            { topic: `${topic}/b`, 'properties.dev': 'd2' },
          ],
        ),
      );
      const { context } = await subscribe(`${topic}/+`, { protocolVersion: '5' });
      await context.until(({ messages }) => messages.length === 2);
      const seen = context.messages.map(({ text, meta }) => [text, meta?.['topic'], meta?.['properties']]);
      expect(seen.sort()).toEqual([
        ['1', `${topic}/a`, { fixed: 'é', dev: 'd1' }],
        ['2', `${topic}/b`, { fixed: 'é', dev: 'd2' }],
      ]);
    });

    test('without a connection a write fails at once and can be repeated', async () => {
      const context = new CollectingSinkContext({ connections: openPool() });
      const out = await openSink(sink, context, { server: 'tcp://127.0.0.1:1', topic: 't' });
      closing.push(() => out.close());
      expect(() => out.write(bytesItems(['1']))).toThrow('mqtt client is not connected');
      await context.untilStatus('disconnected');
      expect(context.statusMessage).toContain('connection refused');
    });

    test('a connection lost on the way fails at the first message that is not acknowledged', async () => {
      const tap = await Tap.before(broker);
      closing.push(() => tap.stop());
      const out = await publishTo({ server: tap.url, topic: newTopic(), qos: 1 });
      await out.write(bytesItems(['safe']));
      tap.hold();
      const failing = failedWrite(out, bytesItems(['1', '2']));
      await tap.until((bytes) => bytes.includes('2'));
      tap.cut();
      expect(await failing).toMatchObject({ index: 0, recoverable: true });
    });

    test('an item with a bad topic fails alone, what came before it is sent', async () => {
      const topic = newTopic();
      const { context } = await subscribe(topic);
      const out = await publishTo({ topic: '{{.t}}', qos: 1 });
      const error = await failedWrite(out, bytesItems(['1', '2'], [{ topic }, { topic: 'a/#' }]));
      expect(error).toMatchObject({ index: 1, recoverable: false });
      await context.until(({ messages }) => messages.length === 1);
    });
  });

  test('a broker that comes back is found again', async () => {
    const other = await Mosquitto.start();
    closing.push(() => other.stop());
    const topic = newTopic();
    const { context } = await subscribe(topic, { server: other.url });
    await other.kill();
    await context.until(({ statuses }) => statuses.includes('disconnected'));
    await other.run();
    await context.until(({ statuses }) => statuses.at(-1) === 'connected');
    const client = await mqtt.connectAsync(other.url);
    closing.push(() => client.endAsync(true));
    await client.publishAsync(topic, 'again', { qos: 1 });
    await context.until(({ messages }) => messages.length === 1);
  });
});

/** When this resolves the broker has handled everything the peer sent before. */
async function roundTrip(peer: MqttClient): Promise<void> {
  await peer.publishAsync('roundtrip', '', { qos: 1 });
}
