/** From a definition to what a host is given: every reference resolved. */
import { inlineSources } from '@kuiper/engine/graph-sources';
import type { ActionSpec, RuleSpec, SourceSpec } from '@kuiper/host';
import { isMap } from '../http/json-body.ts';
import { type PropLayers, resolveAction, resolveSource } from './resolve-props.ts';
import { parseRuleSelect, type RuleDefinition, statementSources } from './rule-definition.ts';
import type { StreamRegistry } from './stream-registry.ts';

/** A source that does not exist is left out: planning refuses it with its own text. */
export function ruleSpec(definition: RuleDefinition, streams: StreamRegistry, layers: PropLayers): RuleSpec {
  const sources: SourceSpec[] = [];
  const suggestions: (readonly [string, string])[] = [];
  for (const name of ruleSources(definition)) {
    const source = streams.sourceOf(name);
    if (source !== undefined) sources.push(source);
    else {
      const nearest = streams.nearest(name);
      if (nearest !== null) suggestions.push([name, nearest]);
    }
  }
  if (definition.graph !== null) {
    for (const statement of inlineSources(definition.graph)) sources.push(resolveSource(statement, layers));
  }
  return {
    id: definition.id,
    sql: definition.sql,
    graph: definition.graph,
    actions: ruleActions(definition, layers),
    options: definition.options,
    sources,
    ...(suggestions.length > 0 && { suggestions }),
    temp: definition.temp,
  };
}

/** Names of the streams and tables a rule reads. */
export function ruleSources(definition: RuleDefinition): readonly string[] {
  if (definition.sql !== null) return statementSources(parseRuleSelect(definition.sql));
  const nodes = definition.graph?.nodes;
  const names = isMap(nodes) ? Object.values(nodes).map(sourceName) : [];
  return [...new Set(names.filter((name) => name !== null))];
}

function sourceName(node: unknown): string | null {
  if (!isMap(node) || node.type !== 'source' || !isMap(node.props)) return null;
  const name = node.props.sourceName;
  return typeof name === 'string' && name !== '' ? name : null;
}

function ruleActions({ actions }: RuleDefinition, layers: PropLayers): ActionSpec[] {
  return actions.flatMap((action, index) =>
    Object.entries(action).map(([type, props]) => ({ type, index, props: resolveAction(type, props, layers) })),
  );
}
