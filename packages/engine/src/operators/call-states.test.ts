import { describe, expect, it } from 'vitest';
import type { StateSlot } from '../state/state-slot.ts';
import { CallState } from './call-state.ts';
import { HitState } from './hit-state.ts';
import { PartitionState } from './partition-state.ts';
import { TestStore } from './testing.ts';

function copied(from: StateSlot, to: StateSlot): void {
  const store = new TestStore();
  store.begin(from);
  store.finish();
  store.restore(to);
}

describe('The state of an analytic call', () => {
  type Row = { readonly b?: unknown; readonly c?: unknown };
  const make = (...names: ('b' | 'c')[]): PartitionState<Row, { n: number }> =>
    new PartitionState<Row, { n: number }>({
      name: '$$func1',
      fingerprint: '',
      partitionBy: names.map((name) => ({ value: (row: Row) => row[name], kind: 'any' as const })),
      init: () => ({ n: 0 }),
    });
  const count = (state: PartitionState<Row, { n: number }>, row: Row): number => ++state.of(row).n;

  it('is one for all rows without PARTITION BY', () => {
    const state = make();
    expect([count(state, { b: 1 }), count(state, { b: 2 })]).toEqual([1, 2]);
  });

  it('is apart for each key; null and missing are one', () => {
    const state = make('b');
    expect(['x', 'y', 'x', null, undefined].map((b) => count(state, { b }))).toEqual([1, 1, 2, 1, 2]);
  });

  it('runs the parts of a key together without separator', () => {
    const state = make('b', 'c');
    const rows = [
      { b: 'x', c: 'yz' },
      { b: 'xy', c: 'z' },
      { b: 'q', c: 'z' },
      { b: 'xy', c: 'z' },
    ];
    expect(rows.map((row) => count(state, row))).toEqual([1, 2, 1, 3]);
  });

  it('is stored as it was when the checkpoint began', () => {
    const state = make('b');
    for (const b of ['x', 'x', 'y']) count(state, { b });
    const store = new TestStore();
    store.begin(state.state);
    count(state, { b: 'x' });
    count(state, { b: 'z' });
    store.finish();
    const restored = make('b');
    store.restore(restored.state);
    expect(['x', 'y', 'z'].map((b) => count(restored, { b }))).toEqual([3, 2, 1]);
  });
});

describe('The state of a function call', () => {
  it('keeps values and counters by key', () => {
    const state = new CallState('$$func2');
    state.put('last', { list: [1, true] });
    state.put('gone', 1);
    state.delete('gone');
    expect([state.increment('n', 2), state.increment('n', 3), state.counter('other')]).toEqual([2, 5, 0]);
    const restored = new CallState('$$func2');
    copied(state.state, restored.state);
    expect([restored.get('last'), restored.get('gone'), restored.counter('n')]).toEqual([
      { list: [1, true] },
      undefined,
      5,
    ]);
  });
});

describe('The state of last_hit', () => {
  it('counts hits and remembers the last', () => {
    const state = new HitState('$$func3');
    expect([state.count, state.timeMs]).toEqual([0, 0]);
    state.hit(1500);
    state.hit(2500);
    const restored = new HitState('$$func3');
    copied(state.state, restored.state);
    expect([restored.count, restored.timeMs]).toEqual([2, 2500]);
  });
});
