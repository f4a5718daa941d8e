/**
 * Sources, sinks and functions of portable plugins on a thread that runs rules. Their processes are the control
 * plane's; here are only the channels, which outlive them.
 */
import { type Clock, errorText, KuiperError, type Logger } from '@kuiper/base';
import {
  type FunctionContext,
  type FunctionInstance,
  type LookupDeclaration,
  type ScalarFunction,
  type SinkDeclaration,
  type SourceDeclaration,
  scalar,
  t,
} from '@kuiper/sdk';
import type { ExtensionProvider, PreparedCall } from '../extension-provider.ts';
import type { ExtensionKey, ExtensionSymbol, PortableRecord } from '../extension-record.ts';
import { portableErrors } from './errors.ts';
import { FunctionChannel } from './function-channel.ts';
import { CallSite } from './link/call-site.ts';
import { PluginLinks } from './link/plugin-links.ts';
import type { PortableControl } from './portable-control.ts';
import { defaultPortableOptions, type PortableOptions } from './portable-options.ts';
import { portableLookup } from './portable-lookup.ts';
import { portableSink } from './portable-sink.ts';
import { portableSource } from './portable-source.ts';

export interface PortableSurroundings {
  readonly control: PortableControl;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly portable?: Partial<PortableOptions>;
}

export function portableProvider(around: PortableSurroundings): ExtensionProvider<PortableRecord> {
  return new PortableProvider(around);
}

interface InstalledPlugin {
  readonly record: PortableRecord;
  readonly sources: ReadonlyMap<string, SourceDeclaration>;
  readonly sinks: ReadonlyMap<string, SinkDeclaration>;
  readonly lookups: ReadonlyMap<string, LookupDeclaration>;
}

class PortableProvider implements ExtensionProvider<PortableRecord> {
  readonly kind = 'portable';
  readonly #around: PortableSurroundings;
  readonly #options: PortableOptions;
  readonly #links: PluginLinks;
  readonly #installed = new Map<string, InstalledPlugin>();
  /** By function; kept when the plugin goes, since rules may go on with it when it comes back. */
  readonly #channels = new Map<string, FunctionChannel>();
  /** By function, as prepared last. */
  readonly #functions = new Map<string, ScalarFunction>();

  constructor(around: PortableSurroundings) {
    this.#around = around;
    this.#options = { ...defaultPortableOptions, ...around.portable };
    this.#links = new PluginLinks(around.clock, around.logger, this.#options.extras);
  }

  async put(record: PortableRecord): Promise<readonly ExtensionSymbol[]> {
    const { control } = this.#around;
    const { name, sources, sinks, functions, lookups } = record;
    const around = { control, options: this.#options, links: this.#links };
    this.#installed.set(name, {
      record,
      sources: new Map(sources.map((symbol) => [symbol, portableSource(name, symbol, around)])),
      sinks: new Map(sinks.map((symbol) => [symbol, portableSink(name, symbol, around)])),
      lookups: new Map(lookups.map((symbol) => [symbol, portableLookup(name, symbol, around)])),
    });
    return [
      ...sources.map((symbol) => ({ kind: 'source', name: symbol }) as const),
      ...sinks.map((symbol) => ({ kind: 'sink', name: symbol }) as const),
      ...functions.map((symbol) => ({ kind: 'function', name: symbol }) as const),
      ...lookups.map((symbol) => ({ kind: 'lookup', name: symbol }) as const),
    ];
  }

  async drop({ name }: ExtensionKey): Promise<void> {
    const plugin = this.#installed.get(name);
    this.#installed.delete(name);
    for (const symbol of plugin?.record.functions ?? []) this.#functions.delete(symbol);
  }

  source(type: string): SourceDeclaration | undefined {
    for (const { sources } of this.#installed.values()) if (sources.has(type)) return sources.get(type);
    return undefined;
  }

  sink(type: string): SinkDeclaration | undefined {
    for (const { sinks } of this.#installed.values()) if (sinks.has(type)) return sinks.get(type);
    return undefined;
  }

  lookup(type: string): LookupDeclaration | undefined {
    for (const { lookups } of this.#installed.values()) if (lookups.has(type)) return lookups.get(type);
    return undefined;
  }

  function(name: string): ScalarFunction | undefined {
    return this.#functions.get(name);
  }

  *functionNames(): Iterable<string> {
    for (const { record } of this.#installed.values()) yield* record.functions;
  }

  async prepare({ name, args }: PreparedCall): Promise<void> {
    const plugin = this.#pluginOf(name);
    if (plugin === undefined) return;
    try {
      const channel = await this.#channelOf(plugin, name);
      await channel.open();
      const isAggregate = await channel.isAggregate();
      const keepsState = this.#around.control.state(plugin)?.extras.includes('state') === true;
      const present = this.#functions.get(name);
      if (present?.overGroup !== isAggregate || present.keepsState !== keepsState) {
        const traits = { name, isAggregate, keepsState };
        this.#functions.set(
          name,
          declareFunction(traits, () => this.#channels.get(name)),
        );
      }
      await channel.validate(args);
    } catch (error) {
      if (error instanceof KuiperError && error.id === 'VALIDATE') throw error;
      throw portableErrors.VALIDATE(name, errorText(error), { cause: error });
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#channels.values()].map((channel) => channel.close()));
    await this.#links.close();
  }

  #pluginOf(symbol: string): string | undefined {
    for (const { record } of this.#installed.values()) if (record.functions.includes(symbol)) return record.name;
    return undefined;
  }

  async #channelOf(plugin: string, symbol: string): Promise<FunctionChannel> {
    const present = this.#channels.get(symbol);
    if (present?.plugin === plugin) return present;
    // Another plugin offers the name now.
    await present?.close();
    const { control, clock, logger } = this.#around;
    const channel = new FunctionChannel({
      plugin,
      symbol,
      control,
      clock,
      logger,
      options: this.#options,
      links: this.#links,
    });
    this.#channels.set(symbol, channel);
    return channel;
  }
}

function declareFunction(
  {
    name,
    isAggregate,
    keepsState,
  }: { readonly name: string; readonly isAggregate: boolean; readonly keepsState: boolean },
  channelOf: () => FunctionChannel | undefined,
): ScalarFunction {
  return scalar({
    name,
    group: 'portable',
    summary: 'A function of a portable plugin.',
    args: [t.rest(t.any('value'), 0)],
    examples: [],
    returns: 'any',
    onNull: 'call',
    volatile: true,
    async: true,
    overGroup: isAggregate,
    keepsState,
    // The plugin has checked them while the statement was prepared.
    check: () => null,
    instantiate: (context) => instantiate(context, channelOf),
    eval: notInstantiated,
  });
}

function instantiate(context: FunctionContext, channelOf: () => FunctionChannel | undefined): FunctionInstance {
  const site = new CallSite(context);
  return {
    eval: (...args: readonly unknown[]) => (channelOf() as FunctionChannel).exec(args, site),
    close: () => channelOf()?.drop(site),
  };
}

function notInstantiated(): never {
  throw new Error('a portable function is called through its instance');
}
