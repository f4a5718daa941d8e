import { ManualClock } from '@kuiper/base';
import type { BytesBatch } from '@kuiper/sdk';
import { expect, it } from 'vitest';
import { AckLedger } from './ack.ts';
import { LatestOnly } from './latest-only.ts';

function batchOf(texts: readonly string[], position: number): BytesBatch {
  const buffer = Buffer.from(texts.join(''));
  let offset = 0;
  const ends = texts.map((text) => {
    offset += text.length;
    return offset;
  });
  const starts = [0, ...ends.slice(0, -1)];
  return { buffer, starts, ends, count: texts.length, timestampMs: 0, position, meta: (i) => ({ i }) };
}

it('passes the newest message of each interval on, and nothing when none came', () => {
  const clock = new ManualClock(0);
  const committed: number[] = [];
  const ledger = new AckLedger((position) => committed.push(position));
  const seen: unknown[] = [];
  const limiter = new LatestOnly(clock, 1000, (batch, ticket) => {
    seen.push([batch.buffer.toString(), batch.position, batch.meta(0)]);
    ticket.release();
  });
  const first = batchOf(['a', 'b'], 0);
  limiter.take(first, ledger.issue(1));
  // The buffer is only lent: what was kept does not change with it.
  first.buffer.fill(0);
  clock.advance(500);
  limiter.take(batchOf(['c', 'dd'], 2), ledger.issue(3));
  expect(committed).toEqual([1]);
  expect(seen).toEqual([]);
  clock.advance(500);
  expect(seen).toEqual([['dd', 3, { i: 1 }]]);
  expect(committed).toEqual([1, 3]);
  clock.advance(3000);
  expect(seen).toHaveLength(1);
  limiter.take(batchOf(['e'], 4), ledger.issue(4));
  limiter.stop();
  clock.advance(3000);
  expect(seen).toHaveLength(1);
  expect(committed).toEqual([1, 3, 4]);
});
