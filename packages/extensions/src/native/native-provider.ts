/**
 * Native plugins on one thread. Each installed record is a module of its own; putting a record again loads the module
 * anew and lets rules that run go over to it. Modules that were replaced stay in memory until the thread ends.
 */
import type { Logger } from '@kuiper/base';
import { callArgument } from '@kuiper/engine';
import type { FunctionDeclaration, LookupDeclaration, SinkDeclaration, SourceDeclaration } from '@kuiper/sdk';
import type { ExtensionProvider, PreparedCall } from '../extension-provider.ts';
import { type ExtensionKey, extensionId, type ExtensionSymbol, type NativeRecord } from '../extension-record.ts';
import { nativeErrors } from './errors.ts';
import { makeFunctions, symbolMissing } from './exported-functions.ts';
import { FunctionSlot } from './function-slot.ts';
import { type IsolatedFunctions, isolatedFunctions } from './isolated-functions.ts';
import { loadCount, loadLimitMs, loadModule } from './load-module.ts';
import { asLookup, asSink, asSource, findSymbol, type ModuleExports } from './module-symbols.ts';
import type { PluginSurroundings, TemplateCompiler } from './plugin-context.ts';
import { LookupSlot, pluginLookup } from './plugin-lookup.ts';
import { pluginSink } from './plugin-sink.ts';
import { pluginSource } from './plugin-source.ts';
import { SinkSlot } from './sink-slot.ts';
import { SourceSlot } from './source-slot.ts';

export interface IsolationLimits {
  /** A call that takes longer ends the worker. */
  readonly callMs: number;
  /** Of the worker's heap. */
  readonly memoryMb: number;
}

export const defaultIsolationLimits: IsolationLimits = { callMs: 5000, memoryMb: 128 };

export interface NativeProviderOptions {
  readonly logger: Logger;
  readonly rootPath: string;
  /** Data templates, for plugins that ask for them. */
  readonly template: TemplateCompiler;
  /** Of records that ask for a worker. */
  readonly isolation?: IsolationLimits;
  /** How long a module may take to load; default 30 s. */
  readonly loadMs?: number;
}

/** What a module gives, not yet in its place. */
interface Made {
  readonly sources: ReadonlyMap<string, SourceDeclaration>;
  readonly lookups: ReadonlyMap<string, LookupDeclaration>;
  readonly sinks: ReadonlyMap<string, SinkDeclaration>;
  readonly functions: ReadonlyMap<string, FunctionDeclaration>;
  readonly isolated: IsolatedFunctions | null;
}

interface Installed {
  readonly symbols: readonly ExtensionSymbol[];
  readonly isolated: IsolatedFunctions | null;
}

export function nativeProvider(options: NativeProviderOptions): ExtensionProvider<NativeRecord> {
  return new NativeProvider(options);
}

class NativeProvider implements ExtensionProvider<NativeRecord> {
  readonly kind = 'native';
  readonly #around: Omit<PluginSurroundings, 'plugin'>;
  readonly #isolation: IsolationLimits;
  readonly #loadMs: number;
  readonly #installed = new Map<string, Installed>();
  readonly #sources = new Map<string, SourceSlot>();
  readonly #lookups = new Map<string, LookupSlot>();
  readonly #sinks = new Map<string, SinkSlot>();
  readonly #functions = new Map<string, FunctionSlot>();
  /** `function/echo` of what new rules find; slots stay for rules that run, and for what comes back under their name. */
  readonly #offered = new Set<string>();
  /** Threads of plugins that are gone: rules may still call them. */
  readonly #retired: IsolatedFunctions[] = [];
  #puts = 0;

  constructor(options: NativeProviderOptions) {
    const { logger, rootPath, template, isolation = defaultIsolationLimits, loadMs = loadLimitMs } = options;
    this.#around = { logger, rootPath, template };
    this.#isolation = isolation;
    this.#loadMs = loadMs;
  }

  async put(record: NativeRecord): Promise<readonly ExtensionSymbol[]> {
    const made = await this.#make(record);
    const version = `${record.version}#${++this.#puts}`;
    const { logger } = this.#around;
    const symbols: ExtensionSymbol[] = [];
    const work: Promise<void>[] = [];
    const place = <D, S extends { replace(made: D, version: string): Promise<void> }>(
      kind: ExtensionSymbol['kind'],
      declarations: ReadonlyMap<string, D>,
      slots: Map<string, S>,
      create: (made: D) => S,
    ): void => {
      for (const [name, declaration] of declarations) {
        symbols.push({ kind, name });
        const slot = slots.get(name);
        if (slot === undefined) slots.set(name, create(declaration));
        else work.push(slot.replace(declaration, version));
      }
    };
    place('source', made.sources, this.#sources, (one) => new SourceSlot(one, logger));
    place('lookup', made.lookups, this.#lookups, (one) => new LookupSlot(one, logger));
    place('sink', made.sinks, this.#sinks, (one) => new SinkSlot(one, logger));
    place('function', made.functions, this.#functions, (one) => new FunctionSlot(one, version, logger));
    await Promise.all(work);
    for (const symbol of symbols) this.#offered.add(symbolId(symbol));
    const key = extensionId(record);
    const old = this.#installed.get(key);
    this.#installed.set(key, { symbols, isolated: made.isolated });
    if (old !== undefined) {
      this.#withdraw(old.symbols);
      this.#retire(old.isolated);
      logger.info(`native plugin ${key} was replaced, ${loadCount()} modules loaded since the thread started`);
    }
    return symbols;
  }

  async drop(key: ExtensionKey): Promise<void> {
    const id = extensionId(key);
    const installed = this.#installed.get(id);
    if (installed === undefined) return;
    this.#installed.delete(id);
    this.#withdraw(installed.symbols);
    this.#retire(installed.isolated);
  }

  source(type: string): SourceDeclaration | undefined {
    return this.#offered.has(`source/${type}`) ? this.#sources.get(type)?.declaration : undefined;
  }

  sink(type: string): SinkDeclaration | undefined {
    return this.#offered.has(`sink/${type}`) ? this.#sinks.get(type)?.declaration : undefined;
  }

  lookup(type: string): LookupDeclaration | undefined {
    return this.#offered.has(`lookup/${type}`) ? this.#lookups.get(type)?.declaration : undefined;
  }

  function(name: string): FunctionDeclaration | undefined {
    return this.#offered.has(`function/${name}`) ? this.#functions.get(name)?.declaration : undefined;
  }

  *functionNames(): Iterable<string> {
    for (const name of this.#functions.keys()) if (this.#offered.has(`function/${name}`)) yield name;
  }

  /** Functions in a thread of their own are asked there what they think of the arguments. */
  async prepare({ name, args }: PreparedCall): Promise<void> {
    for (const { isolated } of this.#installed.values()) {
      if (isolated?.checked.has(name) !== true) continue;
      const why = await isolated.plugin.check(name, args.map(callArgument));
      if (why !== null) throw nativeErrors.VALIDATE(name, why);
    }
  }

  async close(): Promise<void> {
    const isolated = [...this.#installed.values()].map((installed) => installed.isolated);
    for (const one of [...isolated, ...this.#retired]) await one?.plugin.close();
  }

  #retire(isolated: IsolatedFunctions | null): void {
    if (isolated === null) return;
    this.#retired.push(isolated);
    isolated.plugin.retire();
  }

  /** Names that no installed record has any more. */
  #withdraw(symbols: readonly ExtensionSymbol[]): void {
    const used = new Set([...this.#installed.values()].flatMap((one) => one.symbols.map(symbolId)));
    for (const symbol of symbols) if (!used.has(symbolId(symbol))) this.#offered.delete(symbolId(symbol));
  }

  async #make(record: NativeRecord): Promise<Made> {
    const { name } = record;
    const around = { ...this.#around, plugin: name, logger: this.#around.logger.with({ plugin: name }) };
    if (record.isolation === 'worker') {
      if (record.type !== 'functions') throw nativeErrors.WORKER_KIND(record.name);
      const isolated = await isolatedFunctions(record, this.#isolation, around);
      return { ...nothing, functions: isolated.functions, isolated };
    }
    const exports = await loadModule(record.name, record.file, this.#loadMs);
    switch (record.type) {
      case 'sources':
        return makeSources(exports, around);
      case 'sinks':
        return { ...nothing, sinks: new Map([[name, makeSink(exports, around)]]) };
      case 'functions':
        return { ...nothing, functions: makeFunctions(record, exports, around) };
    }
  }
}

const nothing: Made = {
  sources: new Map(),
  lookups: new Map(),
  sinks: new Map(),
  functions: new Map(),
  isolated: null,
};

const symbolId = ({ kind, name }: ExtensionSymbol): string => `${kind}/${name}`;

function makeSources(exports: ModuleExports, around: PluginSurroundings): Made {
  const { plugin: name } = around;
  const stream = findSymbol(exports, name);
  const lookup = findSymbol(exports, `${name}Lookup`);
  if (stream === null && lookup === null) throw symbolMissing(name, exports);
  const sources = new Map<string, SourceDeclaration>();
  const lookups = new Map<string, LookupDeclaration>();
  if (stream !== null) {
    const found = asSource(stream.name, stream.value);
    const declaration =
      found.form === 'declaration' ? { ...found.declaration, type: name } : pluginSource(name, found, around);
    sources.set(name, declaration);
  }
  if (lookup !== null) {
    const found = asLookup(lookup.name, lookup.value);
    const declaration =
      found.form === 'declaration' ? { ...found.declaration, type: name } : pluginLookup(name, found.maker, around);
    lookups.set(name, declaration);
  }
  return { ...nothing, sources, lookups };
}

function makeSink(exports: ModuleExports, around: PluginSurroundings): SinkDeclaration {
  const { plugin: name } = around;
  const symbol = findSymbol(exports, name);
  if (symbol === null) throw symbolMissing(name, exports);
  const found = asSink(symbol.name, symbol.value);
  return found.form === 'declaration' ? { ...found.declaration, type: name } : pluginSink(name, found, around);
}
