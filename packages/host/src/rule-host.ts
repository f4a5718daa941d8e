/**
 * The boundary between the control plane (REST, stores, scheduling) and the data plane (rules). Everything that crosses
 * it is plain data; both implementations, in process and worker threads, look the same from above.
 */
import type { NodeMetrics, RuleSpec, SourceSpec, TapEvent, Topology } from '@kuiper/engine';
import type { ExtensionKey, ExtensionRecord, ExtensionSymbol } from '@kuiper/extensions/record';
import type { ServiceCallMetrics } from '@kuiper/extensions';
import type { SchemaText } from '@kuiper/formats';

export type { SchemaText } from '@kuiper/formats';

export type {
  ActionSpec,
  ConnectionMetrics,
  NodeMetrics,
  RuleOptions,
  RuleSpec,
  SourceSpec,
  TapEvent,
  Topology,
} from '@kuiper/engine';

/** What planning says about a rule. */
export interface PlanReport {
  /** Text of `GET /rules/{id}/explain`; null for graph rules. */
  readonly explain: string | null;
  /** The generated code, for people. */
  readonly code: string;
  readonly topology: Topology;
  readonly schema: Readonly<Record<string, { readonly hasIndex: boolean; readonly index: number }>>;
}

export interface ConnectionState {
  readonly status: 'connected' | 'connecting' | 'disconnected';
  /** Why it is not connected. */
  readonly message: string;
}

/** How a run ended by itself. */
export interface RunEnd {
  readonly ruleId: string;
  readonly kind: 'done' | 'error';
  /** `done`, `done: <text>` or the error's text. */
  readonly message: string;
}

export interface RuleHost {
  /** Plans without keeping anything. Rejects with the KuiperError that creation would answer. */
  plan(spec: RuleSpec): Promise<PlanReport>;
  /** Plans and keeps the result as the rule's next program; a present run goes on with the old one. */
  deploy(spec: RuleSpec): Promise<PlanReport>;
  /** Plans and starts many at once, for server start; failures are reported as run ends. Never blocks for long. */
  deployAll(specs: readonly RuleSpec[]): Promise<void>;
  /** Stops the present run, if any, and starts the program deployed last. Resolves when the run accepts events. */
  start(ruleId: string): Promise<void>;
  /** Resolves when the run has ended; its metrics stay readable. */
  stop(ruleId: string): Promise<void>;
  /** Forgets the rule: run, program, metrics, checkpoints, caches. */
  remove(ruleId: string): Promise<void>;
  /** Metrics of the present or last run; null when it never ran. Never waits for a worker. */
  metrics(ruleId: string): readonly NodeMetrics[] | null;
  topology(ruleId: string): Topology | null;
  /** Rows held of scan tables. */
  scanTables(ruleId: string): Promise<readonly { readonly emitter: string; readonly content: readonly unknown[] }[]>;
  checkpoint(ruleId: string): Promise<void>;
  /** `PUT /rules/{id}/reset_state`. */
  resetState(
    ruleId: string,
    request: { readonly type: number; readonly params: Readonly<Record<string, unknown>> },
  ): Promise<void>;
  /** Live events of a rule until the returned function is called. */
  tap(ruleId: string, listener: (event: TapEvent) => void): () => void;
  /** Runs a rule on mocked sources (`POST /ruletest`); results through a tap of `spec.id`. */
  trial(spec: RuleSpec, mocks: Readonly<Record<string, unknown>>): Promise<void>;
  /** A lookup table exists from its creation on, independent of rules. */
  openTable(table: SourceSpec): Promise<void>;
  closeTable(name: string): Promise<void>;
  /**
   * Adds or replaces a schema that formats use. What is planned or started from now on reads the new one, what runs
   * stays with the old one.
   */
  putSchema(schema: SchemaText): Promise<void>;
  deleteSchema(type: string, name: string): Promise<void>;
  /**
   * Brings an extension into service on every thread, or its next version; all or none. Rejects with why it cannot be
   * used, and what was there before serves on.
   * @returns the names rules can use from now on
   */
  putExtension(record: ExtensionRecord): Promise<readonly ExtensionSymbol[]>;
  /** Rules that run keep what they have as long as that is possible; no new one finds it. */
  dropExtension(key: ExtensionKey): Promise<void>;
  /** What has happened to calls of external services, of all threads together. */
  serviceMetrics(): Promise<readonly ServiceCallMetrics[]>;
  putConnection(id: string, type: string, props: Readonly<Record<string, unknown>>): Promise<void>;
  deleteConnection(id: string): Promise<void>;
  /** Rejects with why it does not work. */
  pingConnection(id: string, type: string, props: Readonly<Record<string, unknown>>): Promise<void>;
  /** Null for a connection that does not exist. */
  connectionStatus(id: string): Promise<ConnectionState | null>;
  /** Columns of a shared stream's present decode, null for all; undefined when no rule runs on it. */
  sharedColumns(stream: string): Promise<readonly string[] | null | undefined>;
  /** Called for every run that ends by itself. */
  onEnd(listener: (end: RunEnd) => void): void;
  close(): Promise<void>;
}
