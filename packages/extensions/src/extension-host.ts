/**
 * Everything installed on one thread. Names are looked up behind the built-in ones, in this order: native plugins,
 * portable plugins, scripts, WebAssembly, external services. Source: behaviour spec, extension §1.
 */
import type { FunctionDeclaration, LookupDeclaration, SinkDeclaration, SourceDeclaration } from '@kuiper/sdk';
import type { ExtensionProvider, PreparedCall } from './extension-provider.ts';
import type { ServiceCallMetrics } from './service/call-metrics.ts';
import type { ExtensionKey, ExtensionRecord, ExtensionSymbol } from './extension-record.ts';

export class ExtensionHost {
  readonly #providers: readonly ExtensionProvider[];

  /** @param providers in the order of looking up */
  constructor(providers: readonly ExtensionProvider[]) {
    this.#providers = providers;
  }

  /** See {@link ExtensionProvider.put}. */
  put(record: ExtensionRecord): Promise<readonly ExtensionSymbol[]> {
    return this.#providerOf(record).put(record);
  }

  drop(key: ExtensionKey): Promise<void> {
    return this.#providerOf(key).drop(key);
  }

  source(type: string): SourceDeclaration | undefined {
    return this.#first((provider) => provider.source?.(type));
  }

  sink(type: string): SinkDeclaration | undefined {
    return this.#first((provider) => provider.sink?.(type));
  }

  lookup(type: string): LookupDeclaration | undefined {
    return this.#first((provider) => provider.lookup?.(type));
  }

  function(name: string): FunctionDeclaration | undefined {
    return this.#first((provider) => provider.function?.(name));
  }

  functionNames(): string[] {
    return this.#providers.flatMap((provider) => [...(provider.functionNames?.() ?? [])]);
  }

  /** See {@link ExtensionProvider.prepare}; only the provider that answers for a name is asked. */
  async prepare(calls: readonly PreparedCall[]): Promise<void> {
    for (const call of calls) {
      const provider = this.#providers.find((candidate) =>
        [...(candidate.functionNames?.() ?? [])].includes(call.name),
      );
      await provider?.prepare?.(call);
    }
  }

  /** See {@link ExtensionProvider.metrics}. */
  metrics(): ServiceCallMetrics[] {
    return this.#providers.flatMap((provider) => provider.metrics?.() ?? []);
  }

  async close(): Promise<void> {
    for (const provider of this.#providers) await provider.close?.();
  }

  #providerOf(key: Pick<ExtensionKey, 'kind'>): ExtensionProvider {
    const provider = this.#providers.find(({ kind }) => kind === key.kind);
    if (provider === undefined) throw new Error(`no provider of ${key.kind}`);
    return provider;
  }

  #first<T>(ask: (provider: ExtensionProvider) => T | undefined): T | undefined {
    for (const provider of this.#providers) {
      const found = ask(provider);
      if (found !== undefined) return found;
    }
    return undefined;
  }
}
