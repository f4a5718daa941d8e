/**
 * Sinks: the way out. A sink is written to in batches, one write at a time, in order.
 */
import type { Clock, Logger, Props, PropSchema, Row, RowType } from '@kuiper/base';
import type { Localized } from './about.ts';
import type { ConnectionAccess } from './connection.ts';
import type { ConnectionStatus } from './source.ts';
import type { ExtensionState } from './state.ts';

/** One encoded output. */
export type Payload = string | Uint8Array;

/** The rendered dynamic properties of one item (`{{…}}` in a property), by property path; null when it has none. */
export type ItemProps = Readonly<Record<string, string>> | null;

export interface BytesItems {
  readonly kind: 'bytes';
  readonly payloads: readonly Payload[];
  /** Same length as `payloads`, or null when no item has dynamic properties. */
  readonly props: readonly ItemProps[] | null;
}

/** One item is what the rule emitted at once: a row (`sendSingle`) or a list of rows. */
export type RowsItem = Row | readonly Row[];

export interface RowsItems {
  readonly kind: 'rows';
  readonly items: readonly RowsItem[];
  readonly props: readonly ItemProps[] | null;
  /** How the values of the rows are represented. */
  readonly type: RowType;
}

export type SinkItems = BytesItems | RowsItems;

/**
 * Rejecting a write: items before `index` are done, the item at `index` failed, those after it were not tried.
 * With `recoverable` (an I/O error) the engine retries or caches the item; otherwise it is dropped and counted.
 */
export class SinkWriteError extends Error {
  override readonly name = 'SinkWriteError';
  readonly index: number;
  readonly recoverable: boolean;

  constructor(
    message: string,
    options: { readonly index: number; readonly recoverable: boolean; readonly cause?: unknown },
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.index = options.index;
    this.recoverable = options.recoverable;
  }
}

export interface SinkContext extends ExtensionState {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Name in status and metrics, for instance `mqtt_0`. */
  readonly name: string;
  readonly ruleId: string;
  readonly rootPath: string;
  readonly connections: ConnectionAccess;
  status(status: ConnectionStatus, message?: string): void;
  /** Cannot go on, ever: the rule ends with this error. */
  abort(error: Error): void;
}

export interface OpenSink {
  /**
   * Returns when every item is safe: undefined when that is already so, else a promise. Never called again before it
   * settles. Fails with {@link SinkWriteError}; any other error counts as not recoverable for the first item.
   */
  write(items: SinkItems): Promise<void> | undefined;
  /** The rule's source has ended: flush what is held. */
  end?(): Promise<void> | void;
  close(): Promise<void> | void;
}

export interface SinkDeclaration<P extends PropSchema = PropSchema> {
  readonly type: string;
  readonly about: Localized;
  /** `bytes`: rows are transformed and encoded before; `rows`: the sink takes them as they are. */
  readonly accepts: 'bytes' | 'rows';
  readonly props: P;
  /** `check` and `open` get every property that was given, decoded where `props` describes it. Default: only those. */
  readonly openProps?: boolean;
  /** Property paths whose `{{…}}` templates are rendered for each item, for instance `topic`, `properties.*`; `*` for all. */
  readonly dynamic?: readonly string[];
  /** The sink batches itself: `batchSize` and `lingerInterval` are its own business. */
  readonly batches?: boolean;
  /** The sink compresses and encrypts itself (it writes a stream). */
  readonly compresses?: boolean;
  /** Checks the decoded properties when a rule is created; throws with the text users see. No I/O. */
  check?(props: Props<P>): void;
  open(context: SinkContext, props: Props<P>): Promise<OpenSink> | OpenSink;
}

export function defineSink<P extends PropSchema>(declaration: SinkDeclaration<P>): SinkDeclaration<P> {
  return declaration;
}
