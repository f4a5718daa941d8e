/** What the compiler refuses. */
import { defineErrors, ErrorCode } from '@kuiper/base';

export const compileErrors = defineErrors({
  ASYNC_FUNCTION: {
    code: ErrorCode.planner,
    domain: 'user',
    text: (name: string) => `function ${name} is asynchronous and cannot be used in a join or lookup condition`,
  },
  ASYNC_SWITCH: {
    code: ErrorCode.planner,
    domain: 'user',
    text: (name: string) => `function ${name} is asynchronous and cannot be used in a case of a switch`,
  },
  PLAN_SHAPE: {
    code: ErrorCode.planner,
    domain: 'internal',
    text: (what: string) => `plan cannot be compiled: ${what}`,
  },
});
