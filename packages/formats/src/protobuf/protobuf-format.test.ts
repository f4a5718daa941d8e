import { createRequire } from 'node:module';
import { type Row, type RowType, tagValue } from '@kuiper/base';
import type { DecodeSpec } from '@kuiper/sdk';
import fc from 'fast-check';
import type * as Protobuf from 'protobufjs';
import { describe, expect, it } from 'vitest';
import { decoderSource } from './generate-decoder.ts';
import { protobufFormat } from './protobuf-format.ts';
import { SchemaStore } from './schema-store.ts';

const require = createRequire(import.meta.url);
const protobuf = require('protobufjs') as typeof Protobuf;
// It finds its own integers of 64 bits only where modules are loaded in the plain way.
const long = createRequire(require.resolve('protobufjs'))('long');
protobuf.util.Long = long.default ?? long;
protobuf.configure();

const proto3 = `
syntax = "proto3";
import "google/protobuf/wrappers.proto";
enum Color { RED = 0; BLUE = 7; }
message Pos { float x = 1; double y = 2; }
message All {
  double d = 1; float f = 2; int32 i32 = 3; uint32 u32 = 4; sint32 s32 = 5; fixed32 f32 = 6; sfixed32 sf32 = 7;
  int64 i64 = 8; uint64 u64 = 9; sint64 s64 = 10; fixed64 f64 = 11; sfixed64 sf64 = 12;
  bool b = 13; string s = 14; bytes raw = 15; Color color = 16; Pos pos = 17;
}
message Lists {
  repeated int64 packed = 1; repeated int64 loose = 2 [packed = false]; repeated string names = 3; repeated Pos path = 4;
  repeated double numbers = 5; repeated bool flags = 6; repeated google.protobuf.StringValue texts = 7;
}
message Choice { oneof value { int32 number = 1; string text = 2; Pos pos = 3; } }
message Present { optional int32 n = 1; optional string s = 2; }
message Wrapped { google.protobuf.Int64Value n = 1; google.protobuf.StringValue s = 2; google.protobuf.BoolValue b = 3; }
message Odd { int32 constructor = 1; map<string, int32> counts = 2; int32 last = 300000; }
message Tree { int32 id = 1; Tree left = 2; repeated Tree children = 3; Leaf leaf = 4; }
message Leaf { int32 id = 1; Tree tree = 2; }
message Nothing {}
`;

const proto2 = `
syntax = "proto2";
enum Level { LOW = 1; HIGH = 2; }
message Old {
  required int32 id = 1; optional string name = 2 [default = "none"]; optional int64 big = 3 [default = -5];
  optional bool on = 4 [default = true]; optional Level level = 5 [default = HIGH]; optional double ratio = 6 [default = 0.5];
  repeated int32 codes = 7; optional group Inner = 8 { optional int32 n = 1; optional string s = 2; }
  repeated group Item = 9 { optional int32 n = 1; }
}
`;

const schemas = new SchemaStore();
for (const [name, text] of Object.entries({ p: proto3, q: proto2 })) {
  const main = `${name}.proto`;
  schemas.put({ type: 'protobuf', name, path: `/schemas/${main}`, files: { [main]: text }, roots: [main] });
}
const format = protobufFormat(schemas);

function decode(schemaId: string, bytes: Uint8Array, spec: Partial<DecodeSpec> = {}): unknown {
  const schema = schemas.columns(schemaId);
  return format.createDecoder({ schema, columns: null, schemaId, options: {}, ...spec }).decode(bytes);
}

function encode(schemaId: string, row: Row, type: RowType = schemas.columns(schemaId)): Uint8Array {
  return format.createEncoder({ type, schemaId, options: {} }).encodeRow(row) as Uint8Array;
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'));
const tagged: RowType = { k: 'map', fields: {}, rest: 'any' };

describe('decoding protobuf', () => {
  const noAll = {
    ...{ d: 0, f: 0, i32: 0, u32: 0, s32: 0, f32: 0, sf32: 0, i64: 0, u64: 0, s64: 0, f64: 0, sf64: 0 },
    ...{ b: false, s: '', raw: new Uint8Array(0), color: 0, pos: null },
  };
  const noLists = { packed: [], loose: [], names: [], path: [], numbers: [], flags: [], texts: [] };
  const noOld = { id: 0, name: 'none', big: -5, on: true, level: 2, ratio: 0.5, codes: [], inner: null, item: [] };
  const cases: readonly (readonly [what: string, schemaId: string, message: string, row: Row])[] = [
    ['gives every unset field its default', 'p.All', '', noAll],
    ['takes the defaults of the file', 'q.Old', '', noOld],
    ['gives empty lists for lists not sent', 'p.Lists', '', noLists],
    ['gives only the member that is set of a oneof', 'p.Choice', '12 02 6162', { text: 'ab' }],
    ['lets a later member of a oneof replace an earlier one', 'p.Choice', '08 05 12 01 61', { text: 'a' }],
    ['gives null for wrappers that are not set', 'p.Wrapped', '', { n: null, s: null, b: null }],
    ['gives the bare value of a wrapper', 'p.Wrapped', '0a 02 0805 12 00', { n: 5, s: '', b: null }],
    [
      'reads packed and loose numbers for either declaration',
      'p.Lists',
      '08 01 0a 02 02 03 12 02 04 05',
      {
        ...noLists,
        packed: [1, 2, 3],
        loose: [4, 5],
      },
    ],
    [
      'merges a message that comes in two parts',
      'p.All',
      '8a01 05 0d0000803f 8a01 09 110000000000000040',
      {
        ...noAll,
        pos: { x: 1, y: 2 },
      },
    ],
    ['lets the last of two values win', 'p.All', '18 01 18 02', { ...noAll, i32: 2 }],
    [
      'keeps integers exact',
      'p.All',
      '40 ffffffffffffff7f 48 8180808080808010',
      {
        ...noAll,
        i64: 2n ** 56n - 1n,
        u64: 2n ** 53n + 1n,
      },
    ],
    ['wraps unsigned integers beyond 63 bits', 'p.All', '48 ffffffffffffffffff01', { ...noAll, u64: -1 }],
    ['reads a negative int32 of ten bytes', 'p.All', '18 ffffffffffffffffff01', { ...noAll, i32: -1 }],
    ['reads enums as integers, unknown ones too', 'p.All', '8001 63', { ...noAll, color: 99 }],
    [
      'passes over unknown fields of every wire type',
      'p.Nothing',
      '08 01 11 0000000000000000 1a 01 00 25 00000000',
      {},
    ],
    ['passes over unknown groups', 'p.Nothing', '0b 08 01 13 14 0c', {}],
    [
      'reads groups',
      'q.Old',
      '43 08 07 12 01 61 44 4b 08 01 4c 4b 4c',
      {
        ...noOld,
        inner: { n: 7, s: 'a' },
        item: [{ n: 1 }, { n: 0 }],
      },
    ],
    ['leaves out map fields', 'p.Odd', '12 05 0a 01 61 10 01', { constructor: 0, last: 0 }],
    ['reads fields of high numbers', 'p.Odd', '80 be 92 01 05', { constructor: 0, last: 5 }],
    ['leaves out what nests a type into itself', 'p.Tree', '08 01 22 02 08 02', { id: 1, leaf: { id: 2 } }],
    ['puts an unset optional field of proto3 at its default', 'p.Present', '', { n: 0, s: '' }],
  ];
  for (const [what, schemaId, message, row] of cases) {
    it(what, () => expect(present(decode(schemaId, bytes(message)))).toEqual(row));
  }

  const damaged: readonly (readonly [what: string, schemaId: string, message: string])[] = [
    ['a tag without a value', 'p.All', '18'],
    ['a number that does not end', 'p.All', '40 ffffffffffffffffffff'],
    ['a text longer than the message', 'p.All', '72 05 61'],
    ['a double that is cut', 'p.All', '09 0000'],
    ['a nested message longer than the message', 'p.All', '8a01 05 0d'],
    ['a nested message whose last value is longer than it', 'p.All', '8a01 03 0d00 0000 00'],
    ['packed numbers that run over their end', 'p.Lists', '0a 01 80 01'],
    ['field number 0', 'p.All', '00 01'],
    ['an end of a group that has not begun', 'p.All', '0c'],
    ['a group that does not end', 'q.Old', '43 08 07'],
    ['an unknown group that does not end', 'p.Nothing', '0b 08 07'],
    ['a wire type that does not exist', 'p.All', '1f'],
    ['a length beyond all bounds', 'p.All', '72 ffffffff0f 61'],
  ];
  for (const [what, schemaId, message] of damaged) {
    it(`refuses ${what}`, () => {
      expect(() => decode(schemaId, bytes(message))).toThrow(/^cannot parse protobuf message: /);
    });
  }

  it('reads only the columns that are wanted, under their new names', () => {
    const row = decode('p.All', bytes('18 05 72 01 61'), { columns: ['s', 'none'], renames: { s: 'text' } });
    expect(row).toStrictEqual({ text: 'a', none: undefined });
  });

  it('leaves a column out that no longer has the declared kind', () => {
    const schema: RowType = { k: 'map', fields: { i32: 'string', s: 'string' }, rest: null };
    expect(decode('p.All', bytes('18 05 72 01 61'), { schema })).toStrictEqual({ i32: undefined, s: 'a' });
  });

  it('tags integers where no columns are declared', () => {
    const row = decode('p.Lists', bytes('0a 02 02 03'), { schema: null, columns: ['packed'] });
    expect(row).toEqual({ packed: [2n, 3n] });
  });

  it('goes on with the next message after a damaged one, and reads none beyond its end', () => {
    const decoder = format.createDecoder({
      schema: schemas.columns('p.Choice'),
      columns: null,
      schemaId: 'p.Choice',
      options: {},
    });
    const buffer = Buffer.from(bytes('08 05 08 12 01 61 ff'));
    const seen: unknown[] = [];
    decoder.decodeBatch({ buffer, starts: Uint32Array.of(0, 2, 3), ends: Uint32Array.of(2, 3, 6), count: 3 } as never, {
      row: (row, i) => seen.push([i, present(row)]),
      fail: (error, i) => seen.push([i, error.message]),
    });
    expect(seen).toEqual([
      [0, { number: 5 }],
      [1, 'cannot parse protobuf message: unexpected end'],
      [2, { text: 'a' }],
    ]);
  });

  it('copies bytes out of the batch', () => {
    const message = bytes('7a 02 0102');
    const { raw } = decode('p.All', message) as { raw: Uint8Array };
    message.fill(9);
    expect([...raw]).toEqual([1, 2]);
  });

  it('has code that can be printed', () => {
    const [field = null] = schemas.message('p.Choice').fields;
    expect(decoderSource([{ output: 'n', field }], false).toString()).toContain('case 8: v0 = r.int32(); break;');
  });
});

describe('encoding protobuf', () => {
  const cases: readonly (readonly [what: string, schemaId: string, row: Row, message: string])[] = [
    ['leaves out zeros without presence', 'p.All', { i32: 0, s: '', b: false, raw: new Uint8Array(0), d: 0 }, ''],
    ['writes zeros with presence', 'p.Present', { n: 0, s: '' }, '08001200'],
    ['writes zeros in a oneof', 'p.Choice', { number: 0 }, '0800'],
    ['writes negative zero', 'p.All', { d: -0 }, '090000000000000080'],
    ['ignores members without a field, and null ones', 'p.All', { i32: 5, other: 1, s: null }, '1805'],
    ['ignores what a row inherits', 'p.Odd', {}, ''],
    ['makes floats and integers of each other', 'p.All', { i32: 5.9, d: 2n }, '0900000000000000401805'],
    ['takes a text for bytes as it is', 'p.All', { raw: 'AQI=' }, '7a044151493d'],
    ['writes packed numbers', 'p.Lists', { packed: [1n, 2n] }, '0a020102'],
    ['writes loose numbers', 'p.Lists', { loose: [1n, 2n] }, '10011002'],
    ['writes nothing for an empty list', 'p.Lists', { packed: [], names: [] }, ''],
    ['writes an empty nested message', 'p.All', { pos: {} }, '8a0100'],
    ['takes a bare value or a map for a wrapper', 'p.Wrapped', { n: 5n, s: { value: 'a' } }, '0a02080512030a0161'],
    ['writes groups', 'q.Old', { id: 1n, inner: { n: 7n } }, '080143080744'],
  ];
  for (const [what, schemaId, row, message] of cases) {
    it(what, () => expect(hex(encode(schemaId, row, tagged))).toBe(message));
  }

  const refused: readonly (readonly [schemaId: string, row: Row, why: string])[] = [
    ['p.All', { i32: 'abc' }, "invalid type for int type field 'i32': cannot convert string(abc) to int"],
    ['p.All', { i64: true }, "invalid type for int type field 'i64': cannot convert bool(true) to int"],
    [
      'p.All',
      { i32: 3_000_000_000n },
      "invalid type for int type field 'i32': cannot convert int64(3000000000) to int32, out of range",
    ],
    [
      'p.All',
      { u64: -1n },
      "invalid type for uint type field 'u64': cannot convert int64(-1) to uint, negative not allowed",
    ],
    ['p.All', { d: '1.5' }, "invalid type for float type field 'd': cannot convert string(1.5) to float64"],
    ['p.All', { b: 1n }, "invalid type for bool type field 'b': cannot convert int64(1) to bool"],
    ['p.All', { s: 5n }, "invalid type for string type field 's': cannot convert int64(5) to string"],
    ['p.All', { raw: 5n }, "invalid type for bytes type field 'raw': cannot convert int64(5) to bytes"],
    ['p.All', { color: 'BLUE' }, "invalid type for int type field 'color': cannot convert string(BLUE) to int"],
    ['p.All', { pos: 5n }, "invalid type for message type field 'pos': cannot convert int64(5) to a map"],
    [
      'p.All',
      { pos: { x: 'a' } },
      "failed to encode field 'pos': invalid type for float type field 'x': cannot convert string(a) to float64",
    ],
    ['p.Lists', { packed: 5n }, "invalid type for int type field 'packed': cannot convert int64(5) to a list"],
    ['p.Lists', { packed: [null] }, "invalid type for int type field 'packed': cannot convert <nil>(<nil>) to int"],
    ['q.Old', {}, 'field id not found'],
  ];
  for (const [schemaId, row, why] of refused) {
    it(`refuses with ${why}`, () => expect(() => encode(schemaId, row, tagged)).toThrow(why));
  }

  it('writes the next row after one that was refused', () => {
    const encoder = format.createEncoder({ type: tagged, schemaId: 'p.All', options: {} });
    expect(() => encoder.encodeRow({ i32: 1n, s: 5n })).toThrow('string');
    expect(hex(encoder.encodeRow({ i32: 2n }) as Uint8Array)).toBe('1802');
  });

  it('refuses lists of rows and joins batches without a separator', () => {
    const encoder = format.createEncoder({ type: tagged, schemaId: 'p.All', options: {} });
    expect(() => encoder.encodeList([{ i32: 1n }])).toThrow('unsupported type [map[i32:1]], must be a map');
    expect(hex(encoder.joinBatch([bytes('1801'), bytes('1802')]) as Uint8Array)).toBe('18011802');
  });

  it('is refused without a schema', () => {
    for (const schemaId of [undefined, 'p', 'p.None', 'none.X']) {
      expect(() =>
        format.createEncoder({ type: tagged, options: {}, ...(schemaId !== undefined && { schemaId }) }),
      ).toThrow(/ not found in /);
    }
  });
});

describe('protobuf against the library', () => {
  const root = protobuf.parse(
    proto3.replace('google.protobuf.StringValue texts', 'string texts').replace(/^message Wrapped.*$/m, ''),
    { keepCase: true },
  ).root;
  root.resolveAll();
  const int = (bits: number, signed: boolean) =>
    signed ? fc.bigInt(-(2n ** BigInt(bits - 1)), 2n ** BigInt(bits - 1) - 1n) : fc.bigInt(0n, 2n ** BigInt(bits) - 1n);
  const u63 = fc.bigInt(0n, 2n ** 63n - 1n);
  const pos = fc.record({ x: fc.float({ noNaN: true }), y: fc.double({ noNaN: true }) });
  const all = fc.record(
    {
      d: fc.double({ noNaN: true }),
      f: fc.float({ noNaN: true }),
      i32: int(32, true),
      u32: int(32, false),
      s32: int(32, true),
      f32: int(32, false),
      sf32: int(32, true),
      i64: int(64, true),
      u64: u63,
      s64: int(64, true),
      f64: u63,
      sf64: int(64, true),
      b: fc.boolean(),
      s: fc.string({ unit: 'grapheme' }),
      color: int(32, true),
      raw: fc.uint8Array(),
      pos,
    },
    { requiredKeys: [] },
  );
  const lists = fc.record({
    packed: fc.array(int(64, true)),
    loose: fc.array(int(64, true)),
    names: fc.array(fc.string({ unit: 'grapheme' })),
    path: fc.array(pos),
    numbers: fc.array(fc.double({ noNaN: true })),
    flags: fc.array(fc.boolean()),
  });

  /** What the library makes of a message, in the form of our rows with every integer tagged. */
  function theirs(name: string, message: Uint8Array): unknown {
    const type = root.lookupType(name);
    const object = type.toObject(type.decode(message), { longs: BigInt, defaults: true, arrays: true });
    return JSON.parse(JSON.stringify(object, plain));
  }

  function plain(_key: string, value: unknown): unknown {
    if (typeof value === 'bigint') return String(value);
    if (value instanceof Uint8Array) return [...value].join(' ');
    if (value !== null && typeof value === 'object' && 'type' in value && value.type === 'Buffer')
      return (value as unknown as { data: number[] }).data.join(' ');
    return typeof value === 'number' && Number.isInteger(value) ? String(value) : value;
  }

  const ours = (row: unknown): unknown => JSON.parse(JSON.stringify(row, plain));

  for (const [name, rows] of [
    ['All', all],
    ['Lists', lists],
  ] as const) {
    const schemaId = `p.${name}`;
    it(`reads ${name} back as it was written, as the library reads it`, () => {
      fc.assert(
        fc.property(rows, (row: Row) => {
          const message = encode(schemaId, row, tagged);
          const read = decode(schemaId, message, { schema: null }) as Row;
          for (const [key, value] of Object.entries(row)) expect(read[key]).toEqual(value);
          const { texts: _, ...known } = read;
          const { texts: __, ...expected } = theirs(name, message) as Row;
          expect(ours(known)).toEqual(expected);
        }),
      );
    });

    it(`gives ${name} as slots and tagged alike`, () => {
      fc.assert(
        fc.property(rows, (row: Row) => {
          const message = encode(schemaId, row, tagged);
          const slots = decode(schemaId, message);
          expect(tagValue(slots, schemas.columns(schemaId))).toEqual(decode(schemaId, message, { schema: null }));
          expect(hex(encode(schemaId, slots as Row))).toBe(hex(message));
        }),
      );
    });
  }

  it('never reads a damaged message as anything but a row or a row error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (message) => {
        for (const schemaId of ['p.All', 'p.Lists', 'q.Old', 'p.Choice']) {
          try {
            decode(schemaId, message);
          } catch (error) {
            expect((error as Error).message).toMatch(/^cannot parse protobuf message: /);
          }
        }
      }),
      { numRuns: 500 },
    );
  });
});

/** Members that are not missing. */
function present(row: unknown): Row {
  return Object.fromEntries(Object.entries(row as Row).filter(([, value]) => value !== undefined));
}
