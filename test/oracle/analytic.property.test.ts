/** Analytic functions with partitions and conditions, against the few lines that define them. Source: functions §5. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { play, type Sent } from './play.ts';

interface Event {
  readonly k?: string | null;
  readonly a?: number | string | null | readonly number[];
  readonly ok?: boolean | null;
}

/** One call's memory; `valid` is false where WHEN is. `a` is null when it is missing. */
type Call = (a: unknown, valid: boolean) => unknown;

const same = (x: unknown, y: unknown): boolean => JSON.stringify(x) === JSON.stringify(y);

function lag(offset: number, initial: unknown, ignoreNull: boolean): Call {
  const queue = new Array<unknown>(offset).fill(initial);
  return (a, valid) => {
    const oldest = queue[0] ?? null;
    if (valid && !(ignoreNull && a === null)) queue.splice(0, queue.length, ...queue.slice(1), a);
    return oldest;
  };
}

function latest(initial: unknown): Call {
  let stored: unknown;
  return (a, valid) => {
    if (valid && a !== null) stored = a;
    return stored ?? initial;
  };
}

function changedCol(ignoreNull: boolean): Call {
  let stored: unknown = null;
  return (a, valid) => {
    if (!valid || (ignoreNull && a === null) || same(a, stored)) return null;
    stored = a;
    return a;
  };
}

function hadChanged(ignoreNull: boolean): Call {
  const changed = changedCol(ignoreNull);
  let stored: unknown = null;
  return (a, valid) => {
    const before = stored;
    if (valid && !(ignoreNull && a === null)) stored = a;
    changed(a, valid);
    return valid && !(ignoreNull && a === null) && !same(a, before);
  };
}

function accumulated(result: (seen: readonly number[]) => unknown, countsAll = false): Call {
  const seen: number[] = [];
  return (a, valid) => {
    if (valid && (typeof a === 'number' || (countsAll && a !== null))) seen.push(a as number);
    return result(seen);
  };
}

const total = (list: readonly number[]): number => list.reduce((sum, n) => sum + n, 0);

const calls: Readonly<Record<string, () => Call>> = {
  'lag(a)': () => lag(1, null, true),
  'lag(a, 2, 9)': () => lag(2, 9, true),
  'lag(a, 3, 0, false)': () => lag(3, 0, false),
  'latest(a)': () => latest(null),
  'latest(a, 7)': () => latest(7),
  'changed_col(true, a)': () => changedCol(true),
  'changed_col(false, a)': () => changedCol(false),
  'had_changed(true, a)': () => hadChanged(true),
  'had_changed(false, a)': () => hadChanged(false),
  'acc_count(a)': () => accumulated((seen) => seen.length, true),
};
const numberCalls: Readonly<Record<string, () => Call>> = {
  'acc_sum(a)': () => accumulated(total),
  'acc_avg(a)': () => accumulated((seen) => (seen.length === 0 ? 0 : total(seen) / seen.length)),
  'acc_max(a)': () => accumulated((seen) => (seen.length === 0 ? 0 : Math.max(...seen))),
  'acc_min(a)': () => accumulated((seen) => (seen.length === 0 ? 0 : Math.min(...seen))),
};

const overs = ['', ' OVER (PARTITION BY k)', ' OVER (WHEN ok)', ' OVER (PARTITION BY k WHEN ok)'];

/** A row per event: the value, left out when null. */
function oracle(make: () => Call, over: string, events: readonly Event[]): unknown[] {
  const partitions = new Map<string, Call>();
  return events.map(({ k, a, ok }) => {
    const key = over.includes('PARTITION') ? String(k ?? '<nil>') : '';
    const call = partitions.get(key) ?? make();
    partitions.set(key, call);
    // what is no boolean counts as true
    const value = call(a ?? null, !over.includes('WHEN') || ok !== false);
    return [value === null ? {} : { x: value }];
  });
}

const integer = fc.integer({ min: -3, max: 3 });
const anyValue = fc.oneof(integer, fc.constant(null), fc.constantFrom('', 'q'), fc.array(integer, { maxLength: 2 }));
const eventsOf = (a: fc.Arbitrary<unknown>, required: readonly 'a'[]): fc.Arbitrary<Event[]> =>
  fc.array(
    fc.record(
      { k: fc.constantFrom('x', 'y', '', null), a, ok: fc.constantFrom(true, false, null) },
      { requiredKeys: [...required] },
    ) as fc.Arbitrary<Event>,
    { maxLength: 25 },
  );

for (const [group, events] of [
  [calls, eventsOf(anyValue, [])],
  [numberCalls, eventsOf(integer, ['a'])],
] as const) {
  describe(`calls of ${Object.keys(group).join(', ')}`, () => {
    for (const [call, make] of Object.entries(group)) {
      for (const over of overs) {
        test(call + over, () => {
          fc.assert(
            fc.property(events, fc.constantFrom('compiled' as const, 'interpreted' as const), (list, mode) => {
              const sent = list.map((event): Sent => ['s', event as Record<string, unknown>]);
              expect(play(`SELECT ${call}${over} AS x FROM s`, sent, mode)).toEqual(oracle(make, over, list));
            }),
            { numRuns: 40 },
          );
        });
      }
    }
  });
}
