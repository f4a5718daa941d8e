/** One way to extend the engine, on a thread that runs rules. {@link ExtensionHost} asks them in the order of their weight. */
import type { FunctionDeclaration, LookupDeclaration, SinkDeclaration, SourceDeclaration } from '@kuiper/sdk';
import type { Expr } from '@kuiper/sql';
import type { ServiceCallMetrics } from './service/call-metrics.ts';
import type { ExtensionKey, ExtensionRecord, ExtensionSymbol } from './extension-record.ts';

/** A call in a statement that is about to be planned. */
export interface PreparedCall {
  readonly name: string;
  /** Arguments as parsed. */
  readonly args: readonly Expr[];
}

export interface ExtensionProvider<R extends ExtensionRecord = ExtensionRecord> {
  readonly kind: R['kind'];
  /**
   * Loads, or replaces what has the same key; rules that run go over to the new one between two events.
   * Rejects with why it cannot be used; what was there before goes on working.
   * @returns the names rules can use from now on
   */
  put(record: R): Promise<readonly ExtensionSymbol[]>;
  /** Rules that run keep what they have as long as that is possible; no new one finds it. */
  drop(key: ExtensionKey): Promise<void>;
  /** Names match as written. */
  source?(type: string): SourceDeclaration | undefined;
  sink?(type: string): SinkDeclaration | undefined;
  lookup?(type: string): LookupDeclaration | undefined;
  /** Only asked after `prepare` of a statement that calls it. */
  function?(name: string): FunctionDeclaration | undefined;
  /** Names of functions, for suggestions. */
  functionNames?(): Iterable<string>;
  /**
   * Before a statement is planned: brings up what its calls need and checks their arguments. Rejects with
   * `validate function <name> error: <why>`.
   */
  prepare?(call: PreparedCall): Promise<void>;
  /** Of external services: what has happened to their calls on this thread. */
  metrics?(): readonly ServiceCallMetrics[];
  close?(): Promise<void> | void;
}
