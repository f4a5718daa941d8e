/** What travels along an edge, and what each operator makes of it. Source: behaviour spec, runtime §16.3, §16.4. */
import type { GraphNodeDef } from './graph-definition.ts';
import { graphErrors } from './graph-errors.ts';
import type { GraphOperator } from './graph-operators.ts';

export interface GraphFlow {
  readonly item: 'row' | 'collection' | 'table';
  readonly grouped: boolean;
  /** Rows joined from several streams. */
  readonly merged: boolean;
  /** Stream the rows come from, when it is one. */
  readonly emitter: string | null;
}

/** The output of an operator. @throws when an input is not what it takes */
export function flowOf(def: GraphNodeDef, operator: GraphOperator, flows: ReadonlyMap<string, GraphFlow>): GraphFlow {
  const inputs = def.inputs.map((input) => ({ node: input.node, flow: flows.get(input.node) as GraphFlow }));
  const refuse = (node: string, why: string): never => {
    throw graphErrors.NODE_INPUT(node, def.name, why);
  };
  const expectItem = (item: 'row' | 'collection'): void => {
    for (const { node, flow } of inputs) {
      if (flow.item !== item && flow.item !== 'table') {
        refuse(node, `input type mismatch, expect ${item}, got ${flow.item}`);
      }
    }
  };
  const expectUngrouped = (): void => {
    for (const { node, flow } of inputs) {
      if (flow.grouped) refuse(node, 'collection type mismatch, expect non-grouped collection, got grouped collection');
    }
  };
  const first = inputs[0]?.flow ?? { item: 'row', grouped: false, merged: false, emitter: null };
  switch (operator.kind) {
    case 'function':
    case 'filter':
    case 'having':
    case 'switch':
      return first;
    case 'pick':
      return { ...first, grouped: false };
    case 'script':
      return { item: operator.aggregate ? 'row' : first.item, grouped: false, merged: false, emitter: null };
    case 'aggfunc':
      expectItem('collection');
      return { ...first, grouped: true };
    case 'watermark':
      expectItem('row');
      return { ...first, emitter: inputs.length === 1 ? first.emitter : null };
    case 'window':
      expectItem('row');
      return { item: 'collection', grouped: false, merged: false, emitter: inputs.length === 1 ? first.emitter : null };
    case 'groupby':
      expectItem('collection');
      expectUngrouped();
      return { ...first, grouped: true };
    case 'orderby':
      expectItem('collection');
      return first;
    case 'join':
      expectUngrouped();
      for (const { node, flow } of inputs) {
        if (flow.merged) refuse(node, 'row type mismatch, expect single emitter row, got merged row');
      }
      return { item: 'collection', grouped: false, merged: true, emitter: null };
  }
}
