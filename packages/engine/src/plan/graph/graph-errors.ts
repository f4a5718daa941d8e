/** What a graph is refused for, to the letter. Source: behaviour spec, runtime §16. */
import { defineErrors, ErrorCode, type ErrorSpec, type ErrorTable } from '@kuiper/base';

type Spec<Args extends readonly unknown[]> = ErrorSpec<Args>;

interface GraphErrorSpecs {
  GRAPH: Spec<[text: string]>;
  NODE_PARSE: Spec<[kind: string, name: string, props: string, why: string]>;
  NODE_INPUT: Spec<[from: string, to: string, why: string]>;
}

const code = ErrorCode.undefined;
const specs: GraphErrorSpecs = {
  GRAPH: { code, domain: 'user', text: (text: string) => text },
  NODE_PARSE: {
    code,
    domain: 'user',
    text: (kind: string, name: string, props: string, why: string) =>
      `parse ${kind} ${name} with ${props} error: ${why}`,
  },
  NODE_INPUT: {
    code,
    domain: 'user',
    text: (from: string, to: string, why: string) => `node ${from} output does not match node ${to} input: ${why}`,
  },
};

export const graphErrors: ErrorTable<GraphErrorSpecs> = defineErrors(specs as never);
