/**
 * Calls over groups: functions of extensions that stand where an aggregate stands and take each argument as the list of
 * its values over the rows of the group. Each list is an aggregate of its own, hidden from the listing; the call itself
 * is a scalar one over them. Source: behaviour spec, extension §1.
 */
import { type Kind, tagValue } from '@kuiper/base';
import { type AggregateFunction, type Aggregation, aggregate, type FunctionDeclaration, t } from '@kuiper/sdk';

/** True for functions whose arguments are lists over the group. */
export function isOverGroup(fn: FunctionDeclaration | undefined): boolean {
  return fn?.class === 'scalar' && fn.overGroup === true;
}

interface Listed {
  values: unknown[];
}

function listing(kind: Kind): Aggregation<Listed> {
  return {
    returns: { k: 'list', of: 'any' },
    init: () => ({ values: [] }),
    add: (state, value: unknown) => {
      state.values.push(tagValue(value ?? null, kind));
    },
    merge: (state, other) => {
      for (const value of other.values) state.values.push(value);
    },
    remove: (state) => {
      state.values.shift();
    },
    result: (state) => state.values.slice(),
  };
}

/** Every value of the group, null included; an empty list when there is no row. */
export const groupList: AggregateFunction = aggregate({
  name: '$$list',
  group: 'internal',
  internal: true,
  args: [t.any('x')],
  summary: 'All values of the group.',
  examples: [],
  implement: (kind = 'any') => listing(kind),
});
