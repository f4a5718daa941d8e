/** One call of a function in a statement, during one run. */
import { jsonText, makeRowError, valueText } from '@kuiper/base';
import type { FunctionContext } from '@kuiper/sdk';
import { LinkState } from './link-state.ts';

export class CallSite {
  readonly ruleId: string;
  readonly opId: string;
  readonly funcId: number;
  readonly timeZone: string;
  readonly state: LinkState;
  /** What the common protocol says of it, as JSON text. */
  readonly json: string;

  constructor(context: FunctionContext) {
    const { ruleId, opId, funcId } = context;
    this.ruleId = ruleId;
    this.opId = opId;
    this.funcId = funcId;
    this.timeZone = context.timeZone;
    this.state = new LinkState(context);
    this.json = jsonText({ ruleId, opId, instanceId: 0, funcId });
  }

  failure(result: unknown): Error {
    return makeRowError(typeof result === 'string' ? result : result === null ? '' : valueText(result, 'any'));
  }
}
