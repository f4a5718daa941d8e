import { anyMap, detachValue, isMapKind, type Kind, setMember } from '@kuiper/base';
import { type AggregateFunction, type Aggregation, aggregate, t } from '@kuiper/sdk';
import { isMapValue } from '../map-value.ts';

interface Collected {
  values: unknown[];
}

function collecting(kind: Kind): Aggregation<Collected> {
  return {
    returns: { k: 'list', of: kind },
    init: () => ({ values: [] }),
    add: (state, value: unknown) => {
      state.values.push(value === undefined ? null : detachValue(value));
    },
    merge: (state, other) => {
      for (const value of other.values) state.values.push(value);
    },
    remove: (state) => {
      state.values.shift();
    },
    result: (state) => (state.values.length === 0 ? null : state.values.slice()),
  };
}

/** Source: behaviour spec, functions §3.2. */
export const collect: AggregateFunction = aggregate({
  name: 'collect',
  nullShows: 'aliased',
  group: 'aggregate',
  args: [t.any('x')],
  summary: 'All values of the group as a list, nulls included; `collect(*)` gives the rows.',
  examples: [
    { call: 'collect(a)', rows: [{ a: 1n }, { a: null }, {}], gives: '[1, null, null]' },
    { call: 'collect(a)', rows: [{ a: 1 }, { a: 'x' }], gives: '[1.0, "x"]' },
    { call: 'collect(*)', rows: [{ a: 1n }, { b: null }], gives: '[{"a": 1}, {"b": null}]' },
    { call: 'collect(a)', rows: [], gives: 'null' },
  ],
  implement: (kind = 'any') => collecting(kind),
});

interface Merged {
  /** Null until there is a member. */
  map: Record<string, unknown> | null;
}

function merging(kind: Kind): Aggregation<Merged> {
  return {
    returns: isMapKind(kind) ? kind : anyMap,
    init: () => ({ map: null }),
    add: (state, value: unknown) => {
      if (!isMapValue(value)) return;
      for (const key of Object.keys(value)) {
        state.map ??= {};
        setMember(state.map, key, detachValue(value[key]));
      }
    },
    merge: (state, other) => {
      if (other.map === null) return;
      state.map = { ...state.map, ...other.map };
    },
    result: (state) => (state.map === null ? null : { ...state.map }),
  };
}

/** Source: behaviour spec, functions §3.2. */
export const mergeAgg: AggregateFunction = aggregate({
  name: 'merge_agg',
  group: 'aggregate',
  args: [t.any('object')],
  summary: 'Merges the objects of the group; a later member replaces an earlier one. Null when there is no member.',
  examples: [
    { call: 'merge_agg(a)', rows: [{ a: { x: 1 } }, { a: { y: 2 } }, { a: { x: 3 } }], gives: '{"x": 3.0, "y": 2.0}' },
    { call: 'merge_agg(a)', rows: [{ a: 5 }, { a: null }, { a: ['x'] }, { a: { x: 1 } }], gives: '{"x": 1.0}' },
    { call: 'merge_agg(a)', rows: [{ a: {} }, { a: 1 }], gives: 'null' },
  ],
  implement: (kind = 'any') => merging(kind),
});
