import fc from 'fast-check';
import mqttPacket from 'mqtt-packet';
import { describe, expect, test } from 'vitest';
import { FrameSplitter, PacketType, type PublishFrames, qosOf } from './publish-frames.ts';

type Seen = Record<string, unknown>;

/** What a splitter finds in these pieces, as plain objects in order of arrival. */
function split(pieces: readonly Buffer[], isVersion5: boolean): { seen: Seen[]; malformed: string | null } {
  const seen: Seen[] = [];
  let malformed: string | null = null;
  const splitter = new FrameSplitter(
    {
      publishes(frames: PublishFrames) {
        for (let i = 0; i < frames.count; i++) {
          const header = frames.headers[i] as number;
          seen.push({
            cmd: 'publish',
            topic: frames.buffer.toString('utf8', frames.topicStarts[i], frames.topicEnds[i]),
            payload: frames.buffer.toString('latin1', frames.starts[i], frames.ends[i]),
            qos: qosOf(header),
            retain: (header & 1) === 1,
            dup: (header & 8) === 8,
            id: frames.ids[i],
          });
        }
      },
      acknowledgement: (type, id, reason) => seen.push({ cmd: acknowledgements.get(type), id, reason }),
      control: (frame) => seen.push({ cmd: 'control', bytes: frame.toString('hex') }),
      malformed: (why) => {
        malformed = why;
      },
    },
    isVersion5,
  );
  for (const piece of pieces) splitter.push(piece);
  return { seen, malformed };
}

const acknowledgements: ReadonlyMap<number, string> = new Map([
  [PacketType.puback, 'puback'],
  [PacketType.pubrec, 'pubrec'],
  [PacketType.pubrel, 'pubrel'],
  [PacketType.pubcomp, 'pubcomp'],
]);

/** The same, from the reference parser. */
function parse(bytes: Buffer, protocolVersion: 4 | 5): Seen[] {
  const seen: Seen[] = [];
  const parser = mqttPacket.parser({ protocolVersion });
  parser.on('packet', (packet) => {
    switch (packet.cmd) {
      case 'publish':
        seen.push({
          cmd: 'publish',
          topic: packet.topic,
          payload: Buffer.from(packet.payload).toString('latin1'),
          qos: packet.qos,
          retain: packet.retain,
          dup: packet.dup,
          id: packet.messageId ?? 0,
        });
        break;
      case 'puback':
      case 'pubrec':
      case 'pubrel':
      case 'pubcomp':
        seen.push({ cmd: packet.cmd, id: packet.messageId, reason: packet.reasonCode ?? 0 });
        break;
      default:
        seen.push({ cmd: 'control', bytes: mqttPacket.generate(packet, { protocolVersion }).toString('hex') });
    }
  });
  parser.parse(bytes);
  return seen;
}

const id = fc.integer({ min: 1, max: 65535 });
const publish = fc
  .record({
    topic: fc.string({ minLength: 1, maxLength: 12, unit: fc.constantFrom('a', 'é', '/', '中', '1') }),
    payload: fc.oneof(fc.uint8Array({ maxLength: 20 }), fc.uint8Array({ minLength: 120, maxLength: 300 })),
    qos: fc.constantFrom(0, 1, 2),
    retain: fc.boolean(),
    dup: fc.boolean(),
    messageId: id,
    users: fc.dictionary(fc.constantFrom('k', 'traceparent', 'ü'), fc.string({ maxLength: 8 }), { maxKeys: 3 }),
  })
  .map(({ payload, dup, users, qos, ...rest }) => ({
    cmd: 'publish',
    ...rest,
    qos,
    dup: dup && qos > 0,
    payload: Buffer.from(payload),
    properties: { userProperties: users },
  }));
const acknowledgement = fc.record({ cmd: fc.constantFrom(...acknowledgements.values()), messageId: id });
const control = fc.oneof(
  fc.constant({ cmd: 'pingresp' }),
  fc.record({
    cmd: fc.constant('suback'),
    messageId: id,
    granted: fc.array(fc.constantFrom(0, 1, 2), { minLength: 1 }),
  }),
);
const packets = fc.array(fc.oneof({ weight: 6, arbitrary: publish }, acknowledgement, control), { maxLength: 25 });

/** Answers to our own publishes; these may overtake messages of the same read. */
function isAnswer(packet: Seen): boolean {
  return packet['cmd'] === 'puback' || packet['cmd'] === 'pubrec' || packet['cmd'] === 'pubcomp';
}

function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const at = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b);
  const pieces: Buffer[] = [];
  let from = 0;
  for (const to of [...at, bytes.length]) {
    if (to > from) pieces.push(bytes.subarray(from, to));
    from = to;
  }
  return pieces;
}

describe('a stream cut at any place gives the packets that a parser finds', () => {
  for (const protocolVersion of [4, 5] as const) {
    test(`MQTT ${protocolVersion === 4 ? '3.1.1' : '5'}`, () => {
      fc.assert(
        fc.property(packets, fc.array(fc.nat(), { maxLength: 12 }), (list, places) => {
          const bytes = Buffer.concat(
            list.map((packet) => mqttPacket.generate(packet as unknown as mqttPacket.Packet, { protocolVersion })),
          );
          const { seen, malformed } = split(cut(bytes, places), protocolVersion === 5);
          expect(malformed).toBe(null);
          const wanted = parse(bytes, protocolVersion);
          for (const answersOurs of [true, false]) {
            expect(seen.filter((packet) => isAnswer(packet) === answersOurs)).toEqual(
              wanted.filter((packet) => isAnswer(packet) === answersOurs),
            );
          }
        }),
        { numRuns: 300 },
      );
    });
  }
});

test('a large frame that comes byte by byte is put together once', () => {
  const payload = Buffer.alloc(70_000, 'x');
  const bytes = mqttPacket.generate({ cmd: 'publish', topic: 't', payload, qos: 0, dup: false, retain: false });
  const { seen } = split(
    Array.from(bytes, (byte) => Buffer.from([byte])),
    false,
  );
  expect(seen).toHaveLength(1);
  expect(seen[0]?.['payload']).toHaveLength(70_000);
});

describe('nonsense is refused, and what came before it is kept', () => {
  const good = Buffer.from([0x30, 4, 0, 1, 0x61, 0x7a]);
  const cases: readonly (readonly [string, readonly number[], string])[] = [
    ['QoS 3', [0x36, 6, 0, 1, 0x61, 0, 1, 0x7a], 'PUBLISH with QoS 3'],
    ['a topic longer than the frame', [0x30, 3, 0, 9, 0x61], 'PUBLISH is cut off'],
    ['a frame of one byte', [0x30, 1, 0], 'PUBLISH without topic'],
    ['no identifier', [0x32, 3, 0, 1, 0x61], 'PUBLISH without packet identifier'],
    ['identifier 0', [0x32, 5, 0, 1, 0x61, 0, 0], 'PUBLISH with packet identifier 0'],
    ['a length of five bytes', [0x30, 0x80, 0x80, 0x80, 0x80, 1], 'remaining length is longer than four bytes'],
    ['an empty PUBACK', [0x40, 0], 'acknowledgement without packet identifier'],
  ];
  for (const [name, bytes, why] of cases) {
    test(name, () => {
      const { seen, malformed } = split([Buffer.concat([good, Buffer.from(bytes), good])], false);
      expect(malformed).toBe(why);
      expect(seen.map((packet) => packet['payload'])).toEqual(['z']);
    });
  }
});
