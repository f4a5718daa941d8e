/** Lookup tables: asked per event, `(fields, keys, values) → rows`. */
import type { Clock, Logger, Props, PropSchema, Row, RowType } from '@kuiper/base';
import type { Localized } from './about.ts';
import type { ConnectionAccess } from './connection.ts';

export interface LookupContext {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly name: string;
  readonly rootPath: string;
  readonly connections: ConnectionAccess;
}

export interface OpenLookup {
  /** How the values of returned rows are represented; absent: tagged. */
  readonly type?: RowType;
  /**
   * Rows where every `keys[i]` equals `values[i]` (numbers compare as numbers).
   * @param fields columns wanted, null for all
   * @param values tagged; never null
   */
  lookup(
    fields: readonly string[] | null,
    keys: readonly string[],
    values: readonly unknown[],
  ): Promise<readonly Row[]> | readonly Row[];
  close(): Promise<void> | void;
}

export interface LookupDeclaration<P extends PropSchema = PropSchema> {
  readonly type: string;
  readonly about: Localized;
  readonly dataSource?: { readonly about: Localized; readonly required: boolean };
  /** True when the table's KEY option must be given. */
  readonly needsKey?: boolean;
  readonly props: P;
  /** `open` gets every property that was given, decoded where `props` describes it. Default: only those. */
  readonly openProps?: boolean;
  open(
    context: LookupContext,
    props: Props<P>,
    table: { readonly dataSource: string; readonly key: string },
  ): Promise<OpenLookup> | OpenLookup;
}

export function defineLookup<P extends PropSchema>(declaration: LookupDeclaration<P>): LookupDeclaration<P> {
  return declaration;
}
