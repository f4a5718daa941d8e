/** What the analyzer may ask about the world: definitions of streams and tables, and functions. */
import type { RowType } from '@kuiper/base';
import type { CallArgument, FunctionDeclaration } from '@kuiper/sdk';
import type { ColumnDef, StreamOptions } from '@kuiper/sql';

/** A stream or table definition with what its connector and format say about it. */
export interface CatalogSource {
  readonly name: string;
  readonly kind: 'stream' | 'scan' | 'lookup';
  /** Declared columns; empty means schemaless. */
  readonly columns: readonly ColumnDef[];
  readonly options: StreamOptions;
  /** Kinds of the decoded columns, as the decoder (or the source itself) delivers them. */
  readonly rowType: RowType;
  /**
   * Operators split off the source before the preprocessor, in order: `ratelimit`, `decompress`, `decoder`,
   * `payload_decoder` … (behaviour spec, runtime §5.3).
   */
  readonly split: readonly string[];
  /** Name of the source node when it is shared by connection (`conn1/topic`); else the stream's name. */
  readonly nodeName: string;
  /** The decoder honours a list of columns (json). */
  readonly prunes: boolean;
}

export interface FunctionCatalog {
  find(name: string): FunctionDeclaration | undefined;
  /** Text after `validate function <name> error: `, or null. */
  check(declaration: FunctionDeclaration, args: readonly CallArgument[]): string | null;
  /** A known name close to an unknown one, for `did you mean`. */
  nearest(name: string): string | null;
}

export interface Catalog {
  readonly functions: FunctionCatalog;
  source(name: string): CatalogSource | undefined;
  /** A known stream or table with a name close to an unknown one, for `did you mean`. */
  nearestSource?(name: string): string | undefined;
}
