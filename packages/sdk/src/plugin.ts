/**
 * Native plugins as classes and objects with methods, close to the contract of eKuiper's plugins; what a plugin can do
 * follows from the methods it has. The other form is the one built-ins use: `defineSource`, `defineSink`,
 * `defineLookup`, `scalar` and so on, exported under the same names.
 *
 * A plugin `random` exports `Random`, its lookup source `RandomLookup`. A class, or a function that returns an object,
 * gives each rule its own instance; an object is one instance for all rules.
 *
 * Values are plain JavaScript: ints and floats are numbers, an int beyond ±(2^53−1) is a `bigint`, moments are `Date`,
 * bytes `Uint8Array`. A whole number that a function returns is an int, unless it hands back an argument as it came. Rows of sources and lookups
 * are as if read from JSON: their numbers are floats, a `bigint` is an int.
 * Source: behaviour spec, extension §2.
 */
import type { Logger, Row } from '@kuiper/base';
import type { CallArgument } from './function.ts';
import type { Backpressure, ConnectionStatus } from './source.ts';
import type { ExtensionState } from './state.ts';

/** What a module may depend on: `export const apiVersion = '^1.0.0'` is checked against it when it is loaded. */
export const extensionApiVersion = '1.0.0';

/** Everything the user has set, by name as written. */
export type PluginProps = Readonly<Record<string, unknown>>;

export interface PluginContext extends ExtensionState {
  /** Empty where there is no rule: when properties are checked, and in lookup tables. */
  readonly ruleId: string;
  /** Name of the node in status and metrics. */
  readonly opId: string;
  /** The engine's root directory. */
  readonly rootPath: string;
  readonly logger: Logger;
  /** Milliseconds since the epoch, on the rule's clock. */
  now(): number;
  /** Renders `{{…}}` as data templates of sinks do; a text without them comes back as it is. */
  parseTemplate(text: string, data: unknown): string;
}

export interface PluginFunctionContext extends PluginContext {
  /** Number of the call site in its statement. */
  readonly funcId: number;
  /** IANA name of the rule's time zone. */
  readonly timeZone: string;
  /** Uniform in [0, 1). */
  random(): number;
  /** Resolves `ms` later on the rule's clock, or when the run ends. */
  sleep(ms: number): Promise<void>;
  /** A value that programs outside wrote for the key into the keyed state store; undefined when there is none. */
  keyedState(key: string): unknown;
}

export interface PluginFunction {
  /**
   * Checks a call when its statement is parsed. Throws, or returns a text, when it is wrong: the user sees
   * `validate function <name> error: <text>`.
   */
  validate?(args: readonly CallArgument[]): string | null | undefined | void;
  /** True: each argument is the list of its values over the rows of the group. */
  isAggregate?(): boolean;
  /** Set when `exec` returns a promise without being an `async` function. */
  readonly isAsync?: boolean;
  /** Throws with the text of the row's error. */
  exec(context: PluginFunctionContext, args: readonly unknown[]): unknown;
  /** The run has ended. Not called on objects that all rules share. */
  close?(): void | Promise<void>;
}

/**
 * Takes what a source has: a row, a list of rows, or one encoded message (`emits: 'bytes'`). A promise means that the
 * rules are full: wait for it before you go on reading.
 * @param timestampMs default: now
 */
export type PluginIngest = (
  data: Row | readonly Row[] | Uint8Array | string,
  meta?: Readonly<Record<string, unknown>> | null,
  timestampMs?: number,
) => Promise<void> | undefined;

/** Counts an error; the source goes on. */
export type PluginIngestError = (error: unknown) => void;

/** Called in this order: provision, setEofIngest, connect, rewind, then subscribe, or pull again and again; close. */
export interface PluginSource {
  /** `bytes` are decoded by the stream's FORMAT. Default `rows`. */
  readonly emits?: 'bytes' | 'rows';
  /** What a source with `subscribe` can do when rules are full. Default `none`. */
  readonly backpressure?: Backpressure;
  /** Takes over the properties, of which `datasource` is the DATASOURCE option; no I/O. A failure is one of the rule's definition. */
  provision?(context: PluginContext, props: PluginProps): void | Promise<void>;
  connect?(context: PluginContext, status: (status: ConnectionStatus, message?: string) => void): void | Promise<void>;
  /** Starts to deliver. May return at once or go on until `close`; a failure ends the run. */
  subscribe?(context: PluginContext, ingest: PluginIngest, ingestError: PluginIngestError): void | Promise<void>;
  /** Delivers what there is: called at once and then every `interval`. */
  pull?(
    context: PluginContext,
    triggerMs: number,
    ingest: PluginIngest,
    ingestError: PluginIngestError,
  ): void | Promise<void>;
  /** For sources that end: call `eof` once when everything has been delivered. */
  setEofIngest?(eof: (message?: string) => void): void;
  /** Small JSON value from which {@link rewind} goes on behind what has been delivered so far. */
  getOffset?(): unknown;
  rewind?(offset: unknown): void | Promise<void>;
  /** Reset by the user (`PUT /rules/{id}/reset_state`). */
  resetOffset?(input: Readonly<Record<string, unknown>>): void;
  close?(context: PluginContext): void | Promise<void>;
}

/** What a sink gets beside the data. */
interface PluginItemProps {
  /** The property that was written as this template, rendered for this item; undefined when it is none. */
  dynamicProps(template: string): string | undefined;
  /** All rendered properties by the template they were written as. */
  allProps(): Readonly<Record<string, string>>;
}

/** One encoded output. */
export interface PluginPayload extends PluginItemProps {
  raw(): Uint8Array;
}

/** One row. */
export interface PluginTuple extends PluginItemProps {
  /** Undefined when the row has no such column. */
  value(key: string): unknown;
  toMap(): Record<string, unknown>;
}

/** The rows of one output. */
export interface PluginTupleList extends PluginItemProps {
  readonly length: number;
  /** Until the function returns false. */
  rangeOfTuples(visit: (index: number, tuple: PluginTuple) => boolean | void): void;
  toMaps(): Record<string, unknown>[];
}

/**
 * With `collectList` a sink takes rows, without it encoded messages. An error with `code: 1003` or a text that starts
 * with `io error` lets the engine try again later; after any other error the item is dropped and counted.
 */
export interface PluginSink {
  provision?(context: PluginContext, props: PluginProps): void | Promise<void>;
  connect?(context: PluginContext, status: (status: ConnectionStatus, message?: string) => void): void | Promise<void>;
  /** The output is safe when it returns. */
  collect(context: PluginContext, item: PluginPayload & PluginTuple): void | Promise<void>;
  collectList?(context: PluginContext, list: PluginTupleList): void | Promise<void>;
  close?(context: PluginContext): void | Promise<void>;
}

export interface PluginLookup {
  /** `key` among the properties is the table's KEY option. */
  provision?(context: PluginContext, props: PluginProps): void | Promise<void>;
  connect?(context: PluginContext, status: (status: ConnectionStatus, message?: string) => void): void | Promise<void>;
  /**
   * Rows where every `keys[i]` equals `values[i]`.
   * @param fields columns wanted, null for all
   */
  lookup(
    context: PluginContext,
    fields: readonly string[] | null,
    keys: readonly string[],
    values: readonly unknown[],
  ): readonly Row[] | Promise<readonly Row[]>;
  close?(context: PluginContext): void | Promise<void>;
}
