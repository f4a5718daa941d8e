import { describe, expect, it } from 'vitest';
import { SchemaStore, type SchemaText } from './schema-store.ts';

function schema(
  name: string,
  files: Readonly<Record<string, string>>,
  roots: readonly string[] = [`${name}.proto`],
): SchemaText {
  return { type: 'protobuf', name, path: `/schemas/protobuf/${name}.proto`, files, roots };
}

function storeOf(...schemas: readonly SchemaText[]): SchemaStore {
  const store = new SchemaStore();
  for (const one of schemas) store.put(one);
  return store;
}

const item = 'syntax = "proto3"; message Item { int32 id = 1; string name = 2; }';

describe('schemas', () => {
  const kinds = { k: 'map', fields: { id: 'int', name: 'string' }, rest: null };
  const point = { k: 'map', fields: { x: 'float' }, rest: null };

  const found: readonly (readonly [what: string, store: SchemaStore, id: string, columns: unknown])[] = [
    ['are found by name and message', storeOf(schema('p', { 'p.proto': item })), 'p.Item', kinds],
    [
      'need no package in the id, and may have one',
      storeOf(schema('p', { 'p.proto': `${item.replace(';', '; package a.b;')}` })),
      'p.Item',
      kinds,
    ],
    [
      'are found by the full name too',
      storeOf(schema('p', { 'p.proto': `${item.replace(';', '; package a.b;')}` })),
      'p.a.b.Item',
      kinds,
    ],
    [
      'have messages within messages',
      storeOf(schema('p', { 'p.proto': 'syntax = "proto3"; message A { message B { float x = 1; } }' })),
      'p.A.B',
      point,
    ],
    [
      'import their own files',
      storeOf(
        schema('p', {
          'p.proto': 'syntax = "proto3"; import "p/part.proto"; message A { p.Part part = 1; }',
          'p/part.proto': 'syntax = "proto3"; package p; import "more.proto"; message Part { More more = 1; }',
          'p/more.proto': 'syntax = "proto3"; package p; message More { float x = 1; }',
        }),
      ),
      'p.A',
      { k: 'map', fields: { part: { k: 'map', fields: { more: point }, rest: null } }, rest: null },
    ],
    [
      'import each other, in circles too',
      storeOf(
        schema('p', { 'p.proto': 'syntax = "proto3"; import "q.proto"; message A { Point point = 1; }' }),
        schema('q', {
          'q.proto': 'syntax = "proto3"; import "p.proto"; message Point { float x = 1; } message C { A a = 1; }',
        }),
      ),
      'p.A',
      { k: 'map', fields: { point }, rest: null },
    ],
    [
      'look into their files in order',
      storeOf(
        schema(
          'dir',
          {
            'dir/a.proto': 'syntax = "proto3"; message A { float x = 1; }',
            'dir/b.proto': 'syntax = "proto3"; message A { int32 id = 1; } message B { float x = 1; }',
          },
          ['dir/a.proto', 'dir/b.proto'],
        ),
      ),
      'dir.B',
      point,
    ],
    [
      'have the well-known types, wrappers as their values',
      storeOf(
        schema('p', {
          'p.proto': `syntax = "proto3"; import "google/protobuf/wrappers.proto"; import "google/protobuf/timestamp.proto";
            import "google/api/annotations.proto"; import "google/protobuf/descriptor.proto";
            message A { google.protobuf.FloatValue f = 1; google.protobuf.Timestamp at = 2; }`,
        }),
      ),
      'p.A',
      {
        k: 'map',
        fields: { f: 'float', at: { k: 'map', fields: { seconds: 'int', nanos: 'int' }, rest: null } },
        rest: null,
      },
    ],
  ];
  for (const [what, store, id, columns] of found) it(what, () => expect(store.columns(id)).toEqual(columns));

  const refused: readonly (readonly [what: string, store: SchemaStore, id: string, why: string])[] = [
    ['no schema at all', storeOf(), '', 'schema type protobuf id  not found in registry'],
    ['an unknown schema', storeOf(), 'p.Item', 'schema type protobuf id p not found in registry'],
    [
      'no message',
      storeOf(schema('p', { 'p.proto': item })),
      'p',
      'message type  not found in schema path /schemas/protobuf/p.proto',
    ],
    [
      'an unknown message',
      storeOf(schema('p', { 'p.proto': item })),
      'p.Nope',
      'message type Nope not found in schema path /schemas/protobuf/p.proto',
    ],
    [
      'a message of an imported file',
      storeOf(schema('p', { 'p.proto': 'syntax = "proto3"; import "p/i.proto";', 'p/i.proto': item })),
      'p.Item',
      'message type Item not found in schema path /schemas/protobuf/p.proto',
    ],
    [
      'an enum',
      storeOf(schema('p', { 'p.proto': 'syntax = "proto3"; enum E { A = 0; }' })),
      'p.E',
      'message type E not found in schema path /schemas/protobuf/p.proto',
    ],
    [
      'what is no schema',
      storeOf(schema('p', { 'p.proto': 'this is no schema' })),
      'p.Item',
      "parse schema file(s) /schemas/protobuf/p.proto failed: illegal token 'this' (/schemas/protobuf/p.proto, line 1)",
    ],
    [
      'what is no schema, without a message asked for',
      storeOf(schema('p', { 'p.proto': 'nope' })),
      'p',
      "parse schema file(s) /schemas/protobuf/p.proto failed: illegal token 'nope' (/schemas/protobuf/p.proto, line 1)",
    ],
    [
      'an import that is not there',
      storeOf(schema('p', { 'p.proto': 'syntax = "proto3"; import "x.proto";' })),
      'p.Item',
      'parse schema file(s) /schemas/protobuf/p.proto failed: /schemas/protobuf/p.proto: could not resolve import "x.proto"',
    ],
    [
      'a type that is not there',
      storeOf(schema('p', { 'p.proto': 'syntax = "proto3"; message A { B b = 1; }' })),
      'p.A',
      "parse schema file(s) /schemas/protobuf/p.proto failed: no such Type or Enum 'B' in Type .A",
    ],
  ];
  for (const [what, store, id, why] of refused) {
    it(`refuse ${what}`, () => {
      expect(() => store.message(id)).toThrow(why);
      expect(store.problem(id)).toBe(why);
    });
  }

  it('are read anew after a change of their own or of what they import', () => {
    const store = storeOf(schema('p', { 'p.proto': 'syntax = "proto3"; import "q.proto"; message A { B b = 1; }' }));
    expect(store.problem('p.A')).toContain('could not resolve import "q.proto"');
    store.put(schema('q', { 'q.proto': 'syntax = "proto3"; message B { float x = 1; }' }));
    expect(store.columns('p.A').fields).toEqual({ b: point });
    store.put(schema('q', { 'q.proto': 'syntax = "proto3"; message B { string x = 1; }' }));
    expect(store.columns('p.A').fields).toEqual({ b: { k: 'map', fields: { x: 'string' }, rest: null } });
    store.delete('protobuf', 'q');
    expect(store.problem('p.A')).toContain('could not resolve import "q.proto"');
  });

  it('do not mind deep and circular nesting', () => {
    const links = Array.from(
      { length: 60 },
      (_, i) => `message M${i} { M${i + 1} a = 1; M${i + 1} b = 2; M0 back = 3; }`,
    );
    const store = storeOf(
      schema('p', { 'p.proto': `syntax = "proto3"; ${links.slice(0, 8).join('')} message M8 { int32 x = 1; }` }),
    );
    expect(Object.keys(store.columns('p.M0').fields)).toEqual(['a', 'b']);
    const chain = links.map((link) => link.replace(/ M0 back = 3;/, ''));
    store.put(schema('q', { 'q.proto': `syntax = "proto3"; ${chain.join('')} message M60 { int32 x = 1; }` }));
    expect(Object.keys(store.columns('q.M0').fields)).toEqual(['a', 'b']);
  });
});
