/** The three forms in which a definition is shown. Source: behaviour spec, rest-cli-config §4.2, sql §4.2. */
import type { ColumnDef, CreateStatement, DataType, StreamOptions } from '@kuiper/sql';

/** Names and order of the options in the JSON form. */
const optionOrder: readonly (keyof StreamOptions)[] = [
  'datasource',
  'key',
  'format',
  'confKey',
  'type',
  'strictValidation',
  'timestamp',
  'timestampFormat',
  'shared',
  'schemaid',
  'version',
  'extra',
  'temp',
  'retainSize',
  'kind',
  'delimiter',
];

/** Order of the options in the text form. */
const textOptions: readonly (readonly [name: string, option: keyof StreamOptions])[] = [
  ['CONF_KEY', 'confKey'],
  ['DATASOURCE', 'datasource'],
  ['FORMAT', 'format'],
  ['SCHEMAID', 'schemaid'],
  ['KEY', 'key'],
  ['RETAIN_SIZE', 'retainSize'],
  ['SHARED', 'shared'],
  ['STRICT_VALIDATION', 'strictValidation'],
  ['TIMESTAMP', 'timestamp'],
  ['TIMESTAMP_FORMAT', 'timestampFormat'],
  ['TYPE', 'type'],
  ['EXTRA', 'extra'],
  ['VERSION', 'version'],
];

/** `GET /streams/{name}` */
export function describeJson(statement: CreateStatement): unknown {
  const options: Record<string, unknown> = {};
  for (const option of optionOrder) if (isSet(statement.options[option])) options[option] = statement.options[option];
  return {
    Name: statement.name,
    StreamFields: statement.columns.length === 0 ? null : statement.columns.map(columnJson),
    Options: options,
    StreamType: statement.target === 'table' ? 1 : 0,
    Statement: null,
  };
}

/** `DESCRIBE STREAM x` */
export function describeText(statement: CreateStatement): string {
  const lines = ['Fields', '-'.repeat(80)];
  for (const column of statement.columns) {
    const fallback = column.defaultValue === null ? '' : `\tDEFAULT\t${column.defaultValue}`;
    lines.push(`${column.name}\t${typeText(column.type)}${fallback}`);
  }
  lines.push('');
  for (const [name, option] of textOptions) {
    const value = statement.options[option];
    if (isSet(value)) lines.push(`${name}: ${value}`);
  }
  return lines.join('\n');
}

/** One column of `GET /streams/{name}/schema`. */
export interface ColumnSchema {
  readonly type?: string;
  readonly default?: string;
  readonly items?: ColumnSchema;
  readonly properties?: Readonly<Record<string, ColumnSchema>>;
  readonly hasIndex?: boolean;
  readonly index: number;
}

export function schemaJson(columns: readonly ColumnDef[]): Record<string, ColumnSchema> {
  return Object.fromEntries(columns.map((column) => [column.name, columnSchema(column)]));
}

function columnSchema({ type, defaultValue }: ColumnDef): ColumnSchema {
  const { type: name, ...inner } = typeSchema(type);
  return { type: name ?? '', ...(defaultValue !== null && { default: String(defaultValue) }), ...inner };
}

function typeSchema(type: DataType): ColumnSchema {
  switch (type.kind) {
    case 'array':
      return { type: 'array', items: typeSchema(type.element), index: 0 };
    case 'struct':
      return { type: 'struct', properties: schemaJson(type.fields), index: 0 };
    default:
      return { type: type.kind, index: 0 };
  }
}

function columnJson({ name, type, defaultValue }: ColumnDef): unknown {
  return {
    FieldType: typeJson(type),
    Name: name,
    ...(defaultValue !== null && { DefaultClause: String(defaultValue) }),
  };
}

function typeJson(type: DataType): unknown {
  switch (type.kind) {
    case 'array':
      return { Type: 'array', ElementType: typeJson(type.element) };
    case 'struct':
      return { Type: 'struct', Fields: type.fields.map(columnJson) };
    default:
      return type.kind;
  }
}

/** `array(struct(a bigint))` */
function typeText(type: DataType): string {
  switch (type.kind) {
    case 'array':
      return `array(${typeText(type.element)})`;
    case 'struct':
      return `struct(${type.fields.map((field) => `${field.name} ${typeText(field.type)}`).join(', ')})`;
    default:
      return type.kind;
  }
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== '' && value !== false && value !== 0;
}
