/** The context of one call site of a function; its state is a slot of the checkpoint. */
import type { FunctionContext } from '@kuiper/sdk';
import type { CallState } from '../operators/call-state.ts';

/** The parts of a function's context that do not depend on the call site. */
export type FunctionSurroundings = Pick<
  FunctionContext,
  'now' | 'random' | 'timeZone' | 'ruleId' | 'logger' | 'rootPath'
>;

export function functionContext(around: FunctionSurroundings, state: CallState): FunctionContext {
  return {
    ...around,
    getState: (key) => state.get(key),
    putState: (key, value) => state.put(key, value),
    deleteState: (key) => state.delete(key),
    incrCounter: (key, amount) => state.increment(key, amount),
    getCounter: (key) => state.counter(key),
  };
}
