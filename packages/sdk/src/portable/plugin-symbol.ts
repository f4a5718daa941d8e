/** What the runtimes of both protocols have in common. */
import type { CallArgument } from '../function.ts';
import type {
  PluginContext,
  PluginFunction,
  PluginIngest,
  PluginLookup,
  PluginProps,
  PluginSink,
  PluginSource,
} from '../plugin.ts';
import { PluginItem, PluginItemList } from './plugin-item.ts';
import type { SymbolContext } from './symbol-context.ts';

/** A class, a function that makes an instance, or the one instance for all. */
export type Offered<T> = (new () => T) | (() => T) | T;

export interface PluginOffer {
  /** As the plugin is installed. */
  readonly name: string;
  readonly sources?: Readonly<Record<string, Offered<PluginSource>>>;
  readonly sinks?: Readonly<Record<string, Offered<PluginSink>>>;
  readonly functions?: Readonly<Record<string, Offered<PluginFunction>>>;
  /** Only for engines that know the extended protocol. */
  readonly lookups?: Readonly<Record<string, Offered<PluginLookup>>>;
}

export function makeInstance<T>(offered: Offered<T>): T {
  if (typeof offered !== 'function') return offered;
  const isClass = /^class\b/.test(Function.prototype.toString.call(offered));
  return isClass ? new (offered as new () => T)() : (offered as () => T)();
}

/** What a command says of the symbol to start. */
export interface SymbolControl {
  readonly symbolName: string;
  readonly meta: { readonly ruleId: string; readonly opId: string; readonly instanceId: number };
  readonly pluginType: string;
  readonly dataSource?: string;
  readonly datasource?: string;
  readonly config?: Readonly<Record<string, unknown>>;
}

/** A symbol that has been started. */
export interface RunningSymbol {
  /** Called once, when the engine has been told that it runs. */
  run(): void;
  stop(): Promise<void> | void;
}

export function propsOf({ config = {}, dataSource, datasource }: SymbolControl): PluginProps {
  const topic = datasource ?? dataSource;
  return topic === undefined ? config : { ...config, datasource: topic };
}

export function dataPath({ ruleId, opId, instanceId }: SymbolControl['meta']): string {
  return `ipc:///tmp/${ruleId}_${opId}_${instanceId}`;
}

export function checkPlace({ meta }: SymbolControl): void {
  if (!meta.ruleId || !meta.opId) throw new Error('ruleId and opId are required');
}

export function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Where rows of a source go. What they return asks to wait. */
export interface SourceOutput {
  rows(
    rows: readonly Readonly<Record<string, unknown>>[],
    meta: Readonly<Record<string, unknown>> | null,
  ): Promise<void> | undefined;
  fail(text: string): void;
  end(text: string): void;
}

const OFFSET = '$$offset';

/** Drives one source, whatever its output is. */
export class SourceRunner {
  readonly #source: PluginSource;
  readonly #context: SymbolContext;
  readonly #props: PluginProps;
  readonly #output: SourceOutput;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(source: PluginSource, context: SymbolContext, props: PluginProps, output: SourceOutput) {
    this.#source = source;
    this.#context = context;
    this.#props = props;
    this.#output = output;
  }

  /** What it rejects with is told to the engine: the source does not start. */
  async prepare(): Promise<void> {
    const source = this.#source;
    source.setEofIngest?.((message) => this.#output.end(message ?? ''));
    await source.connect?.(this.#context, (status, message) => {
      if (status === 'disconnected') this.#fail(message ?? 'disconnected');
    });
    const offset = this.#context.getState(OFFSET);
    if (offset !== undefined && offset !== null) await source.rewind?.(offset);
  }

  run(): void {
    if (this.#source.pull !== undefined) {
      void this.#pull();
      return;
    }
    try {
      const running = this.#source.subscribe?.(this.#context, this.#ingest, this.#fail);
      if (running instanceof Promise) running.catch(this.#fail);
    } catch (error) {
      this.#fail(error);
    }
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    await this.#source.close?.(this.#context);
  }

  async #pull(): Promise<void> {
    const began = Date.now();
    try {
      await this.#source.pull?.(this.#context, began, this.#ingest, this.#fail);
    } catch (error) {
      this.#fail(error);
    }
    const interval = Number(this.#props['interval'] ?? 0);
    if (this.#isStopped || !(interval > 0)) return;
    this.#timer = setTimeout(() => void this.#pull(), Math.max(0, began + interval - Date.now()));
  }

  readonly #fail = (error: unknown): void => {
    if (!this.#isStopped) this.#output.fail(textOf(error));
  };

  readonly #ingest: PluginIngest = (data, meta) => {
    if (this.#isStopped) return undefined;
    try {
      const rows = rowsOf(data);
      if (this.#source.getOffset !== undefined) this.#context.putState(OFFSET, this.#source.getOffset());
      return this.#output.rows(rows, meta ?? null);
    } catch (error) {
      this.#fail(error);
      return undefined;
    }
  };
}

/** Encoded messages are JSON: a portable plugin decodes for itself. */
function rowsOf(data: unknown): readonly Readonly<Record<string, unknown>>[] {
  const value: unknown =
    typeof data === 'string' || data instanceof Uint8Array
      ? JSON.parse(typeof data === 'string' ? data : Buffer.from(data).toString('utf8'))
      : data;
  return (Array.isArray(value) ? value : [value]) as readonly Readonly<Record<string, unknown>>[];
}

/** Has a sink take one message. */
export async function collectItem(
  sink: PluginSink,
  context: PluginContext,
  bytes: Uint8Array,
  rendered: Readonly<Record<string, string>>,
): Promise<void> {
  if (sink.collectList !== undefined) {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    if (Array.isArray(value)) {
      await sink.collectList(context, new PluginItemList(value as Record<string, unknown>[], rendered));
      return;
    }
  }
  await sink.collect(context, new PluginItem(bytes, rendered));
}

/** @returns what is wrong with a call, null when nothing is */
export function validateCall(probe: PluginFunction, nodes: readonly unknown[]): string | null {
  try {
    const wrong = probe.validate?.(nodes.map(callArgument));
    return typeof wrong === 'string' && wrong !== '' ? wrong : null;
  } catch (error) {
    return textOf(error);
  }
}

/** From what an engine says of an argument; one of the common protocol says only what its tree looks like. */
function callArgument(node: unknown): CallArgument {
  const bag = (typeof node === 'object' && node !== null ? node : {}) as Readonly<Record<string, unknown>>;
  if (Object.hasOwn(bag, 'literal')) {
    const { literal, value, condition } = bag;
    return { literal: literal as CallArgument['literal'], value, isCondition: condition === true };
  }
  if (Object.hasOwn(bag, 'Val')) return { literal: literalOf(bag['Val']), value: bag['Val'], isCondition: false };
  if (Object.hasOwn(bag, 'Token')) return { literal: 'wildcard', value: null, isCondition: false };
  if (Object.hasOwn(bag, 'StreamName')) return { literal: 'column', value: bag['Name'], isCondition: false };
  return { literal: null, value: null, isCondition: false };
}

function literalOf(value: unknown): CallArgument['literal'] {
  switch (typeof value) {
    case 'number':
      return Number.isInteger(value) ? 'int' : 'float';
    case 'string':
      return 'string';
    case 'boolean':
      return 'bool';
    default:
      return null;
  }
}
