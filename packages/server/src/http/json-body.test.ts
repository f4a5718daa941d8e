import { describe, expect, it } from 'vitest';
import { parseFirstJson, parseJson, readFields } from './json-body.ts';

describe('reading JSON bodies', () => {
  it('takes the first value of a body and ignores the rest', () => {
    expect(parseFirstJson('{"sql":"x"} {"sql":"y"} rubbish')).toEqual({ sql: 'x' });
  });

  it('says EOF for an empty body and for one that is cut', () => {
    expect(() => parseFirstJson(' ')).toThrow('EOF');
    expect(() => parseFirstJson('{"a"')).toThrow('unexpected EOF');
  });

  it('insists on a single value where it has to', () => {
    expect(() => parseJson('{} x')).toThrow("invalid character 'x' after top-level value");
  });

  it('finds properties in any case, the exact name first', () => {
    expect(readFields({ NAME: 'a', Name: 'b' }, { name: 'string' })).toEqual({ name: 'b' });
    expect(readFields({ NAME: 'a', name: 'b' }, { name: 'string' })).toEqual({ name: 'b' });
  });

  it('ignores unknown properties and takes null for absent', () => {
    expect(readFields({ other: 1, name: null }, { name: 'string' })).toEqual({});
    expect(readFields(null, { name: 'string' })).toEqual({});
  });

  const refused: readonly (readonly [value: unknown, why: string])[] = [
    [[], 'json: cannot read array as object'],
    ['x', 'json: cannot read string as object'],
    [{ text: 5 }, 'json: cannot read number as string in field text'],
    [{ count: 1.5 }, 'json: cannot read number 1.5 as integer in field count'],
    [{ names: ['a', 5] }, 'json: cannot read number as string in field names[1]'],
    [{ names: 'a' }, 'json: cannot read string as array in field names'],
  ];
  for (const [value, why] of refused) {
    it(`refuses ${JSON.stringify(value)}`, () => {
      expect(() => readFields(value, { text: 'string', count: 'int', names: 'strings' })).toThrow(why);
    });
  }

  it('keeps a property named __proto__ a property', () => {
    const value = parseJson('{"props":{"__proto__":{"x":1}}}');
    const { props } = readFields(value, { props: 'map' });
    expect(Object.keys(props ?? {})).toEqual(['__proto__']);
  });
});
