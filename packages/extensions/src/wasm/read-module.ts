/** The parts of a WebAssembly module that calling and metering its functions need. */
import { ByteReader } from './byte-reader.ts';
import { wasmErrors } from './errors.ts';

export type NumberType = 'i32' | 'i64' | 'f32' | 'f64';
export type ValueType = NumberType | 'other';

export interface Signature {
  readonly params: readonly ValueType[];
  readonly results: readonly ValueType[];
}

export interface ModuleImport {
  readonly module: string;
  readonly name: string;
  readonly kind: 'function' | 'table' | 'memory' | 'global' | 'tag';
  /** Of a function. */
  readonly signature: Signature | null;
  /** Of a memory: its smallest size in pages. */
  readonly minPages: number;
}

export interface Section {
  readonly id: number;
  /** Offsets of the content, without id and size. */
  readonly start: number;
  readonly end: number;
}

export interface ModuleOutline {
  readonly bytes: Uint8Array;
  readonly sections: readonly Section[];
  readonly imports: readonly ModuleImport[];
  /** Globals, imported ones included. */
  readonly globalCount: number;
  /** Signatures of exported functions by their name. */
  readonly functions: ReadonlyMap<string, Signature>;
  readonly exportNames: ReadonlySet<string>;
}

export const sectionId = { type: 1, import: 2, function: 3, memory: 5, global: 6, export: 7, code: 10 } as const;

const magic = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
const valueTypes: Readonly<Record<number, NumberType>> = { 127: 'i32', 126: 'i64', 125: 'f32', 124: 'f64' };
const importKinds = ['function', 'table', 'memory', 'global', 'tag'] as const;

/** Throws for bytes that are no module, or one of a kind that is not supported. */
export function readModule(bytes: Uint8Array): ModuleOutline {
  const sections = readSections(bytes);
  const open = (id: number): ByteReader | null => {
    const section = sections.find((candidate) => candidate.id === id);
    return section === undefined ? null : new ByteReader(bytes, section.start, section.end);
  };
  const signatures = readVector(open(sectionId.type), readSignature);
  const imports = readVector(open(sectionId.import), (reader) => readImport(reader, signatures));
  const declared = readVector(open(sectionId.function), (reader) => signatures[reader.u32()]);
  const all = [...imports.filter(({ kind }) => kind === 'function').map(({ signature }) => signature), ...declared];
  const exports = readVector(open(sectionId.export), (reader) => ({
    name: reader.name(),
    kind: reader.byte(),
    index: reader.u32(),
  }));
  const functions = new Map<string, Signature>();
  for (const { name, kind, index } of exports) {
    const signature = all[index];
    if (kind === 0 && signature !== undefined && signature !== null) functions.set(name, signature);
  }
  const globals = open(sectionId.global)?.u32() ?? 0;
  return {
    bytes,
    sections,
    imports,
    globalCount: globals + imports.filter(({ kind }) => kind === 'global').length,
    functions,
    exportNames: new Set(exports.map(({ name }) => name)),
  };
}

function readSections(bytes: Uint8Array): Section[] {
  if (magic.some((byte, i) => bytes[i] !== byte)) throw wasmErrors.MODULE('it does not begin like one of version 1');
  const reader = new ByteReader(bytes, magic.length);
  const sections: Section[] = [];
  while (!reader.isAtEnd) {
    const id = reader.byte();
    const size = reader.u32();
    const start = reader.at;
    reader.skip(size);
    if (id > 12) throw wasmErrors.MODULE('exceptions are not supported');
    sections.push({ id, start, end: reader.at });
  }
  return sections;
}

function readVector<T>(reader: ByteReader | null, read: (reader: ByteReader) => T): T[] {
  if (reader === null) return [];
  const count = reader.u32();
  const items: T[] = [];
  for (let i = 0; i < count; i++) items.push(read(reader));
  return items;
}

function readSignature(reader: ByteReader): Signature {
  if (reader.byte() !== 0x60) throw wasmErrors.MODULE('types other than functions are not supported');
  const types = (): ValueType[] => {
    const count = reader.u32();
    return Array.from({ length: count }, () => valueTypes[reader.byte()] ?? 'other');
  };
  return { params: types(), results: types() };
}

function readImport(reader: ByteReader, signatures: readonly Signature[]): ModuleImport {
  const module = reader.name();
  const name = reader.name();
  const kind = importKinds[reader.byte()];
  let signature: Signature | null = null;
  let minPages = 0;
  if (kind === 'function') signature = signatures[reader.u32()] ?? null;
  else if (kind === 'memory') minPages = readLimits(reader).min;
  else if (kind === 'table') {
    reader.byte();
    readLimits(reader);
  } else if (kind === 'global') reader.skip(2);
  else throw wasmErrors.MODULE(`import ${module}.${name} is of a kind that is not supported`);
  return { module, name, kind, signature, minPages };
}

export interface Limits {
  readonly min: number;
  readonly max: number | null;
}

export function readLimits(reader: ByteReader): Limits {
  const flags = reader.byte();
  if (flags > 1) throw wasmErrors.MODULE('shared and 64-bit memories are not supported');
  const min = reader.u32();
  return { min, max: flags === 1 ? reader.u32() : null };
}
