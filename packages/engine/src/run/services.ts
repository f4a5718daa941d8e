/** What a run needs from outside, by interface: the engine knows no connector, format or store by name. */
import type { Clock, Logger } from '@kuiper/base';
import type {
  ConnectionAccess,
  FormatDeclaration,
  LookupDeclaration,
  OpenLookup,
  SinkDeclaration,
  SourceDeclaration,
} from '@kuiper/sdk';
import type { Catalog } from '../analyze/catalog.ts';
import type { ScriptRunner } from '../compile/program.ts';
import type { StateEntry } from '../state/state-slot.ts';
import type { CounterSpace } from './counters.ts';

export interface Registries {
  source(type: string): SourceDeclaration | undefined;
  sink(type: string): SinkDeclaration | undefined;
  lookup(type: string): LookupDeclaration | undefined;
  format(name: string): FormatDeclaration | undefined;
}

/** Append-only records on disk (input log, spilled outputs). Implemented over the host's `Log`. */
export interface RecordLog {
  /** Buffered; the number of the record. */
  append(record: Uint8Array): number;
  /** Resolves when everything appended so far is on disk. Concurrent calls share one fsync. */
  sync(): Promise<void>;
  /** Records from `from` on, in order, at most `limit` of them. */
  read(from: number, limit: number): Promise<readonly { readonly seq: number; readonly data: Uint8Array }[]>;
  /** The oldest record still needed: where `trim` left it, over restarts too. */
  readonly firstSeq: number;
  readonly nextSeq: number;
  /** Records before `before` are no longer needed. Never fails: what could not be deleted goes with a later call. */
  trim(before: number): Promise<void> | void;
  close(): Promise<void>;
  /** Closes and deletes. */
  destroy(): Promise<void>;
}

/**
 * Which rule this thread is working for at this moment, in shared memory: when the thread never comes back, the control
 * plane reads there whose fault it is.
 */
export interface Activity {
  /** A number for the rule, never 0, unique among the rules of the thread. */
  numberOf(ruleId: string): number;
  /** Slot 0 holds the number of the rule being worked for, 0 for none. */
  readonly current: Int32Array;
}

/** A data template, compiled once per rule. */
export interface CompiledTemplate {
  /** @param data a row map or a list of row maps, tagged; throws with the text users see */
  render(data: unknown): string;
}

/** Text work in front of a sink. */
export interface TransformServices {
  /** Compiles Go template text; throws with the text users see. */
  template(text: string): CompiledTemplate;
  compressor(name: string, props: Readonly<Record<string, unknown>>): ((bytes: Uint8Array) => Uint8Array) | undefined;
  decompressor(name: string): ((bytes: Uint8Array) => Uint8Array) | undefined;
  encryptor(name: string, props: Readonly<Record<string, unknown>>): ((bytes: Uint8Array) => Uint8Array) | undefined;
  /** Why a format that needs a schema cannot be used with this one; null when it can, and for other formats. */
  schemaProblem(format: string, schemaId: string): string | null;
}

/** What one checkpoint holds besides the entries of the state slots. */
export interface CheckpointMeta {
  /** By source index: where to resume, as the source or the input log counts. */
  readonly positions: Readonly<Record<string, unknown>>;
  /** By sink name: outputs made but not yet safe, each packed with its dynamic properties. */
  readonly pending: Readonly<Record<string, readonly Uint8Array[]>>;
  /** By slot name. */
  readonly fingerprints: Readonly<Record<string, string>>;
  readonly timeMs: number;
}

export interface StoredCheckpoint {
  readonly meta: CheckpointMeta;
  /** Entries of a slot, newest version each. */
  entries(slot: string): Iterable<StateEntry>;
}

/**
 * Checkpoints of one rule. Written in bounded batches under a new epoch; nothing of it counts before `commit`, which
 * is one atomic, synced write.
 */
export interface CheckpointStore {
  load(): Promise<StoredCheckpoint | null>;
  /** Starts an epoch; with `full` older entries are not kept. */
  begin(full: boolean): CheckpointWriter;
  destroy(): Promise<void>;
}

export interface CheckpointWriter {
  write(slot: string, entries: readonly StateEntry[]): Promise<void>;
  commit(meta: CheckpointMeta): Promise<void>;
  /** Forgets what has been written. */
  abandon(): void;
}

/** Files and tables of one rule, by name; temp rules get ones that forget. */
export interface RuleStorage {
  checkpoints(): CheckpointStore;
  /** Opens or creates the log `name`. */
  log(name: string): Promise<RecordLog>;
  /** Names of the logs that there are. */
  logs(): Promise<ReadonlySet<string>>;
  /** Deletes everything of the rule. */
  destroy(): Promise<void>;
}

/** Scripts of graph rules. */
export interface ScriptService {
  /** Why a script cannot be used; null when it can. */
  check(source: string): Promise<string | null>;
  /** An interpreter of its own for one node of one run, who owns it. */
  open(source: string): Promise<ScriptRunner>;
}

export interface RunServices {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly registries: Registries;
  readonly catalog: Catalog;
  readonly counters: CounterSpace;
  readonly activity: Activity;
  readonly transform: TransformServices;
  /** Packs plain values (JSON, `bigint`, bytes, `DateTime`, nested) for the disk. */
  readonly codec: { pack(value: unknown): Uint8Array; unpack(bytes: Uint8Array): unknown };
  readonly connections: ConnectionAccess;
  readonly rootPath: string;
  /** IANA zone (`basic.timezone`). */
  readonly timeZone: string;
  random(): number;
  /** What programs outside keep for the key; undefined when there is nothing. */
  keyedState(key: string): unknown;
  /** Microseconds of a clock that only goes forward, for latencies. */
  stopwatchUs(): number;
  storage(ruleId: string, temp: boolean): RuleStorage;
  /** Log of a shared or private source that cannot replay. */
  inputLog(name: string): Promise<RecordLog>;
  /** The open instance of a lookup table; throws when there is none. */
  lookupTable(name: string): OpenLookup;
  readonly scripts: ScriptService;
}
