/** A rule as the control plane hands it over: plain data, every default filled in, every reference resolved. */
import type { ColumnDef, StreamOptions } from '@kuiper/sql';
import type { RuleOptions } from './rule-options.ts';

/** A stream or table definition with its configuration resolved (behaviour spec, io §2.1). */
export interface SourceSpec {
  readonly name: string;
  readonly kind: 'stream' | 'table';
  readonly columns: readonly ColumnDef[];
  readonly options: StreamOptions;
  /** Properties of the connector: configuration keys, connection, EXTRA and stream options merged. */
  readonly props: Readonly<Record<string, unknown>>;
}

export interface ActionSpec {
  readonly type: string;
  /** Position of its entry in `actions`; the sink is named `<type>_<index>`. */
  readonly index: number;
  /** As written; refused by `planSink` when it is not an object. */
  readonly props: unknown;
}

/** Everything needed to plan and run one rule; refers to nothing outside but named connections and lookup tables. */
export interface RuleSpec {
  readonly id: string;
  readonly sql: string | null;
  readonly graph: unknown;
  readonly actions: readonly ActionSpec[];
  readonly options: RuleOptions;
  readonly sources: readonly SourceSpec[];
  /** Names that the rule reads but nobody has defined, each with a known one that is close to it. */
  readonly suggestions?: readonly (readonly [missing: string, nearest: string])[];
  /** Temp rules keep no state on disk. */
  readonly temp: boolean;
}

/** Whom a shared source belongs to: in its context, on disk, and when it does not come back. */
export function sharedOwner({ name }: Pick<SourceSpec, 'name'>): string {
  return `$$subtopo_${name}`;
}
