import { expect, it } from 'vitest';
import { AckLedger } from './ack.ts';

it('commits a batch when its last holder lets go', () => {
  const committed: number[] = [];
  const ledger = new AckLedger((position) => committed.push(position));
  const ticket = ledger.issue(9);
  ticket.hold();
  ticket.release();
  expect(committed).toEqual([]);
  ticket.release();
  expect(committed).toEqual([9]);
  expect(ledger.outstanding).toBe(0);
});

it('commits in order, whatever the order of completion', () => {
  const committed: number[] = [];
  const ledger = new AckLedger((position) => committed.push(position));
  const tickets = [10, 20, 30].map((position) => ledger.issue(position));
  tickets[2]?.release();
  tickets[1]?.release();
  expect(committed).toEqual([]);
  expect(ledger.outstanding).toBe(3);
  tickets[0]?.release();
  expect(committed).toEqual([30]);
});

it('stays small over a long run of batches with one always open', () => {
  let last = -1;
  const ledger = new AckLedger((position) => {
    last = position;
  });
  let open = ledger.issue(0);
  for (let position = 1; position <= 10_000; position++) {
    const next = ledger.issue(position);
    open.release();
    open = next;
  }
  expect(last).toBe(9999);
  expect(ledger.outstanding).toBe(1);
});
