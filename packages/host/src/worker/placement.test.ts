import type { RuleSpec } from '@kuiper/engine';
import { describe, expect, it } from 'vitest';
import { affinityKeys, isTied, pinned } from './placement.ts';

const spec = (parts: Partial<RuleSpec>): RuleSpec =>
  ({ id: 'r', sql: 'SELECT a FROM demo', graph: null, sources: [], actions: [], ...parts }) as unknown as RuleSpec;

const tied = [
  { kind: 'source', name: 'random' },
  { kind: 'sink', name: 'print' },
  { kind: 'function', name: 'revert' },
] as const;

describe('a rule lives on worker 0 when it uses', () => {
  const source = { kind: 'stream', name: 'demo', options: { type: 'random' }, props: {} };
  const action = { type: 'print', index: 0, props: {} };
  const cases: readonly (readonly [what: string, parts: object, isPinned: boolean])[] = [
    ['a source of a plugin', { sources: [source] }, true],
    ['a sink of a plugin', { actions: [action] }, true],
    ['a function of a plugin', { sql: 'SELECT revert(a) FROM demo' }, true],
    ['one in a graph', { sql: null, graph: { nodes: { f: { props: { expr: 'revert(a) as b' } } } } }, true],
    ['none of them', { sql: 'SELECT upper(a) FROM demo' }, false],
  ];
  for (const [what, parts, isPinned] of cases) {
    it(what, () => expect(affinityKeys(spec(parts), tied).includes(pinned)).toBe(isPinned));
  }

  it('ties plugins, and not what each thread can have for itself', () => {
    expect([
      isTied({ kind: 'script', name: 'f', script: '', isAgg: false }),
      isTied({ kind: 'portable', name: 'p', version: '', sources: [], sinks: [], functions: [], lookups: [] }),
    ]).toEqual([false, true]);
  });
});
