import { describe, expect, it } from 'vitest';
import { modernProps, modernRule } from './legacy-props.ts';

describe('properties of old', () => {
  const cases: readonly (readonly [type: string, old: Record<string, unknown>, modern: Record<string, unknown>])[] = [
    ['x', { timeout: 500, interval: '1000' }, { timeout: '500ms', interval: '1s' }],
    ['x', { timeout: 1.5, interval: -3, expiration: 0 }, { timeout: '1ms', interval: '-3ms', expiration: '0s' }],
    ['x', { timeout: '5s', interval: 'soon' }, { timeout: '5s', interval: 'soon' }],
    ['x', { lookup: { cacheTtl: 600, cache: true } }, { lookup: { cacheTtl: '600ms', cache: true } }],
    ['kafka', { saslPassword: 'p', url: 'u' }, { password: 'p', url: 'u' }],
    ['sql', { url: 'mysql://x' }, { dburl: 'mysql://x' }],
  ];
  for (const [type, old, modern] of cases) {
    it(`of ${type}: ${JSON.stringify(old)}`, () => expect(modernProps(type, old)).toEqual(modern));
  }

  it('are left alone in the actions of a rule, but for kafka and sql', () => {
    expect(modernRule({ actions: [{ mqtt: { timeout: 5 } }] })).toBeNull();
    expect(modernRule({ id: 'r', actions: [{ sql: { url: 'u' }, nop: { timeout: 5 } }] })).toEqual({
      id: 'r',
      actions: [{ sql: { dburl: 'u' }, nop: { timeout: 5 } }],
    });
  });
});
