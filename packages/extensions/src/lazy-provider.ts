/** A provider that is loaded with the first thing it provides: who has no plugins does not pay for their hosts. */
import type { ExtensionProvider, PreparedCall } from './extension-provider.ts';
import type { ExtensionKey, ExtensionKind, ExtensionRecord } from './extension-record.ts';

export function lazyProvider(kind: ExtensionKind, load: () => Promise<ExtensionProvider>): ExtensionProvider {
  return new LazyProvider(kind, load);
}

class LazyProvider implements ExtensionProvider {
  readonly kind: ExtensionKind;
  readonly #load: () => Promise<ExtensionProvider>;
  #loading: Promise<ExtensionProvider> | null = null;
  #loaded: ExtensionProvider | null = null;

  constructor(kind: ExtensionKind, load: () => Promise<ExtensionProvider>) {
    this.kind = kind;
    this.#load = load;
  }

  async put(record: ExtensionRecord): ReturnType<ExtensionProvider['put']> {
    this.#loading ??= this.#load();
    this.#loaded = await this.#loading;
    return this.#loaded.put(record);
  }

  async drop(key: ExtensionKey): Promise<void> {
    await this.#loaded?.drop(key);
  }

  source(type: string): ReturnType<NonNullable<ExtensionProvider['source']>> {
    return this.#loaded?.source?.(type);
  }

  sink(type: string): ReturnType<NonNullable<ExtensionProvider['sink']>> {
    return this.#loaded?.sink?.(type);
  }

  lookup(type: string): ReturnType<NonNullable<ExtensionProvider['lookup']>> {
    return this.#loaded?.lookup?.(type);
  }

  function(name: string): ReturnType<NonNullable<ExtensionProvider['function']>> {
    return this.#loaded?.function?.(name);
  }

  functionNames(): Iterable<string> {
    return this.#loaded?.functionNames?.() ?? [];
  }

  async prepare(call: PreparedCall): Promise<void> {
    await this.#loaded?.prepare?.(call);
  }

  metrics(): ReturnType<NonNullable<ExtensionProvider['metrics']>> {
    return this.#loaded?.metrics?.() ?? [];
  }

  async close(): Promise<void> {
    await this.#loaded?.close?.();
  }
}
