import { describe, expect, it } from 'vitest';
import { editDistance, nearestName } from './nearest-name.ts';

describe('the name nearest to a word', () => {
  const words = ['FROM', 'WHERE', 'temperature', 'deviceId', 'a'];
  const cases: readonly (readonly [word: string, nearest: string | null])[] = [
    ['FORM', 'FROM'],
    ['form', 'FROM'],
    ['WHRE', 'WHERE'],
    ['temprature', 'temperature'],
    ['DEVICEID', 'deviceId'],
    ['b', null],
    ['A', 'a'],
    ['xyz', null],
    ['pressure', null],
    ['', null],
  ];
  for (const [word, nearest] of cases) {
    it(`of ${JSON.stringify(word)} is ${nearest ?? 'none'}`, () => expect(nearestName(word, words)).toBe(nearest));
  }

  it('counts a swap of neighbours as one edit and stops at the limit', () => {
    expect(editDistance('ab', 'ba', 5)).toBe(1);
    expect(editDistance('abcdef', 'uvwxyz', 3)).toBe(3);
    expect(editDistance('kitten', 'sitting', 9)).toBe(3);
  });
});
