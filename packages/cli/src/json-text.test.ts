import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { elementTexts, indentJson, memberText, prependMember } from './json-text.ts';

describe('JSON as text', () => {
  it('is indented as the platform does it', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(undefined, ' ', '\t'), (value, space) => {
        expect(indentJson(JSON.stringify(value, null, space))).toBe(JSON.stringify(value, null, 2));
        expect(indentJson(JSON.stringify(value), '\t')).toBe(JSON.stringify(value, null, '\t'));
      }),
    );
  });

  it('is cut into elements and members without a change', () => {
    const spaced = (value: unknown): string => JSON.stringify(value, null, 1);
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), fc.dictionary(fc.string(), fc.jsonValue()), (list, object) => {
        expect(elementTexts(JSON.stringify(list))).toEqual(list.map((value) => JSON.stringify(value)));
        expect(elementTexts(spaced(list)).map((text) => JSON.parse(text))).toEqual(JSON.parse(JSON.stringify(list)));
        for (const [name, value] of Object.entries(object)) {
          expect(memberText(JSON.stringify(object), name)).toBe(JSON.stringify(value));
          expect(JSON.parse(memberText(spaced(object), name) as string)).toEqual(JSON.parse(JSON.stringify(value)));
        }
      }),
    );
  });

  const kept: readonly (readonly [text: string, indented: string])[] = [
    ['[1.0,12345678901234567890,1e2]', '[\n  1.0,\n  12345678901234567890,\n  1e2\n]'],
    ['{"b":1,"a":{},"b":[]}', '{\n  "b": 1,\n  "a": {},\n  "b": []\n}'],
    ['"{[,:]}\\""', '"{[,:]}\\""'],
    ['no {json}', 'no {json}'],
  ];
  for (const [text, indented] of kept) {
    it(`keeps what was written: ${text}`, () => expect(indentJson(text)).toBe(indented));
  }

  it('has no member of another name, nor in a list', () => {
    expect(memberText('{"rows":[1.0],"rows":[2.0]}', 'rows')).toBe('[2.0]');
    expect(memberText('{"a":{"rows":1}}', 'rows')).toBeNull();
    expect(memberText('{}', 'rows')).toBeNull();
    expect(memberText('["rows",1]', 'rows')).toBeNull();
  });

  it('takes a member in front', () => {
    expect(prependMember('{"a":1}', 'id', 'x"y')).toBe('{"id":"x\\"y","a":1}');
    expect(prependMember(' { } ', 'id', 'x')).toBe(' {"id":"x" } ');
  });
});
