/** STRICT_VALIDATION: rows as declared, or an error. Source: behaviour spec, sql §5.3. */
import {
  base64OrRaw,
  columnKind,
  elementKind,
  errorText,
  findJsonError,
  type Kind,
  memberKind,
  type Row,
  type RowType,
  rowError,
  setMember,
  toBool,
  toBytes,
  toDateTime,
  toFloat,
  toInt,
  toText,
  valueText,
} from '@kuiper/base';
import type { ColumnDef, DataType } from '@kuiper/sql';

export interface StrictOptions {
  /** Declared columns that the rule uses. */
  readonly columns: readonly ColumnDef[];
  /** How the decoder represents them. */
  readonly type: RowType;
  readonly timeZone: string;
  readonly now: () => number;
  readonly timestampFormat: string;
}

/** A row of the declared columns alone, each of its declared type. Throws the text of the preprocessor's error. */
export function strictRow(row: Row, options: StrictOptions): Row {
  const checked: Row = {};
  for (const { name, type, defaultValue } of options.columns) {
    const value = Object.hasOwn(row, name) ? row[name] : undefined;
    if (value !== undefined) {
      setMember(checked, name, inColumn(name, value, columnKind(options.type, name), type, options));
    } else if (defaultValue !== null) setMember(checked, name, defaultValue);
    else rowError(`error in preprocessor: field ${name} is not found`);
  }
  return checked;
}

function inColumn(name: string, value: unknown, kind: Kind, type: DataType, options: StrictOptions): unknown {
  try {
    return convert(value, kind, type, options);
  } catch (error) {
    return rowError(`error in preprocessor: field ${name} type mismatch: ${errorText(error)}`);
  }
}

function convert(value: unknown, kind: Kind, type: DataType, options: StrictOptions): unknown {
  switch (type.kind) {
    case 'bigint':
      return toInt(value, kind, 'sameKind');
    case 'float':
      return toFloat(value, kind, 'sameKind');
    case 'string':
      return toText(value, kind, 'sameKind');
    case 'boolean':
      return toBool(value, kind, 'sameKind');
    case 'bytea':
      return typeof value === 'string' ? base64OrRaw(value) : toBytes(value, kind, 'sameKind', 'bytea');
    case 'datetime': {
      const { timeZone, now, timestampFormat } = options;
      return toDateTime(value, kind, { zone: timeZone, nowMs: now(), pattern: timestampFormat });
    }
    case 'array':
      return convertList(value, kind, type.element, options);
    case 'struct':
      return convertStruct(value, kind, type.fields, options);
  }
}

function convertList(value: unknown, kind: Kind, element: DataType, options: StrictOptions): unknown {
  if (value === null) return null;
  if (!Array.isArray(value)) return rowError(`expect array but got ${valueText(value, kind)}`);
  return value.map((item) => {
    try {
      return convert(item, elementKind(kind), element, options);
    } catch (error) {
      return rowError(`array element type mismatch: ${errorText(error)}`);
    }
  });
}

/** A string that holds a JSON object counts as that object. */
function convertStruct(value: unknown, kind: Kind, fields: readonly ColumnDef[], options: StrictOptions): unknown {
  if (value === null) return null;
  const isText = typeof value === 'string';
  const map: unknown = isText ? parsedText(value) : value;
  if (typeof map !== 'object' || map === null || Array.isArray(map))
    return rowError(`expect struct but got ${valueText(value, kind)}`);
  const struct: Row = {};
  for (const { name, type } of fields) {
    const member = Object.hasOwn(map, name) ? (map as Row)[name] : undefined;
    if (member === undefined) rowError(`field ${name} is not found`);
    try {
      setMember(struct, name, convert(member, isText ? 'any' : memberKind(kind, name), type, options));
    } catch (error) {
      rowError(`field ${name} type mismatch: ${errorText(error)}`);
    }
  }
  return struct;
}

function parsedText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return rowError(findJsonError(text));
  }
}
