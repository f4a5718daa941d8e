/** A catalog in memory, filled by CREATE statements, with the built-in functions. */
import { anyMap, type Kind, type RowType } from '@kuiper/base';
import {
  analyzeSelect,
  type AnalyzeOptions,
  type Catalog,
  type CatalogSource,
  functionCheck,
  optimizePlan,
  planQuery,
  type RulePlan,
} from '@kuiper/engine';
import { builtinTable, checkCallArguments } from '@kuiper/functions';
import { type ColumnDef, type CreateStatement, type DataType, parseSelect, parseStatement } from '@kuiper/sql';
import { plainOptions } from '../support/rule-specs.ts';

const functions: Catalog['functions'] = {
  find: (name) => builtinTable().find(name),
  check: checkCallArguments,
  nearest: (name) => builtinTable().nearest(name),
};

/** Memory sources deliver rows, all others bytes in the stream's format. */
export function catalogOf(statements: readonly string[]): Catalog {
  const sources = new Map<string, CatalogSource>();
  for (const text of statements) {
    const statement = parseStatement(text);
    if (statement.kind !== 'create') throw new Error(`not a CREATE statement: ${text}`);
    sources.set(statement.name, describe(statement));
  }
  return { functions, source: (name) => sources.get(name) };
}

function describe({ name, target, columns, options }: CreateStatement): CatalogSource {
  const kind = target === 'stream' ? 'stream' : options.kind === 'lookup' ? 'lookup' : 'scan';
  const decodes = options.type !== 'memory' && kind !== 'lookup';
  const isJson = (options.format ?? 'json').toLowerCase() === 'json';
  return {
    name,
    kind,
    columns,
    options,
    rowType: decodes ? rowType(columns) : anyMap,
    split: decodes ? ['decoder'] : [],
    nodeName: name,
    prunes: decodes && isJson,
  };
}

function rowType(columns: readonly ColumnDef[]): RowType {
  if (columns.length === 0) return anyMap;
  return { k: 'map', fields: Object.fromEntries(columns.map(({ name, type }) => [name, kindOf(type)])), rest: 'any' };
}

const kinds: Partial<Record<DataType['kind'], Kind>> = {
  bigint: 'int',
  float: 'float',
  string: 'string',
  boolean: 'bool',
  bytea: 'bytes',
};

function kindOf(type: DataType): Kind {
  if (type.kind === 'array') return { k: 'list', of: kindOf(type.element) };
  if (type.kind === 'struct') return { ...rowType(type.fields), rest: null };
  return kinds[type.kind] ?? 'any';
}

export const defaultOptions: AnalyzeOptions = {
  ...plainOptions,
  sendError: false,
};

export type OptionChanges = Partial<Omit<AnalyzeOptions, 'planOptimizeStrategy'>> & {
  readonly planOptimizeStrategy?: Partial<AnalyzeOptions['planOptimizeStrategy']>;
};

export function optionsWith(changes: OptionChanges): AnalyzeOptions {
  const planOptimizeStrategy = { ...defaultOptions.planOptimizeStrategy, ...changes.planOptimizeStrategy };
  return { ...defaultOptions, ...changes, planOptimizeStrategy };
}

export function planStatement(sql: string, catalog: Catalog, changes: OptionChanges = {}): RulePlan {
  const statement = parseSelect(sql, { functions: functionCheck(catalog.functions) });
  return optimizePlan(planQuery(analyzeSelect(statement, catalog, optionsWith(changes))));
}
