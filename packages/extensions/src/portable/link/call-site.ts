/** One call of a function in a statement, during one run. */
import { jsonText, makeRowError, valueText } from '@kuiper/base';
import type { FunctionContext } from '@kuiper/sdk';
import { LinkState } from './link-state.ts';

export class CallSite {
  readonly ruleId: string;
  readonly opId: string;
  readonly funcId: number;
  readonly timeZone: string;
  /** What the common protocol says of it, as JSON text. */
  readonly json: string;

  readonly #context: FunctionContext;
  #state: LinkState | null = null;

  constructor(context: FunctionContext) {
    const { ruleId, opId, funcId } = context;
    this.ruleId = ruleId;
    this.opId = opId;
    this.funcId = funcId;
    this.timeZone = context.timeZone;
    this.#context = context;
    this.json = jsonText({ ruleId, opId, instanceId: 0, funcId });
  }

  get state(): LinkState {
    this.#state ??= new LinkState(this.#context);
    return this.#state;
  }

  failure(result: unknown): Error {
    return makeRowError(typeof result === 'string' ? result : result === null ? '' : valueText(result, 'any'));
  }
}
