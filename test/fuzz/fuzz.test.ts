/** Some thousand statements and events of a fixed seed; `run.mjs` beside this file does a million of each. */
import { describe, expect, test } from 'vitest';
import { fuzz } from './fuzz-run.ts';

describe('any statement and any event', () => {
  for (const seed of [1, 2]) {
    test(`is taken or refused in our words (seed ${seed})`, () => {
      const result = fuzz({ seed, statements: 3000, events: 3000, slowMs: 0 });
      expect(result.findings).toEqual([]);
      expect(result.accepted).toBeGreaterThan(300);
      expect(result.rules).toBeGreaterThan(300);
    });
  }
});
