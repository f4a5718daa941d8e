/**
 * Reads a `.proto` file (proto2, proto3) and what it imports. The files `google/protobuf/*.proto` and `google/api/*.proto`
 * need not be supplied.
 */
import { createRequire } from 'node:module';
import type * as Protobuf from 'protobufjs';

/** The text of a file by the path it is imported under; undefined when there is none. */
export type ReadProto = (path: string) => string | undefined;

const require = createRequire(import.meta.url);
let library: typeof Protobuf | null = null;

/** Loaded with the first schema: most servers have none. */
function protobuf(): typeof Protobuf {
  library ??= require('protobufjs') as typeof Protobuf;
  return library;
}

/** Files that the library holds as JSON beside those of its table `common`. */
const supplied: ReadonlySet<string> = new Set([
  'google/api/annotations.proto',
  'google/api/http.proto',
  'google/protobuf/api.proto',
  'google/protobuf/descriptor.proto',
  'google/protobuf/source_context.proto',
  'google/protobuf/type.proto',
]);

export interface LoadedProto {
  readonly root: Protobuf.Root;
  /** Of the file itself; empty without one. */
  readonly packageName: string;
}

/**
 * @param path as it is imported
 * @param shownPath the name of the file in error texts, and of the types that it defines
 * Throws with what is wrong, its place included.
 */
export function loadProto(path: string, shownPath: string, read: ReadProto): LoadedProto {
  const root = new (protobuf().Root)();
  const packageName = new ProtoLoader(root, read).load(path, shownPath);
  root.resolveAll();
  return { root, packageName };
}

class ProtoLoader {
  readonly #root: Protobuf.Root;
  readonly #read: ReadProto;
  readonly #loaded = new Set<string>();

  constructor(root: Protobuf.Root, read: ReadProto) {
    this.#root = root;
    this.#read = read;
  }

  load(path: string, shownPath: string): string {
    this.#loaded.add(path);
    const text = this.#read(path);
    if (text === undefined) throw new Error(`${shownPath}: no such file`);
    // The declared type of `parse` leaves out that errors and types are given this name.
    const parse = protobuf().parse as typeof Protobuf.parse & { filename: string | null };
    parse.filename = shownPath;
    const parsed = parse(text, this.#root, { keepCase: true });
    for (const name of [...(parsed.imports ?? []), ...(parsed.weakImports ?? [])]) this.#import(name, path, shownPath);
    return parsed.package ?? '';
  }

  /** A path is looked up as it stands, then beside the file that imports it. */
  #import(name: string, from: string, shownFrom: string): void {
    const directory = from.slice(0, from.lastIndexOf('/') + 1);
    const path = [name, directory + name].find((candidate) => this.#read(candidate) !== undefined);
    if (path !== undefined) {
      if (!this.#loaded.has(path)) this.load(path, path);
    } else if (!this.#loaded.has(name)) {
      this.#loaded.add(name);
      const json = suppliedJson(name);
      if (json === null) throw new Error(`${shownFrom}: could not resolve import "${name}"`);
      // The first refers to types that only the second has.
      if (name === 'google/api/annotations.proto') this.#import('google/api/http.proto', name, name);
      addMissing(this.#root, json.nested ?? {});
    }
  }
}

/** Supplied files repeat parts of each other. */
function addMissing(into: Protobuf.NamespaceBase, nested: Readonly<Record<string, Protobuf.AnyNestedObject>>): void {
  for (const [name, json] of Object.entries(nested)) {
    const present = into.get(name);
    if (present === null) into.addJSON({ [name]: json });
    else if (isNamespace(present) && 'nested' in json) addMissing(present, json.nested ?? {});
  }
}

function isNamespace(object: Protobuf.ReflectionObject): object is Protobuf.NamespaceBase {
  return 'addJSON' in object;
}

function suppliedJson(name: string): Protobuf.INamespace | null {
  const common = protobuf().common.get(name);
  if (common !== null) return common;
  if (!supplied.has(name)) return null;
  return require(`protobufjs/${name.replace(/\.proto$/, '.json')}`) as Protobuf.INamespace;
}
