import { describe, expect, test } from 'vitest';
import type { SourceSpec } from './rule-spec.ts';
import { splitProps } from './split-props.ts';

const spec = (props: Record<string, unknown>): SourceSpec => ({
  name: 's',
  kind: 'stream',
  columns: [],
  options: {},
  props,
});

describe('properties that the runtime heeds for all sources', () => {
  const cases: readonly (readonly [Record<string, unknown>, Record<string, unknown>])[] = [
    [{}, { interval: 0, payloadFormat: '', mergeField: '' }],
    [{ interval: '1s' }, { interval: 1000 }],
    [{ interval: 20 }, { interval: 20 }],
    [
      { payloadformat: 'json', PAYLOADFIELD: 'p' },
      { payloadFormat: 'json', payloadField: 'p' },
    ],
  ];
  test.each(cases)('%j', (props, expected) => {
    expect(splitProps(spec(props))).toMatchObject(expected);
  });

  const wrong: readonly (readonly [Record<string, unknown>, string])[] = [
    [{ interval: 'soon' }, `1 error(s) decoding:\n\n* error decoding 'interval': time: invalid duration "soon"`],
    [
      { payloadFormat: 5 },
      `1 error(s) decoding:\n\n* 'payloadFormat' expected type 'string', got unconvertible type 'float64', value: '5'`,
    ],
  ];
  test.each(wrong)('%j is refused', (props, text) => {
    expect(() => splitProps(spec(props))).toThrow(text);
  });
});
