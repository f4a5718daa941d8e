import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { frame } from '../../../testing/raw-peer.ts';
import { FrameReader } from './frame-reader.ts';

interface Read {
  readonly messages: string[];
  /** Calls with frames. */
  batches: number;
  fault: string | null;
}

function read(chunks: readonly Buffer[], transport: 'ipc' | 'tcp' = 'ipc', maxBytes?: number): Read {
  const result: Read = { messages: [], batches: 0, fault: null };
  const fail = (fault: string) => {
    if (result.fault !== null) throw new Error('told twice');
    result.fault = fault;
  };
  const reader = new FrameReader(
    {
      frames: ({ buffer, starts, ends, count }) => {
        if (result.fault !== null) throw new Error('frames after a fault');
        result.batches++;
        for (let i = 0; i < count; i++) result.messages.push(buffer.toString('latin1', starts[i], ends[i]));
      },
      malformed: (byte) => fail(`malformed ${byte}`),
      tooLong: (bytes) => fail(`too long ${bytes}`),
    },
    { transport, maxBytes },
  );
  for (const chunk of chunks) reader.push(chunk);
  return result;
}

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');
const big = 'x'.repeat(3_000_000);

const cases: Record<string, { chunks: Buffer[]; maxBytes?: number; gives: Partial<Read> }> = {
  'one frame': { chunks: [hex('01 0000000000000002 6162')], gives: { messages: ['ab'], batches: 1 } },
  'an empty message': { chunks: [hex('01 0000000000000000')], gives: { messages: [''] } },
  'many frames of one read at once': {
    chunks: [Buffer.concat([frame(Buffer.from('a')), frame(Buffer.from('')), frame(Buffer.from('bc'))])],
    gives: { messages: ['a', '', 'bc'], batches: 1 },
  },
  'more frames than the arrays held before': {
    chunks: [Buffer.concat(Array.from({ length: 1000 }, (_, i) => frame(Buffer.from(`${i}`))))],
    gives: { messages: Array.from({ length: 1000 }, (_, i) => `${i}`), batches: 1 },
  },
  'a header cut apart': {
    chunks: [hex('01 00000000'), hex('00'), hex('000002 61'), hex('62')],
    gives: { messages: ['ab'] },
  },
  'the rest of a message and whole ones behind it': {
    chunks: [hex('01 0000000000000003 61'), hex('6263 01 0000000000000001 64 01 00')],
    gives: { messages: ['abc', 'd'], batches: 2 },
  },
  'a message longer than what is set aside at first': {
    chunks: [frame(Buffer.from(big)).subarray(0, 100), frame(Buffer.from(big)).subarray(100)],
    gives: { messages: [big] },
  },
  'a message as long as the limit': { chunks: [hex('01 0000000000000002 6162')], maxBytes: 2, gives: { fault: null } },
  'frames before a wrong first byte': {
    chunks: [hex('01 0000000000000001 61 02')],
    gives: { messages: ['a'], fault: 'malformed 2' },
  },
  'a wrong first byte in the middle of a read': {
    chunks: [hex('01 0000000000000001 61 00 0000000000000001 61')],
    gives: { messages: ['a'], fault: 'malformed 0' },
  },
  'nothing behind a fault': {
    chunks: [hex('07'), hex('01 0000000000000001 61')],
    gives: { messages: [], fault: 'malformed 7' },
  },
  'a message over the limit, before it comes': {
    chunks: [hex('01 0000000000000001 61 01 0000000000000003')],
    maxBytes: 2,
    gives: { messages: ['a'], fault: 'too long 3' },
  },
  'a message over the limit in a header cut apart': {
    chunks: [hex('01 00000000'), hex('00000003')],
    maxBytes: 2,
    gives: { fault: 'too long 3' },
  },
  'a length that no memory holds': {
    chunks: [hex('01 ffffffffffffffff')],
    gives: { fault: `too long ${2 ** 64}` },
  },
};

describe('reading frames', () => {
  for (const [name, { chunks, maxBytes, gives }] of Object.entries(cases)) {
    test(name, () => {
      expect(read(chunks, 'ipc', maxBytes)).toMatchObject({ fault: null, ...gives });
    });
  }

  test('without the leading byte over tcp', () => {
    expect(read([hex('0000000000000001 61 00000000'), hex('00000000')], 'tcp').messages).toEqual(['a', '']);
  });

  test('a header costs no memory before the message comes', () => {
    const before = process.memoryUsage().arrayBuffers;
    const readers = Array.from({ length: 20 }, () => read([hex('01 00000000f0000000 61')]));
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 << 20);
    expect(readers[0]?.fault).toBe(null);
  });

  test('a receiver that stops the reader gets nothing more', () => {
    let batches = 0;
    const reader: FrameReader = new FrameReader(
      {
        frames: () => {
          batches++;
          reader.stop();
        },
        malformed: () => expect.unreachable(),
        tooLong: () => expect.unreachable(),
      },
      { transport: 'ipc' },
    );
    reader.push(hex('01 0000000000000002 61'));
    reader.push(hex('62 01 0000000000000001 63 09'));
    reader.push(hex('01 0000000000000001 63'));
    expect(batches).toBe(1);
  });

  test('messages are the same however reads cut them apart', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((c) => String.fromCharCode(c)) })),
        fc.array(fc.nat({ max: 40 }), { minLength: 1 }),
        fc.constantFrom('ipc' as const, 'tcp' as const),
        (messages, cuts, transport) => {
          const bytes = Buffer.concat(
            messages.map((text) => frame(Buffer.from(text, 'latin1')).subarray(transport === 'ipc' ? 0 : 1)),
          );
          expect(read(cutApart(bytes, cuts), transport)).toMatchObject({ messages, fault: null });
        },
      ),
      { numRuns: 500 },
    );
  });

  // Half of the streams are noise, half are frames with a few bytes changed, all in random pieces. What comes out of
  // pieces must be what comes out of the whole, and no stream may throw. KUIPER_FUZZ_SEED repeats a run.
  test('a million streams of noise and damaged frames come to the same end whole and in pieces', {
    timeout: 120_000,
  }, () => {
    const seed = Number(process.env['KUIPER_FUZZ_SEED'] ?? Date.now() % 1_000_000);
    const random = randomFrom(seed);
    const whole = new Digest();
    const pieces = new Digest();
    const bytes = Buffer.alloc(256);
    for (let i = 0; i < 1_000_000; i++) {
      const length = random(2) === 0 ? fillNoise(bytes, random) : fillDamaged(bytes, random);
      const stream = bytes.subarray(0, length);
      whole.read([stream]);
      pieces.read(cutApart(stream, [random(12), 1 + random(40), random(12)]));
      if (whole.value !== pieces.value) {
        expect.unreachable(`seed ${seed}: stream ${i} differs in pieces: ${stream.toString('hex')}`);
      }
    }
    expect(whole.faults).toBeGreaterThan(100_000);
    expect(whole.messages).toBeGreaterThan(100_000);
  });
});

/** Sums up what many readers tell, without keeping it. */
class Digest {
  value = 0;
  messages = 0;
  faults = 0;

  read(chunks: readonly Buffer[]): void {
    const fault = (n: number) => {
      this.faults++;
      this.value = (Math.imul(this.value, 31) + 7 + (n % 65_521)) | 0;
    };
    const reader = new FrameReader(
      {
        frames: ({ buffer, starts, ends, count }) => {
          this.messages += count;
          for (let i = 0; i < count; i++) {
            const start = starts[i] as number;
            const end = ends[i] as number;
            let value = Math.imul(this.value, 31) + (end - start);
            for (let at = start; at < end; at++) value = (Math.imul(value, 33) + (buffer[at] as number)) | 0;
            this.value = value | 0;
          }
        },
        malformed: fault,
        tooLong: fault,
      },
      { transport: 'ipc', maxBytes: 100 },
    );
    for (const chunk of chunks) reader.push(chunk);
  }
}

function cutApart(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  let offset = 0;
  for (let i = 0; offset < bytes.length; i++) {
    const size = (sizes[i % sizes.length] as number) || 1;
    chunks.push(bytes.subarray(offset, offset + size));
    offset += size;
  }
  return chunks;
}

function fillNoise(bytes: Buffer, random: (below: number) => number): number {
  const length = random(60);
  // small values: lengths that fit, and first bytes that are right, come up often enough
  for (let i = 0; i < length; i++) bytes[i] = random(4) === 0 ? random(256) : random(3);
  return length;
}

function fillDamaged(bytes: Buffer, random: (below: number) => number): number {
  let length = 0;
  for (let i = random(6); i >= 0; i--) {
    const size = random(20);
    bytes.fill(0, length, length + 8);
    bytes[length] = 1;
    bytes[length + 8] = size;
    for (let at = 0; at < size; at++) bytes[length + 9 + at] = random(256);
    length += 9 + size;
  }
  for (let i = random(3); i > 0; i--) bytes[random(length)] = random(256);
  return length;
}

/** xorshift32: the same numbers for the same seed. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed | 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}
