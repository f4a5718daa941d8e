/** Calls in a rule whose functions the engine does not know itself: extensions get to see them before it is planned. */
import { type Expr, type FunctionCheck, parseSelectItems, parseStatement } from '@kuiper/sql';
import type { FunctionCatalog } from '../analyze/catalog.ts';
import { functionCheck } from '../analyze/index.ts';
import type { RuleSpec } from './rule-spec.ts';

export interface ForeignCall {
  readonly name: string;
  /** As parsed. */
  readonly args: readonly Expr[];
}

/**
 * In the order of parsing. A statement that cannot be parsed gives what stands before its mistake: planning tells the
 * rest.
 * @param known the functions that need no asking
 */
export function foreignCalls(spec: Pick<RuleSpec, 'sql' | 'graph'>, known: FunctionCatalog): readonly ForeignCall[] {
  const calls: ForeignCall[] = [];
  const functions: FunctionCheck = {
    ...functionCheck(known),
    checkCall: (name, args) => {
      if (known.find(name) === undefined) calls.push({ name, args });
    },
  };
  const parse = (read: () => unknown): void => {
    try {
      read();
    } catch {
      // Not the place to tell.
    }
  };
  const { sql } = spec;
  if (sql !== null) parse(() => parseStatement(sql, { functions }));
  else for (const text of operatorTexts(spec.graph)) parse(() => parseSelectItems(text, { functions }));
  return calls;
}

/** Texts in the properties of the operators of a graph; which of them are expressions shows when they are parsed. */
function operatorTexts(graph: unknown): string[] {
  const texts: string[] = [];
  const collect = (value: unknown): void => {
    if (typeof value === 'string') texts.push(value);
    else if (Array.isArray(value)) value.forEach(collect);
    else for (const member of Object.values(record(value))) collect(member);
  };
  for (const node of Object.values(record(record(graph).nodes))) {
    const { type, nodeType, props } = record(node);
    if (type === 'operator' && String(nodeType).toLowerCase() !== 'script') collect(props);
  }
  return texts;
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}
