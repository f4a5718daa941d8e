/**
 * What the engine offers to native plugins: the types of `@kuiper/sdk`, which it brings itself. This file is for your
 * editor only; it is not packed.
 */
declare module '@kuiper/sdk' {
  /** A row: column → value. Ints and floats are numbers, large ints `bigint`, moments `Date`, bytes `Uint8Array`. */
  export type Row = Record<string, unknown>;

  export interface Logger {
    debug(message: string): void;
    info(message: string): void;
    warn(message: string): void;
    error(message: string): void;
  }

  /** Everything the user has set, by name as written. */
  export type PluginProps = Readonly<Record<string, unknown>>;

  /** What the plugin keeps: one map per call of a function, per source and per sink of a rule. */
  export interface ExtensionState {
    /** Undefined when there is none. */
    getState(key: string): unknown;
    /** Values are JSON, `bigint` or bytes. With `qos` 1 or 2 they are part of the rule's checkpoints. */
    putState(key: string, value: unknown): void;
    deleteState(key: string): void;
    /** @returns the new value */
    incrCounter(key: string, amount: number): number;
    /** 0 when there is none. */
    getCounter(key: string): number;
  }

  export interface PluginContext extends ExtensionState {
    /** Empty where there is no rule: when properties are checked, and in lookup tables. */
    readonly ruleId: string;
    /** Name of the node in status and metrics. */
    readonly opId: string;
    /** The engine's root directory. */
    readonly rootPath: string;
    /** `kuiper plugin dev` shows what is logged. */
    readonly logger: Logger;
    /** Milliseconds since the epoch, on the rule's clock. */
    now(): number;
    /** Renders `{{…}}` as data templates of sinks do. */
    parseTemplate(text: string, data: unknown): string;
  }

  export interface PluginFunctionContext extends PluginContext {
    /** Number of the call in its statement. */
    readonly funcId: number;
    /** IANA name of the rule's time zone. */
    readonly timeZone: string;
    /** Uniform in [0, 1). */
    random(): number;
    /** Resolves `ms` later on the rule's clock, or when the rule ends. */
    sleep(ms: number): Promise<void>;
    /** A value that programs outside wrote for the key into the keyed state store. */
    keyedState(key: string): unknown;
  }

  /** An argument of a call, as written in SQL. */
  export interface CallArgument {
    /** The kind of a bare literal; `wildcard` for `*`; `column` for a bare column; null for any other expression. */
    readonly literal: 'int' | 'float' | 'string' | 'bool' | 'time' | 'wildcard' | 'column' | null;
    readonly value: unknown;
    readonly isCondition: boolean;
  }

  export interface PluginFunction {
    /** Checks a call when its statement is parsed: a text, or what it throws, is why the rule is refused. */
    validate?(args: readonly CallArgument[]): string | null | undefined | void;
    /** True: each argument is the list of its values over the rows of the group. */
    isAggregate?(): boolean;
    /** Set when `exec` returns a promise without being an `async` function. */
    readonly isAsync?: boolean;
    /** Throws with the text of the row's error. */
    exec(context: PluginFunctionContext, args: readonly unknown[]): unknown;
    /** The rule has ended. */
    close?(): void | Promise<void>;
  }

  export type ConnectionStatus = 'connected' | 'connecting' | 'disconnected';
  type TellStatus = (status: ConnectionStatus, message?: string) => void;

  /** Takes a row, a list of rows, or one encoded message (`emits: 'bytes'`). A promise: wait for it before you go on. */
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
    readonly backpressure?: 'pause' | 'withhold' | 'none';
    /** Takes over the properties, of which `datasource` is the DATASOURCE option. */
    provision?(context: PluginContext, props: PluginProps): void | Promise<void>;
    connect?(context: PluginContext, status: TellStatus): void | Promise<void>;
    /** Starts to deliver: returns at once, or goes on until `close`. A failure ends the run. */
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
    /** Small JSON value from which `rewind` goes on. */
    getOffset?(): unknown;
    rewind?(offset: unknown): void | Promise<void>;
    /** Reset by the user. */
    resetOffset?(input: Readonly<Record<string, unknown>>): void;
    close?(context: PluginContext): void | Promise<void>;
  }

  interface PluginItemProps {
    /** The property that was written as this template, rendered for this output; undefined when it is none. */
    dynamicProps(template: string): string | undefined;
    allProps(): Readonly<Record<string, string>>;
  }

  /** One encoded output. */
  export interface PluginPayload extends PluginItemProps {
    raw(): Uint8Array;
  }

  /** One row. */
  export interface PluginTuple extends PluginItemProps {
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

  /** With `collectList` a sink takes rows, without it encoded messages. */
  export interface PluginSink {
    provision?(context: PluginContext, props: PluginProps): void | Promise<void>;
    connect?(context: PluginContext, status: TellStatus): void | Promise<void>;
    /** The output is safe when it returns. */
    collect(context: PluginContext, item: PluginPayload & PluginTuple): void | Promise<void>;
    collectList?(context: PluginContext, list: PluginTupleList): void | Promise<void>;
    close?(context: PluginContext): void | Promise<void>;
  }

  export interface PluginLookup {
    /** `key` among the properties is the table's KEY option. */
    provision?(context: PluginContext, props: PluginProps): void | Promise<void>;
    connect?(context: PluginContext, status: TellStatus): void | Promise<void>;
    /** Rows where every `keys[i]` equals `values[i]`. */
    lookup(
      context: PluginContext,
      fields: readonly string[] | null,
      keys: readonly string[],
      values: readonly unknown[],
    ): readonly Row[] | Promise<readonly Row[]>;
    close?(context: PluginContext): void | Promise<void>;
  }

  /** Fails a row with this text, as `throw` does, without a stack. */
  export function rowError(text: string): never;

  /**
   * Declarations, the form that built-ins have: properties and arguments described once. The guide "Native plugins"
   * shows them; what they hold is only checked by the engine.
   */
  interface Declaration {
    readonly [member: string]: unknown;
  }
  export function scalar(declaration: Declaration): Declaration;
  export function aggregate(declaration: Declaration): Declaration;
  export function defineSource(declaration: Declaration): Declaration;
  export function defineSink(declaration: Declaration): Declaration;
  export function defineLookup(declaration: Declaration): Declaration;
  type ArgumentKind = 'any' | 'number' | 'int' | 'float' | 'string' | 'bool' | 'bytes' | 'datetime' | 'list' | 'map';
  type MakeArgument = (name: string, options?: { optional?: boolean; literal?: boolean }) => object;
  export const t: Readonly<Record<ArgumentKind | 'text', MakeArgument>> & { rest(of: object, atLeast: number): object };
  type PropKind = 'string' | 'int' | 'float' | 'bool' | 'duration' | 'strings' | 'map' | 'list' | 'any';
  export const prop: Readonly<Record<PropKind, (options?: object) => object>>;
}
