/**
 * What of all that is installed rules can use: told to the threads that run rules, with its owner by name. A name has
 * one owner: whoever comes second is refused, built-in names to everybody.
 */
import { errorText, type Logger } from '@kuiper/base';
import {
  type ExtensionKey,
  type ExtensionRecord,
  type ExtensionSymbol,
  extensionId,
  type SymbolKind,
} from '@kuiper/extensions/install';
import type { RuleHost } from '@kuiper/host';
import { serverErrors } from '../errors.ts';

export interface ExtensionsInServiceOptions {
  readonly host: RuleHost;
  readonly logger: Logger;
  isBuiltIn(symbol: ExtensionSymbol): Promise<boolean>;
  /** Names came or went. */
  readonly onChange: (change: SymbolChange) => Promise<void>;
}

export interface SymbolChange {
  readonly record: ExtensionRecord;
  readonly came: readonly ExtensionSymbol[];
  readonly went: readonly ExtensionSymbol[];
}

interface InService {
  readonly record: ExtensionRecord;
  readonly symbols: readonly ExtensionSymbol[];
}

const factories: Readonly<Record<ExtensionRecord['kind'], string>> = {
  native: 'native plugin',
  portable: 'portable plugin',
  script: 'javascript function',
  wasm: 'wasm plugin',
  service: 'external service',
};

export class ExtensionsInService {
  readonly #options: ExtensionsInServiceOptions;
  readonly #inService = new Map<string, InService>();
  /** `kind/name` of a symbol → id of its owner. */
  readonly #owners = new Map<string, string>();

  constructor(options: ExtensionsInServiceOptions) {
    this.#options = options;
  }

  /** Who offers a name: `native plugin random`; undefined for nobody but perhaps a built-in. */
  ownerOf(kind: SymbolKind, name: string): string | undefined {
    const owner = this.#inService.get(this.#owners.get(`${kind}/${name}`) ?? '');
    return owner === undefined ? undefined : describe(owner.record);
  }

  /** The record that offers a name. */
  recordOf(kind: SymbolKind, name: string): ExtensionRecord | undefined {
    return this.#inService.get(this.#owners.get(`${kind}/${name}`) ?? '')?.record;
  }

  /** What a record offers. */
  symbolsOf(key: ExtensionKey): readonly ExtensionSymbol[] {
    return this.#inService.get(extensionId(key))?.symbols ?? [];
  }

  /** Every name of a kind with the record that offers it, sorted. */
  symbols(kind: SymbolKind): (readonly [name: string, record: ExtensionRecord])[] {
    const found = [...this.#inService.values()].flatMap(({ record, symbols }) =>
      symbols.filter((symbol) => symbol.kind === kind).map(({ name }) => [name, record] as const),
    );
    return found.sort(([a], [b]) => (a < b ? -1 : 1));
  }

  /**
   * Brings a record into service, or another version of one. Rejects with why it cannot be; then what was there before
   * serves on.
   */
  async put(record: ExtensionRecord, host: RuleHost = this.#options.host): Promise<void> {
    const id = extensionId(record);
    const before = this.#inService.get(id);
    for (const symbol of announcedSymbols(record)) await this.#checkOwner(symbol, id, record.kind);
    const symbols = await host.putExtension(record);
    try {
      for (const symbol of symbols) await this.#checkOwner(symbol, id, record.kind);
    } catch (error) {
      if (before === undefined) await host.dropExtension(record);
      else await host.putExtension(before.record);
      // Threads go by names: whoever owns one of them takes it back.
      for (const owner of this.#ownersOf(symbols)) if (owner !== before) await host.putExtension(owner.record);
      throw error;
    }
    for (const symbol of before?.symbols ?? []) this.#owners.delete(nameOf(symbol));
    for (const symbol of symbols) this.#owners.set(nameOf(symbol), id);
    this.#inService.set(id, { record, symbols });
    await this.#options.onChange({ record, came: symbols, went: without(before?.symbols ?? [], symbols) });
  }

  /** Many at once, when the server starts: what cannot be used is logged. */
  async putAll(records: readonly ExtensionRecord[], host: RuleHost): Promise<void> {
    for (const record of records) {
      try {
        await this.put(record, host);
      } catch (error) {
        this.#options.logger.error(`${describe(record)} is not in service: ${errorText(error)}`);
      }
    }
  }

  /** Takes a record out of service; rules that run keep what they have as long as that is possible. */
  async drop(key: ExtensionKey): Promise<void> {
    const id = extensionId(key);
    const found = this.#inService.get(id);
    if (found === undefined) return;
    await this.#options.host.dropExtension(key);
    this.#inService.delete(id);
    for (const symbol of found.symbols) this.#owners.delete(nameOf(symbol));
    await this.#options.onChange({ record: found.record, came: [], went: found.symbols });
  }

  #ownersOf(symbols: readonly ExtensionSymbol[]): Set<InService> {
    const owners = symbols.map((symbol) => this.#inService.get(this.#owners.get(nameOf(symbol)) ?? ''));
    return new Set(owners.filter((owner) => owner !== undefined));
  }

  async #checkOwner(symbol: ExtensionSymbol, id: string, kind: ExtensionRecord['kind']): Promise<void> {
    const owner = this.#owners.get(nameOf(symbol));
    if (owner !== undefined && owner !== id) {
      const { record } = this.#inService.get(owner) as InService;
      throw serverErrors.REQUEST(
        `${symbol.kind} name ${symbol.name} already exists: it belongs to ${describe(record)}`,
      );
    }
    if (!(await this.#options.isBuiltIn(symbol))) return;
    const text = `${symbol.kind} name ${symbol.name} already exists: it is built in`;
    // Of several names one that is built in stays the built-in's; the others are as good as ever.
    if (kind !== 'script') this.#options.logger.warn(`${kind} plugin or service: ${text}`);
    else throw serverErrors.REQUEST(text);
  }
}

/** What a record says it offers; modules may turn out to offer more. */
function announcedSymbols(record: ExtensionRecord): ExtensionSymbol[] {
  const all = (kind: SymbolKind, names: readonly string[]): ExtensionSymbol[] => names.map((name) => ({ kind, name }));
  switch (record.kind) {
    case 'native':
      return record.type === 'functions' ? all('function', record.functions ?? []) : [];
    case 'portable':
      return [
        ...all('source', record.sources),
        ...all('sink', record.sinks),
        ...all('function', record.functions),
        ...all('lookup', record.lookups),
      ];
    case 'script':
      return all('function', [record.name]);
    case 'wasm':
      return all(
        'function',
        record.functions.map(({ name }) => name),
      );
    case 'service':
      return [];
  }
}

function describe({ kind, name }: ExtensionRecord): string {
  return `${factories[kind]} ${name}`;
}

function nameOf({ kind, name }: ExtensionSymbol): string {
  return `${kind}/${name}`;
}

function without(symbols: readonly ExtensionSymbol[], others: readonly ExtensionSymbol[]): ExtensionSymbol[] {
  const names = new Set(others.map(nameOf));
  return symbols.filter((symbol) => !names.has(nameOf(symbol)));
}
