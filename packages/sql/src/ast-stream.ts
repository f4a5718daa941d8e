/** Statements on streams and tables. Source: behaviour spec, sql §4. */

import type { Span } from '@kuiper/base';

/** What the streams and tables endpoints accept. */
export type StreamStatement = CreateStatement | ShowStatement | DescribeStatement | ExplainStatement | DropStatement;

export type StreamKind = 'stream' | 'table';

/** CREATE STREAM or CREATE TABLE. No columns means schemaless. The name is not checked here. */
export interface CreateStatement {
  readonly kind: 'create';
  readonly target: StreamKind;
  readonly name: string;
  readonly columns: readonly ColumnDef[];
  readonly options: StreamOptions;
  readonly span: Span;
}

export interface ColumnDef {
  readonly name: string;
  readonly type: DataType;
  /** The DEFAULT literal converted to the type (an int column: number or, beyond 2^53, bigint); null without one. */
  readonly defaultValue: number | bigint | string | boolean | null;
  readonly span: Span;
}

export type ScalarTypeName = 'bigint' | 'float' | 'string' | 'bytea' | 'datetime' | 'boolean';

export type DataType = ScalarType | ArrayType | StructType;

export interface ScalarType {
  readonly kind: ScalarTypeName;
  readonly span: Span;
}

export interface ArrayType {
  readonly kind: 'array';
  readonly element: DataType;
  readonly span: Span;
}

export interface StructType {
  readonly kind: 'struct';
  readonly fields: readonly ColumnDef[];
  readonly span: Span;
}

/** WITH options under the names of their JSON form; only those written. `version` and `kind` are lower-cased. */
export interface StreamOptions {
  readonly datasource?: string;
  readonly key?: string;
  readonly format?: string;
  readonly confKey?: string;
  readonly type?: string;
  readonly strictValidation?: boolean;
  readonly timestamp?: string;
  readonly timestampFormat?: string;
  readonly shared?: boolean;
  readonly schemaid?: string;
  readonly version?: string;
  readonly extra?: string;
  readonly temp?: boolean;
  readonly retainSize?: number;
  readonly kind?: string;
  readonly delimiter?: string;
}

export interface ShowStatement {
  readonly kind: 'show';
  readonly target: StreamKind;
  readonly span: Span;
}

export interface DescribeStatement {
  readonly kind: 'describe';
  readonly target: StreamKind;
  readonly name: string;
  readonly span: Span;
}

export interface ExplainStatement {
  readonly kind: 'explain';
  readonly target: StreamKind;
  readonly name: string;
  readonly span: Span;
}

export interface DropStatement {
  readonly kind: 'drop';
  readonly target: StreamKind;
  readonly name: string;
  readonly span: Span;
}
