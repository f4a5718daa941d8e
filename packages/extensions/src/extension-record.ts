/**
 * What is installed, as the control plane tells it to each thread that runs rules. Plain data: crosses thread
 * boundaries. A record names files that are in place already; loading one reads them and nothing else.
 */

export type SymbolKind = 'source' | 'lookup' | 'sink' | 'function';

/** A module in the engine's process. */
export interface NativeRecord {
  readonly kind: 'native';
  /** Of the plugin: several records of one name and different `type` may exist. */
  readonly name: string;
  readonly type: 'sources' | 'sinks' | 'functions';
  /** As in the file name, without a leading `v`; empty when the file names none. */
  readonly version: string;
  /** Absolute path of the module. Another path is another module instance. */
  readonly file: string;
  /** Functions to offer; null for one per export. */
  readonly functions: readonly string[] | null;
  /** `worker` gives the module a thread of its own. */
  readonly isolation: 'none' | 'worker';
}

/** A program in a process of its own, which the control plane runs; see `PortableControl`. */
export interface PortableRecord {
  readonly kind: 'portable';
  readonly name: string;
  readonly version: string;
  readonly sources: readonly string[];
  readonly sinks: readonly string[];
  readonly functions: readonly string[];
  /** Lookup sources: only plugins that negotiate extras have them. */
  readonly lookups: readonly string[];
}

/** A JavaScript function of a user. */
export interface ScriptRecord {
  readonly kind: 'script';
  /** Of the function. */
  readonly name: string;
  readonly script: string;
  readonly isAgg: boolean;
}

/** An external service: its description and the schemas this refers to. */
export interface ServiceRecord {
  readonly kind: 'service';
  readonly name: string;
  /** The parsed `<name>.json`. */
  readonly definition: unknown;
  /** Schema files by their path below the directory of schemas. */
  readonly schemas: Readonly<Record<string, string>>;
}

/** Functions of a WebAssembly module. */
export interface WasmRecord {
  readonly kind: 'wasm';
  readonly name: string;
  readonly version: string;
  /** Absolute path of the `.wasm` file. */
  readonly file: string;
  readonly functions: readonly WasmFunction[];
}

export interface WasmFunction {
  /** As exported by the module. */
  readonly name: string;
  /**
   * How the result is meant: `number` as its type says, `bool` 0 or not, `string` the address of a text that ends with
   * a zero (of a string of AssemblyScript where the module has its runtime), `json` such a text read as JSON, `bytes`
   * an i64 with the address in its upper and the length in its lower half.
   */
  readonly returns: 'number' | 'bool' | 'string' | 'json' | 'bytes';
}

export type ExtensionRecord = NativeRecord | PortableRecord | ScriptRecord | ServiceRecord | WasmRecord;
export type ExtensionKind = ExtensionRecord['kind'];

/** Which record is meant, for dropping it. */
export type ExtensionKey = Pick<ExtensionRecord, 'kind' | 'name'> & { readonly type?: NativeRecord['type'] };

/** A name that rules can use. */
export interface ExtensionSymbol {
  readonly kind: SymbolKind;
  readonly name: string;
}

/** `native/functions/echo`, `portable/pysam`: one text per record. */
export function extensionId(key: ExtensionKey): string {
  return key.type === undefined ? `${key.kind}/${key.name}` : `${key.kind}/${key.type}/${key.name}`;
}
