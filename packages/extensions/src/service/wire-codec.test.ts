/** Our codec against the library's, on random messages; and bytes that are no message. */
import fc from 'fast-check';
import protobuf from 'protobufjs';
import { describe, expect, test } from 'vitest';
import { convertMessage } from './convert-argument.ts';
import { resultOfMessage } from './message-result.ts';
import { MessageTypes } from './message-type.ts';
import { jsonOfMessage } from './proto-json.ts';
import { decodeMessage, encodeMessage } from './wire-codec.ts';

const { root } = protobuf.parse(
  `syntax = "proto2";
  message All {
    optional int32 i = 1; optional sint64 s = 2; optional fixed64 f = 3; optional double d = 4; optional float e = 5;
    optional bool b = 6; optional string t = 7; optional bytes r = 8; repeated int32 loose = 9;
    repeated int64 tight = 10 [packed = true]; repeated string names = 11; map<string, All> map = 12;
    optional All inner = 13; oneof choice { string left = 14; int64 right = 15; }
    optional group Grouped = 16 { optional int32 x = 1; } optional K kind = 17 [default = ONE];
    optional uint64 u = 18;
  }
  enum K { ZERO = 0; ONE = 1; }
  message Newer { optional string t = 7; optional group Gone = 20 { optional int32 x = 1; } optional fixed32 y = 21; repeated All z = 22; }`,
  { keepCase: true },
);
root.resolveAll();
const library = root.lookupType('All');
const all = new MessageTypes().of(library);

const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
/** The library makes floats of larger ones. */
const safeInt = fc.maxSafeInteger().map(BigInt);
const text = fc.string({ unit: 'grapheme' });

/** In the representation of rows. */
function leafOf(long: fc.Arbitrary<bigint>): fc.Arbitrary<Record<string, unknown>> {
  const natural = long.map((value) => (value < 0n ? -(value + 1n) : value));
  return fc.record(
    {
      i: int32.map(BigInt),
      s: long,
      f: natural,
      d: fc.double(),
      e: fc.float(),
      b: fc.boolean(),
      t: text,
      r: fc.uint8Array(),
      loose: fc.array(int32.map(BigInt), { minLength: 1 }),
      tight: fc.array(long, { minLength: 1 }),
      names: fc.array(text, { minLength: 1 }),
      grouped: fc.record({ x: int32.map(BigInt) }),
      kind: fc.constantFrom(0n, 1n),
      u: natural,
    },
    { requiredKeys: [] },
  );
}

function messageOf(long: fc.Arbitrary<bigint>): fc.Arbitrary<Record<string, unknown>> {
  const leaf = leafOf(long);
  const map = fc.dictionary(text, leaf, { minKeys: 1 });
  return fc.oneof(
    leaf,
    fc.tuple(leaf, leaf, map).map(([outer, inner, members]) => ({ ...outer, inner, map: members })),
    leaf.map((outer) => ({ ...outer, right: 5n })),
  );
}

/** What of the result was given: unset fields show their defaults, deeply. */
function given(result: unknown, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((element, i) => given((result as unknown[])[i], element));
  if (value === null || typeof value !== 'object' || value instanceof Uint8Array) return result;
  const members = Object.entries(value as Record<string, unknown>);
  return Object.fromEntries(
    members.map(([key, member]) => [key, given((result as Record<string, unknown>)[key], member)]),
  );
}

describe('messages', () => {
  test('come back as they were', () => {
    fc.assert(
      fc.property(messageOf(int64), (value) => {
        const bytes = encodeMessage(all, convertMessage(all, value));
        expect(given(resultOfMessage(all, decodeMessage(all, bytes)), value)).toEqual(value);
      }),
      { numRuns: 300 },
    );
  });

  test('mean the same to the library: what it reads and writes again is the same message', () => {
    fc.assert(
      fc.property(messageOf(safeInt), (value) => {
        const bytes = encodeMessage(all, convertMessage(all, value));
        const again = library.encode(library.decode(bytes)).finish();
        expect(resultOfMessage(all, decodeMessage(all, again))).toEqual(
          resultOfMessage(all, decodeMessage(all, bytes)),
        );
      }),
      { numRuns: 300 },
    );
  });

  test('have a JSON form that the library reads', () => {
    fc.assert(
      fc.property(leafOf(safeInt), (value) => {
        const converted = convertMessage(all, value);
        const json = JSON.parse(jsonOfMessage(all, converted)) as Record<string, unknown>;
        const again = library.encode(library.fromObject(json)).finish();
        expect(resultOfMessage(all, decodeMessage(all, again))).toEqual(resultOfMessage(all, converted));
      }),
      { numRuns: 100 },
    );
  });
});

test('fields that the message does not have are passed over, groups included', () => {
  const newer = new MessageTypes().of(root.lookupType('Newer'));
  const value = { t: 'x', gone: { x: 1n }, y: 5n, z: [{ t: 'y' }] };
  const bytes = encodeMessage(newer, convertMessage(newer, value));
  expect(resultOfMessage(all, decodeMessage(all, bytes))).toMatchObject({ t: 'x', i: 0n, kind: 1n });
});

test('a field of another wire type is passed over, packed and loose lists are both read', () => {
  expect(decodeMessage(all, Buffer.from('3a0178', 'hex'))[6]).toBe('x');
  expect(decodeMessage(all, Buffer.from('3805', 'hex'))[6]).toBeUndefined();
  expect(decodeMessage(all, Buffer.from('4a020102', 'hex'))[8]).toEqual([1, 2]);
  expect(decodeMessage(all, Buffer.from('50015002', 'hex'))[9]).toEqual([1, 2]);
});

const broken: readonly [string, string][] = [
  ['a length beyond the end', '3a05'],
  ['a number cut off', '08ff'],
  ['a group that does not end', '8301'],
  ['field number 0', '0000'],
  ['a packed list cut off', '5202ff'],
  ['a message whose inside is cut off', '6a0208ff'],
];

test.each(broken)('%s is an error', (_name, hex) => {
  expect(() => decodeMessage(all, Buffer.from(hex, 'hex'))).toThrow('cannot parse protobuf message');
});

test('messages nested without end are an error', () => {
  let bytes = Buffer.from('08ff01', 'hex');
  for (let i = 0; i < 200; i++) bytes = Buffer.concat([Buffer.from([0x6a]), varint(bytes.length), bytes]);
  expect(() => decodeMessage(all, bytes)).toThrow('nested too deep');
});

function varint(value: number): Buffer {
  return value < 0x80 ? Buffer.from([value]) : Buffer.from([(value & 0x7f) | 0x80, value >>> 7]);
}
