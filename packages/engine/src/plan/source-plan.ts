/** How a source of the statement is read. Source: behaviour spec, sql §5.3, §10.1, §12; runtime §5.3. */
import type { Query, QuerySource } from '../analyze/query.ts';
import type { SourcePlan } from './plan-node.ts';

/** Before pruning: every column is decoded. */
export function sourcePlan(source: QuerySource, query: Query): SourcePlan {
  const { definition, usage } = source;
  const { options } = definition;
  const { timestamp: column = '', timestampFormat = '' } = options;
  const isEventTime = query.options.isEventTime && source.role !== 'lookup' && column !== '';
  return {
    index: source.index,
    stream: definition.name,
    alias: source.alias,
    nodeName: definition.nodeName,
    shared: options.shared === true,
    role: source.role,
    schemaless: source.schemaless,
    columns: null,
    shownColumns: [],
    type: definition.rowType,
    metaKeys: usage.metaKeys,
    splitNodes: splitNodes(source, query),
    declared: definition.columns,
    decoded: definition.columns,
    strict: options.strictValidation === true && !source.schemaless && !isBinary(source),
    timestampFormat,
    timestamp: isEventTime ? { column, format: timestampFormat } : null,
    retainSize: retainSize(source),
  };
}

/** Names without their numbers, which come last. */
function splitNodes(source: QuerySource, query: Query): readonly string[] {
  if (source.role === 'lookup') return [];
  const checks = !source.schemaless && (source.definition.options.strictValidation === true || isBinary(source));
  const { split } = source.definition;
  return query.options.isEventTime || checks ? [...split, 'preprocessor'] : split;
}

function isBinary(source: QuerySource): boolean {
  return source.definition.options.format?.toLowerCase() === 'binary';
}

/** Rows a scan table keeps: one, or many when it reads a file. */
function retainSize(source: QuerySource): number {
  const { retainSize: rows = 0, type = '' } = source.definition.options;
  if (rows > 0) return rows;
  return type === '' || type.toLowerCase() === 'file' ? 9999 : 1;
}
