/** Where the properties of sources and sinks come from; later wins. Source: behaviour spec, io §2.1 and §2.2. */
import type { Logger } from '@kuiper/base';
import type { SourceSpec } from '@kuiper/host';
import type { ColumnDef, CreateStatement } from '@kuiper/sql';
import { isMap } from '../http/json-body.ts';
import type { ConfKeys, PropBag } from './conf-keys.ts';

export interface PropLayers {
  readonly confKeys: ConfKeys;
  /** Properties of a named connection of any type. */
  connectionProps(id: string): PropBag | undefined;
  /** Properties of a connection stored under the type of a sink. */
  connectionPropsOfType(type: string, id: string): PropBag | undefined;
  /** Columns that a schema gives; null when the format has no schemas. Throws with why there are none. */
  schemaColumns(format: string, schemaId: string): readonly ColumnDef[] | null;
  readonly logger: Logger;
}

/**
 * `default` section ← CONF_KEY section ← connection ← EXTRA ← stream options. A missing section or connection is a
 * warning only.
 */
export function resolveSource(statement: CreateStatement, layers: PropLayers): SourceSpec {
  const { name, target, options } = statement;
  const columns = sourceColumns(statement, layers);
  const type = options.type ?? (target === 'table' ? 'file' : 'mqtt');
  const props: Record<string, unknown> = { ...layers.confKeys.get('sources', type, 'default') };
  if (options.confKey !== undefined && options.confKey !== '') {
    const { confKey } = options;
    const section =
      layers.confKeys.get('sources', type, confKey.toLowerCase()) ?? layers.confKeys.get('sources', type, confKey);
    if (section === undefined) layers.logger.warn(`${target} ${name}: ${type} has no configuration key ${confKey}`);
    Object.assign(props, section);
  }
  const extra = readExtra(options.extra);
  const selector = extra.connectionSelector ?? props.connectionSelector;
  if (typeof selector === 'string' && selector !== '') {
    const connection = layers.connectionProps(selector);
    if (connection === undefined) layers.logger.warn(`${target} ${name}: connection ${selector} does not exist`);
    Object.assign(props, connection);
  }
  Object.assign(props, extra, {
    format: (options.format ?? '').toLowerCase() || 'json',
    key: options.key ?? '',
    datasource: options.datasource ?? '',
    schemaId: options.schemaid ?? '',
    delimiter: options.delimiter ?? '',
    retainSize: options.retainSize ?? 0,
    strictValidation: options.strictValidation ?? false,
    timestamp: options.timestamp ?? '',
    timestampFormat: options.timestampFormat ?? '',
  });
  return { name, kind: target, columns, options, props };
}

/** A schema comes before the declared columns. Throws with why the schema cannot be used. */
export function sourceColumns(
  { columns, options }: CreateStatement,
  layers: Pick<PropLayers, 'schemaColumns'>,
): readonly ColumnDef[] {
  return layers.schemaColumns(options.format ?? '', options.schemaid ?? '') ?? columns;
}

/** Sink configuration key (`resourceId`) ← action ← connection. What is no map is left for the planner to refuse. */
export function resolveAction(type: string, props: unknown, layers: PropLayers): unknown {
  if (!isMap(props)) return props;
  const { resourceId, connectionSelector } = props;
  const base = typeof resourceId === 'string' ? layers.confKeys.get('sinks', type, resourceId) : undefined;
  const selected = typeof connectionSelector === 'string' && connectionSelector !== '';
  const connection = selected ? layers.connectionPropsOfType(type, connectionSelector) : undefined;
  return { ...base, ...props, ...connection };
}

function readExtra(text: string | undefined): Record<string, unknown> {
  if (text === undefined || text === '') return {};
  const value: unknown = JSON.parse(text);
  return isMap(value) ? value : {};
}
