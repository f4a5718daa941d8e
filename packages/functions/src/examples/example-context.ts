/** Surroundings with a fixed clock and a fixed dice, for examples and tests. */
import { silentLogger } from '@kuiper/base';
import type { FunctionContext } from '@kuiper/sdk';

/** The moment at which examples run: 2023-11-14T22:13:20.123Z. */
export const exampleNowMs = 1_700_000_000_123;

export function exampleContext(timeZone = 'UTC'): FunctionContext {
  const state = new Map<string, unknown>();
  const counters = new Map<string, number>();
  return {
    now: () => exampleNowMs,
    startedMs: exampleNowMs,
    sleep: () => Promise.resolve(),
    keyedState: () => undefined,
    opId: '2_project',
    funcId: 0,
    random: () => 0.5,
    timeZone,
    ruleId: 'rule1',
    logger: silentLogger,
    rootPath: '/',
    getState: (key) => state.get(key),
    putState: (key, value) => void state.set(key, value),
    deleteState: (key) => void state.delete(key),
    incrCounter: (key, amount) => {
      const value = (counters.get(key) ?? 0) + amount;
      counters.set(key, value);
      return value;
    },
    getCounter: (key) => counters.get(key) ?? 0,
  };
}
