import { describe, expect, test } from 'vitest';
import { bagText, decodeProps, describeProps, maskSecrets, type PropBag } from './decode-props.ts';
import { prop } from './prop.ts';

const schema = {
  server: prop.string(),
  qos: prop.int({ default: 1 }),
  ratio: prop.float({ default: 0.5 }),
  retain: prop.bool({ default: false }),
  interval: prop.duration({ default: '10s' }),
  topics: prop.strings({ default: [] }),
  data: prop.list({ optional: true }),
  headers: prop.map({ optional: true }),
  password: prop.string({ optional: true, secret: true }),
};

const defaults = { server: '', qos: 1, ratio: 0.5, retain: false, interval: 10_000, topics: [] };
const one = (line: string): string => `1 error(s) decoding:\n\n* ${line}`;

describe('property bags', () => {
  const good: readonly (readonly [bag: PropBag, decoded: PropBag])[] = [
    [{}, defaults],
    [
      { SERVER: 'x', unknown: 1 },
      { ...defaults, server: 'x' },
    ],
    [
      { server: 'exact', Server: 'other' },
      { ...defaults, server: 'exact' },
    ],
    [{ qos: 2.9 }, { ...defaults, qos: 2 }],
    [{ qos: 2n }, { ...defaults, qos: 2 }],
    [{ qos: null }, defaults],
    [{ interval: '1h30m' }, { ...defaults, interval: 5_400_000 }],
    [{ interval: 250.9 }, { ...defaults, interval: 250 }],
    [
      { topics: ['a', 'b'], data: [1], headers: { a: 1 } },
      { ...defaults, topics: ['a', 'b'], data: [1], headers: { a: 1 } },
    ],
  ];
  for (const [bag, decoded] of good) {
    test(`${bagText(bag)} decodes`, () => {
      expect(decodeProps(bag, schema)).toEqual(decoded);
    });
  }

  const bad: readonly (readonly [bag: PropBag, message: string])[] = [
    [{ qos: 'one' }, one(`'qos' expected type 'int', got unconvertible type 'string', value: 'one'`)],
    [{ retain: 'true' }, one(`'retain' expected type 'bool', got unconvertible type 'string', value: 'true'`)],
    [{ retain: 1 }, one(`'retain' expected type 'bool', got unconvertible type 'float64', value: '1'`)],
    [{ SERVER: 5 }, one(`'server' expected type 'string', got unconvertible type 'float64', value: '5'`)],
    [{ topics: 'a' }, one(`'topics': source data must be an array or slice, got string`)],
    [{ topics: ['a', 1] }, one(`'topics[1]' expected type 'string', got unconvertible type 'float64', value: '1'`)],
    [{ data: 5 }, one(`'data': source data must be an array or slice, got float64`)],
    [{ headers: [] }, one(`'headers' expected a map, got 'slice'`)],
    [{ interval: 'soon' }, one(`error decoding 'interval': time: invalid duration "soon"`)],
    [
      { retain: 'x', qos: 'y' },
      `2 error(s) decoding:\n\n* 'qos' expected type 'int', got unconvertible type 'string', value: 'y'\n* 'retain' expected type 'bool', got unconvertible type 'string', value: 'x'`,
    ],
  ];
  for (const [bag, message] of bad) {
    test(`${bagText(bag)} fails`, () => {
      expect(() => decodeProps(bag, schema)).toThrow(message);
    });
  }

  test('secrets are masked by schema, or by name', () => {
    const bag = { server: 'x', password: 'p', token: 't', tls: { privateKey: 'k', ok: true }, emptyPassword: '' };
    expect(maskSecrets(bag, schema)).toEqual({ ...bag, password: '******' });
    expect(maskSecrets(bag)).toEqual({
      ...bag,
      password: '******',
      token: '******',
      tls: { privateKey: '******', ok: true },
    });
  });

  test('a schema describes itself as plain JSON', () => {
    const described = describeProps({ wait: prop.duration({ default: 1500, advanced: true }), user: prop.string() });
    expect(JSON.parse(JSON.stringify(described))).toEqual([
      {
        name: 'wait',
        kind: 'duration',
        default: '1.5s',
        optional: true,
        secret: false,
        connection: false,
        advanced: true,
      },
      { name: 'user', kind: 'string', optional: false, secret: false, connection: false, advanced: false },
    ]);
  });
});
