/**
 * Sources: the way in. A source hands over batches, one call per socket read, poll or tick; never one call per message.
 */
import type { Clock, Logger, Props, PropSchema, Row, RowType } from '@kuiper/base';
import type { Localized } from './about.ts';
import type { ConnectionAccess } from './connection.ts';
import type { ExtensionState } from './state.ts';

/** Metadata of one message: what `meta(key)` reads. Values are tagged. */
export type Meta = Readonly<Record<string, unknown>>;

/**
 * Messages as they came, still encoded: one buffer and offsets into it.
 *
 * The buffer and the offset arrays belong to the source and are valid only until `ingest` returns. Message `i` is
 * `buffer[starts[i], ends[i])` and has position `position + i`.
 */
export interface BytesBatch {
  readonly buffer: Buffer;
  readonly starts: ArrayLike<number>;
  readonly ends: ArrayLike<number>;
  readonly count: number;
  /** Arrival, ms since the epoch; one reading per batch. */
  readonly timestampMs: number;
  /** Position of the first message; positions count messages from 0 and never repeat within one open. */
  readonly position: number;
  /** Metadata of message `i`, made only when a rule asks. The object may be kept by the caller. */
  meta(i: number): Meta | null;
}

/** Messages that need no decoding. Rows are handed over: neither side changes them afterwards. */
export interface RowsBatch {
  readonly rows: readonly Row[];
  /** How the values are represented; absent: all tagged. */
  readonly type?: RowType;
  readonly timestampMs: number;
  readonly position: number;
  meta(i: number): Meta | null;
}

export type ConnectionStatus = 'connected' | 'connecting' | 'disconnected';

/** What the engine offers to one open source. */
export interface SourceContext extends ExtensionState {
  readonly clock: Clock;
  readonly logger: Logger;
  /** The rule; `$$subtopo_<stream>` for a shared stream. */
  readonly ruleId: string;
  /** Name in logs, status and metrics, for instance `demo`. */
  readonly name: string;
  /** The engine's root directory; relative paths of users start here. */
  readonly rootPath: string;
  readonly connections: ConnectionAccess;
  /** The position state stored with the last commit, for sources that replay; null on a fresh start. */
  readonly resumeFrom: unknown;
  /** Columns that rules read from this source, null for all; a hint for sources that can ask for less. */
  readonly columns: readonly string[] | null;
  /**
   * Hands over a batch. It is always accepted. A promise means "full": pause until it resolves, it concerns the next
   * batch. Allocates nothing when a rule keeps up.
   */
  ingest(batch: BytesBatch): Promise<void> | undefined;
  ingestRows(batch: RowsBatch): Promise<void> | undefined;
  /** A message that could not be read: counted, and with `sendError` forwarded. The source goes on. */
  fail(error: Error): void;
  /** Messages that the source had to give up, for instance because rules were full: counted under the reason. */
  dropped?(count: number, reason: string): void;
  /** Tells status and metrics; `message` says why a connection was lost. */
  status(status: ConnectionStatus, message?: string): void;
  /** The bounded source has delivered everything. */
  end(reason?: string): void;
  /** Cannot go on, ever: the rule ends with this error. */
  abort(error: Error): void;
  /**
   * What foreign code does in `step`, before that returns, is on the rule's account: when it never returns, the rule ends.
   * Calls of the source itself are so by themselves; this is for what it does after it has waited.
   */
  onAccount?<T>(step: () => T): T;
}

/** A source that has been opened. */
export interface Subscription {
  /** Everything up to and including `position` is safe: acknowledge, commit, forget. Positions only grow. */
  committed?(position: number): void;
  /** Small JSON value from which `resumeFrom` replays what comes after `position`. Only for sources that replay. */
  stateAt?(position: number): unknown;
  /** Reset by the user (`PUT /rules/{id}/reset_state`). */
  reset?(input: Readonly<Record<string, unknown>>): void;
  close(): Promise<void> | void;
}

/** What a source can do when rules are full: stop reading, hold back acknowledgements, or nothing. */
export type Backpressure = 'pause' | 'withhold' | 'none';

export interface SourceDeclaration<P extends PropSchema = PropSchema> {
  readonly type: string;
  readonly about: Localized;
  /** `bytes` are decoded by FORMAT; `rows` skip decoding. */
  readonly emits: 'bytes' | 'rows';
  /** `pull` sources are asked every `interval`; see {@link PullSubscription}. Default `push`. */
  readonly mode?: 'push' | 'pull';
  readonly backpressure: Backpressure;
  /** True when `resumeFrom` replays: such a source needs no input log. */
  readonly replays?: boolean;
  /** The source handles `interval` itself; else a push source is down-sampled to it. */
  readonly ratelimits?: boolean;
  /** Description of DATASOURCE, absent when the source has none. */
  readonly dataSource?: { readonly about: Localized; readonly required: boolean; readonly example?: string };
  readonly props: P;
  /** `check` and `open` get every property that was given, decoded where `props` describes it. Default: only those. */
  readonly openProps?: boolean;
  /**
   * Checks the decoded properties when a rule is created; throws with the text users see. No I/O.
   */
  check?(props: Props<P>, dataSource: string): void;
  /**
   * Streams that name the same connection and the same subscription share one source.
   * Only asked when `connectionSelector` is set, or always when `alwaysShared`.
   */
  subscriptionId?(props: Props<P>, dataSource: string): string;
  /** Connects and starts. Resolves when messages may come; retries of a lost connection are its own business. */
  open(context: SourceContext, props: Props<P>, dataSource: string): Promise<Subscription> | Subscription;
}

/** What a `pull` source opens: the engine calls `pull` at once and then every `interval`, never twice at a time. */
export interface PullSubscription extends Subscription {
  /** Hands what there is to `context.ingest` or `ingestRows`. `tickMs` is the timestamp to use. */
  pull(tickMs: number): Promise<void> | void;
}

export function defineSource<P extends PropSchema>(declaration: SourceDeclaration<P>): SourceDeclaration<P> {
  return declaration;
}
