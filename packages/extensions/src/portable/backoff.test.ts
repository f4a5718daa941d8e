import { expect, it } from 'vitest';
import { Backoff } from './backoff.ts';

it('waits longer each time, up to its limit, and begins anew after a reset', () => {
  const backoff = new Backoff(100, 1000);
  expect([1, 2, 3, 4, 5, 6].map(() => backoff.next())).toEqual([100, 200, 400, 800, 1000, 1000]);
  backoff.reset();
  expect(backoff.next()).toBe(100);
});
