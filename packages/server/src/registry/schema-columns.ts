/** Columns of a stream whose fields a schema describes. Source: behaviour spec, sql §4.1, SCHEMAID. */
import type { Kind } from '@kuiper/base';
import type { SchemaStore } from '@kuiper/formats';
import type { ColumnDef, DataType } from '@kuiper/sql';

const nowhere = { start: 0, end: 0 };

/** Null for a format without schemas. Throws with why the schema cannot be used. */
export function schemaColumns(schemas: SchemaStore, format: string, schemaId: string): readonly ColumnDef[] | null {
  if (format.toLowerCase() !== 'protobuf' || schemaId === '') return null;
  return columnsOf(schemas.columns(schemaId).fields);
}

function columnsOf(fields: Readonly<Record<string, Kind>>): ColumnDef[] {
  return Object.entries(fields).map(([name, kind]) => ({
    name,
    type: typeOf(kind),
    defaultValue: null,
    span: nowhere,
  }));
}

function typeOf(kind: Kind): DataType {
  if (typeof kind === 'object') {
    return kind.k === 'list'
      ? { kind: 'array', element: typeOf(kind.of), span: nowhere }
      : { kind: 'struct', fields: columnsOf(kind.fields), span: nowhere };
  }
  switch (kind) {
    case 'int':
      return { kind: 'bigint', span: nowhere };
    case 'float':
      return { kind: 'float', span: nowhere };
    case 'bool':
      return { kind: 'boolean', span: nowhere };
    case 'bytes':
      return { kind: 'bytea', span: nowhere };
    case 'datetime':
      return { kind: 'datetime', span: nowhere };
    default:
      return { kind: 'string', span: nowhere };
  }
}
