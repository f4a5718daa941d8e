/**
 * Cost per row of windows that keep accumulators: `npx vitest bench --run packages/engine/src/operators`. One iteration
 * is a thousand rows, so the mean in ms is the cost of a row in µs.
 */
import { strict as assert } from 'node:assert';
import type { Aggregation } from '@kuiper/sdk';
import { bench, describe } from 'vitest';
import type { WindowSpec } from '../plan/plan-node.ts';
import { byKey, countRows, largest, testSpec, type TestRow, WindowRun } from './testing.ts';
import type { AggregateProgram, GroupsView, GroupView } from './types.ts';

interface Sum {
  n: number;
  sum: number;
}

const mean: Aggregation<Sum> = {
  returns: 'float',
  init: () => ({ n: 0, sum: 0 }),
  add: (state, value: number) => {
    state.n++;
    state.sum += value;
  },
  combine: (state, other) => {
    state.n += other.n;
    state.sum += other.sum;
    return true;
  },
  result: (state) => state.sum / state.n,
};

function overA(impl: Aggregation): AggregateProgram<TestRow> {
  return {
    impl,
    add: (state, row) => impl.add(state, row.a),
    remove: impl.remove === undefined ? null : (state, row) => impl.remove?.(state, row.a),
  };
}

const program = byKey([countRows, largest, mean].map(overA));

/** A window at a thousand rows a second of simulated time, `keys` groups. */
class Feed {
  readonly #run: WindowRun;
  readonly #keys: readonly string[];
  #rows = 0;
  windows = 0;
  last: readonly unknown[] = [];

  constructor(spec: WindowSpec, keys: number) {
    this.#keys = Array.from({ length: keys }, (_, i) => `device-${i}`);
    this.#run = new WindowRun({
      spec,
      content: { kind: 'groups', program },
      output: (view) => {
        this.windows++;
        const group = (view as GroupsView<TestRow>).groups[0] as GroupView<TestRow>;
        this.last = [group.result(0), group.result(1), group.result(2)];
      },
    });
    this.#run.window.start();
  }

  push(count: number): void {
    const { window } = this.#run;
    for (let i = 0; i < count; i++) {
      const ts = ++this.#rows;
      const row = { ts, a: (ts * 7919) % 1000, k: this.#keys[ts % this.#keys.length] as string };
      window.row(row, ts);
    }
  }
}

const hour = 3_600_000;
const sliding = new Feed(testSpec({ type: 'sliding', length: hour }), 1);
const tumbling = new Feed(testSpec({ type: 'tumbling', length: 10_000 }), 1000);
const hopping = new Feed(testSpec({ type: 'hopping', length: 10_000, interval: 1000 }), 1000);
sliding.push(hour + 5000);
assert.deepEqual(sliding.last.slice(0, 2), [hour + 1, 999]);
assert.ok(Math.abs((sliding.last[2] as number) - 499.5) < 0.001);

describe('a thousand rows into a window', () => {
  bench('sliding over an hour, a result per row: count, max, avg', () => sliding.push(1000));
  bench('tumbling, 1000 groups: count, max, avg', () => tumbling.push(1000));
  bench('hopping by a tenth, 1000 groups: count, max, avg', () => hopping.push(1000));
});
