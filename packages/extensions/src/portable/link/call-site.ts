/** One call of a function in a statement, during one run. */
import { jsonText, makeRowError, valueText } from '@kuiper/base';
import type { FunctionContext } from '@kuiper/sdk';
import { LinkState } from './link-state.ts';

export class CallSite {
  readonly ruleId: string;
  readonly opId: string;
  readonly funcId: number;
  readonly timeZone: string;
  /** A call whose process ends is made again on the next one, instead of failing: its rule is to lose nothing. */
  readonly isRepeated: boolean;
  /** Its run has ended: nobody waits for results any more. */
  isOver = false;
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
    this.isRepeated = (context.qos ?? 0) > 0;
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
