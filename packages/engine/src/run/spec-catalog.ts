/** The catalog a rule is analyzed against: the sources it came with, described by their connectors and formats. */
import { anyMap, type Kind, type RowType } from '@kuiper/base';
import type { ColumnDef, DataType } from '@kuiper/sql';
import type { Catalog, CatalogSource } from '../analyze/catalog.ts';
import { mergeField } from './rate-limit.ts';
import type { RuleSpec, SourceSpec } from './rule-spec.ts';
import type { RunServices } from './services.ts';
import { sourceDeclaration, sourceProps } from './source-hub.ts';
import { splitProps } from './split-props.ts';

export function specCatalog(spec: RuleSpec, services: RunServices): Catalog {
  const sources = new Map(spec.sources.map((source) => [source.name, source]));
  return {
    functions: services.catalog.functions,
    source: (name) => {
      const source = sources.get(name);
      return source === undefined ? undefined : describeSource(source, services);
    },
    nearestSource: (name) => spec.suggestions?.find(([missing]) => missing === name)?.[1],
  };
}

function describeSource(spec: SourceSpec, services: RunServices): CatalogSource {
  const { options } = spec;
  const isLookup = spec.kind === 'table' && options.kind === 'lookup';
  const base = { name: spec.name, columns: spec.columns, options, nodeName: spec.name };
  if (isLookup) return { ...base, kind: 'lookup', rowType: anyMap, split: [], prunes: false };
  const kind = spec.kind === 'table' ? 'scan' : 'stream';
  const declaration = sourceDeclaration(spec, services);
  const emitsBytes = declaration.emits === 'bytes';
  const props = splitProps(spec);
  const split: string[] = [];
  if (declaration.mode !== 'pull' && props.interval > 0 && declaration.ratelimits !== true) split.push('ratelimit');
  if (emitsBytes && props.decompression !== '') split.push('decompress');
  const merges = mergeField(spec, declaration) !== null;
  if (emitsBytes && !merges) split.push('decoder');
  if (merges || props.payloadFormat !== '') split.push('payload_decoder');
  const format = (options.format ?? 'json').toLowerCase();
  return {
    ...base,
    kind,
    rowType: emitsBytes ? decodedType(spec.columns, format) : anyMap,
    split,
    nodeName: connectionNode(spec, services) ?? spec.name,
    prunes: emitsBytes && (format === 'json' || format === 'protobuf'),
  };
}

/** `conn1/topic` for sources shared by connection. */
function connectionNode(spec: SourceSpec, services: RunServices): string | null {
  const declaration = sourceDeclaration(spec, services);
  const selector = spec.props.connectionSelector;
  if (declaration.subscriptionId === undefined || typeof selector !== 'string' || selector === '') return null;
  if (spec.options.shared === true) return null;
  return `${selector}/${declaration.subscriptionId(sourceProps(declaration, spec), spec.options.datasource ?? '')}`;
}

/**
 * Kinds of decoded columns. Values outside the declared columns appear only as nulls, or not at all.
 * Source: behaviour spec, sql §5.
 */
export function decodedType(columns: readonly ColumnDef[], format: string): RowType {
  if (format === 'binary') {
    const name = columns[0]?.name ?? 'self';
    return { k: 'map', fields: { [name]: 'bytes' }, rest: null };
  }
  if (columns.length === 0) return anyMap;
  return declaredType(columns, 'any', 'any');
}

/** The declared columns as kinds; null when there are none. */
export function declaredSchema(columns: readonly ColumnDef[]): RowType | null {
  return columns.length === 0 ? null : declaredType(columns, null, 'datetime');
}

/**
 * @param datetime a decoder checks DATETIME columns but leaves their values as the message held them, so what it
 *   delivers is not known
 */
function declaredType(columns: readonly ColumnDef[], rest: Kind | null, datetime: 'datetime' | 'any'): RowType {
  const fields: [string, Kind][] = columns.map(({ name, type }) => [name, declaredKind(type, datetime)]);
  return { k: 'map', fields: Object.fromEntries(fields), rest };
}

function declaredKind(type: DataType, datetime: 'datetime' | 'any'): Kind {
  switch (type.kind) {
    case 'bigint':
      return 'int';
    case 'float':
      return 'float';
    case 'string':
      return 'string';
    case 'boolean':
      return 'bool';
    case 'bytea':
      return 'bytes';
    case 'datetime':
      return datetime;
    case 'array':
      return { k: 'list', of: declaredKind(type.element, datetime) };
    case 'struct':
      return declaredType(type.fields, null, datetime);
  }
}
