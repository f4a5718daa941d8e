/**
 * Schema files of formats: `data/schemas/<type>/<name>[@version].proto` or a folder of such files, and read-only ones in
 * `etc/schemas`. What a file says is found out by those who use it. Source: behaviour spec, io §9, rest-cli-config §4.12.
 */
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { errorText, type Logger } from '@kuiper/base';
import { readArchive } from '@kuiper/extensions/install';
import { SchemaStore, type SchemaText } from '@kuiper/formats/schemas';
import type { Kv, RuleHost } from '@kuiper/host';
import { serverErrors } from '../errors.ts';
import { orderedText } from '../http/reply.ts';
import type { FileFetcher } from '../transfer/fetch-file.ts';
import { checkId } from './check-id.ts';
import { StoredTable } from './stored-table.ts';
import { Turns } from './turns.ts';

export const schemaTypes = ['protobuf', 'custom'] as const;
export type SchemaType = (typeof schemaTypes)[number];

/** Properties of a request, for reading it. */
export const schemaBodyTypes = {
  type: 'string',
  name: 'string',
  content: 'string',
  file: 'string',
  soFile: 'string',
  version: 'string',
} as const;

export interface SchemaRequest {
  readonly type: string;
  readonly name: string;
  readonly content: string;
  /** URL, in place of a content. */
  readonly file: string;
  readonly soFile: string;
  readonly version: string;
}

export interface SchemaInfo {
  readonly type: string;
  readonly name: string;
  readonly content?: string;
  readonly file?: string;
  readonly soFile?: string;
  readonly version?: string;
}

interface KnownSchema {
  readonly version: string;
  /** Full path; of a folder when its `.proto` files together are the schema; null for a schema of `soFile` alone. */
  readonly file: string | null;
  readonly isFolder: boolean;
  readonly soFile: string | null;
}

const extensions: Readonly<Record<SchemaType, string>> = { protobuf: '.proto', custom: '.so' };

export interface SchemaRegistryOptions {
  readonly kv: Kv;
  /** `data/schemas` */
  readonly directory: string;
  /** `etc/schemas` */
  readonly shippedDirectory: string;
  readonly files: FileFetcher;
  readonly host: RuleHost;
  readonly logger: Logger;
}

export class SchemaRegistry {
  readonly #options: SchemaRegistryOptions;
  readonly #table: StoredTable;
  /** `type_name` → schema */
  readonly #schemas = new Map<string, KnownSchema>();
  /** The schemas as formats read them. */
  readonly store = new SchemaStore();
  readonly #texts = new Map<string, SchemaText>();
  readonly #turns = new Turns();

  private constructor(options: SchemaRegistryOptions, table: StoredTable) {
    this.#options = options;
    this.#table = table;
  }

  static async open(options: SchemaRegistryOptions): Promise<SchemaRegistry> {
    const registry = new SchemaRegistry(options, await StoredTable.open(options.kv, 'schema'));
    for (const type of schemaTypes) {
      await registry.#scan(type, join(options.shippedDirectory, type));
      await registry.#scan(type, join(options.directory, type));
    }
    for (const key of registry.#schemas.keys()) {
      // One file that cannot be read must not keep the server from starting.
      await registry.#read(key).catch((error: unknown) => {
        options.logger.warn(`schema ${key} cannot be read: ${errorText(error)}`);
      });
    }
    return registry;
  }

  /** Hands all schemas to a host that has just come up. */
  async putOn(host: RuleHost): Promise<void> {
    for (const text of this.#texts.values()) await host.putSchema(text);
  }

  /** Throws `schema type x not found`. */
  list(type: string): string[] {
    if (!isSchemaType(type)) throw serverErrors.REQUEST(`schema type ${type} not found`);
    const prefix = `${type}_`;
    return [...this.#schemas.keys()].filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length));
  }

  has(type: string, name: string): boolean {
    return this.#schemas.has(`${type}_${name}`);
  }

  /** Throws `schema type x id y not found in registry`. */
  async describe(type: string, name: string): Promise<SchemaInfo> {
    const found = this.#schemas.get(`${type}_${name}`);
    if (found === undefined) throw serverErrors.REQUEST(`schema type ${type} id ${name} not found in registry`);
    return {
      type,
      name,
      ...(found.file !== null && {
        ...(!found.isFolder && { content: await readFile(found.file, 'utf8') }),
        file: found.file,
      }),
      ...(found.soFile !== null && { soFile: found.soFile }),
      ...(found.version !== '' && { version: found.version }),
    };
  }

  /** Throws `schema protobuf.x already registered`. */
  async create(request: SchemaRequest): Promise<void> {
    checkSchema(request);
    return this.#turns.take(`${request.type}_${request.name}`, async () => {
      if (this.has(request.type, request.name)) {
        throw serverErrors.REQUEST(`schema ${request.type}.${request.name} already registered`);
      }
      await this.#install(request);
    });
  }

  /** Creates or replaces; an older version is refused. @returns true when it was new */
  async replace(request: SchemaRequest): Promise<boolean> {
    checkSchema(request);
    return this.#turns.take(`${request.type}_${request.name}`, async () => {
      const { type, name, version } = request;
      const old = this.#schemas.get(`${type}_${name}`);
      if (old !== undefined && old.version !== '' && old.version > version) {
        throw serverErrors.REQUEST(`schema ${type}.${name} already registered with a newer version ${old.version}`);
      }
      await this.#install(request);
      return old === undefined;
    });
  }

  /** Throws `schema protobuf.x not found`. */
  delete(type: string, name: string): Promise<void> {
    return this.#turns.take(`${type}_${name}`, async () => {
      const found = this.#schemas.get(`${type}_${name}`);
      if (found === undefined) throw serverErrors.REQUEST(`schema ${type}.${name} not found`);
      for (const file of [found.file, found.soFile]) await this.#removeFile(file);
      await rm(join(this.#folder(type), name), { recursive: true, force: true });
      this.#schemas.delete(`${type}_${name}`);
      await this.#publish(`${type}_${name}`);
      await this.#table.delete(`${type}_${name}`);
    });
  }

  /** `type_name` → the request it was created with, as JSON; for exports. */
  exported(): Record<string, string> {
    return Object.fromEntries(this.#table.entries());
  }

  /** Deletes every schema that was created by request. */
  async clear(): Promise<void> {
    for (const [key] of this.#table.entries()) {
      await this.delete(...splitKey(key)).catch(() => {});
    }
    await this.#table.clear();
  }

  #folder(type: string): string {
    return join(this.#options.directory, type);
  }

  /** Written beside its place and moved there, so that a schema is whole or the old one. */
  async #install(request: SchemaRequest): Promise<void> {
    const { type, name, version } = request;
    const key = `${type}_${name}`;
    const old = this.#schemas.get(key);
    const extension = extensions[type as SchemaType];
    const stem = join(this.#folder(type), version === '' ? name : `${name}@${version}`);
    const parts = await this.#parts(request);
    const file = parts.main === null ? null : `${stem}${type === 'custom' ? '.proto' : extension}`;
    const soFile = parts.so === null ? null : `${stem}.so`;
    await mkdir(this.#folder(type), { recursive: true });
    await this.#placeFolder(join(this.#folder(type), name), parts.folder);
    if (file !== null) await writeWhole(file, parts.main as Buffer);
    if (soFile !== null) await writeWhole(soFile, parts.so as Buffer);
    for (const [was, is] of [
      [old?.file, file],
      [old?.soFile, soFile],
    ]) {
      // A folder that was the schema has been replaced already.
      if (was !== is && old?.isFolder !== true) await this.#removeFile(was ?? null);
    }
    await this.#table.set(key, orderedText(requestDocument(request)));
    this.#schemas.set(key, { version, file, isFolder: false, soFile });
    await this.#publish(key);
  }

  /** Hands a schema that has come, changed or gone to those who read it. */
  async #publish(key: string): Promise<void> {
    const { host } = this.#options;
    const text = await this.#read(key);
    if (text !== null) await host.putSchema(text);
    else await host.deleteSchema(...splitKey(key));
  }

  /** Null for a schema that is gone or has no text. */
  async #read(key: string): Promise<SchemaText | null> {
    const [type, name] = splitKey(key);
    const known = this.#schemas.get(key);
    if (type !== 'protobuf' || known === undefined || known.file === null) {
      this.#texts.delete(key);
      this.store.delete(type, name);
      return null;
    }
    const read = known.isFolder ? readFolder : readTexts;
    const text = await read(type, name, known.file);
    this.#texts.set(key, text);
    this.store.put(text);
    return text;
  }

  /** Files of an installation stay. */
  async #removeFile(path: string | null): Promise<void> {
    if (path?.startsWith(this.#options.directory + sep)) await rm(path, { recursive: true, force: true });
  }

  async #placeFolder(place: string, files: ReadonlyMap<string, Buffer>): Promise<void> {
    const staged = `${place}.new`;
    await rm(staged, { recursive: true, force: true });
    for (const [path, content] of files) {
      await mkdir(dirname(join(staged, path)), { recursive: true });
      await writeFile(join(staged, path), content);
    }
    await rm(place, { recursive: true, force: true });
    if (files.size > 0) await rename(staged, place);
  }

  async #parts({ type, name, content, file, soFile }: SchemaRequest): Promise<SchemaParts> {
    const { files } = this.#options;
    const so = soFile === '' ? null : await files.read(soFile);
    if (content !== '') return { main: Buffer.from(content), so, folder: new Map() };
    if (file === '') return { main: null, so, folder: new Map() };
    const bytes = await files.read(file);
    if (!file.endsWith('.zip')) return { main: bytes, so, folder: new Map() };
    const wanted = type === 'custom' ? `${name}.so` : `${name}.proto`;
    const entries = await readArchive(bytes);
    const main = entries.get(wanted);
    if (main === undefined) throw serverErrors.REQUEST(`schema file ${wanted} not found inside the zip`);
    const folder = new Map<string, Buffer>();
    for (const [path, { content: inner }] of entries) {
      if (path.startsWith(`${name}/`)) folder.set(path.slice(name.length + 1), inner);
    }
    return { main: main.content, so, folder };
  }

  async #scan(type: SchemaType, folder: string): Promise<void> {
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
    const extension = extensions[type];
    const here = new Set<string>();
    for (const file of entries.map((entry) => entry.name).sort()) {
      if (!file.endsWith(extension)) continue;
      const [name = '', version = '', ...more] = file.slice(0, -extension.length).split('@');
      if (more.length > 0) {
        this.#options.logger.warn(`schema file ${file} has more than one @ in its name and is left out`);
        continue;
      }
      here.add(name);
      const path = join(folder, file);
      const known = this.#schemas.get(`${type}_${name}`);
      if (known !== undefined && known.version > version) continue;
      const isCustom = type === 'custom';
      const [main, soFile] = isCustom ? [null, path] : [path, null];
      this.#schemas.set(`${type}_${name}`, { version, file: main, isFolder: false, soFile });
    }
    if (type !== 'protobuf') return;
    for (const entry of entries) {
      // A folder beside a file of its name only holds what the file imports.
      if (!entry.isDirectory() || here.has(entry.name)) continue;
      const path = join(folder, entry.name);
      if ((await rootFiles(path)).length === 0) continue;
      this.#schemas.set(`${type}_${entry.name}`, { version: '', file: path, isFolder: true, soFile: null });
    }
  }
}

interface SchemaParts {
  readonly main: Buffer | null;
  readonly so: Buffer | null;
  /** Files beside the main one that it may import. */
  readonly folder: ReadonlyMap<string, Buffer>;
}

/** Throws for what can be seen to be wrong without reading any file. */
export function checkSchemaBody({ type, name, content, file, soFile }: SchemaRequest): void {
  if (name === '') throw serverErrors.REQUEST('name is required');
  checkId(name);
  if (content !== '' && file !== '') throw serverErrors.REQUEST('cannot specify both content and file');
  if (!isSchemaType(type)) throw serverErrors.REQUEST(`unsupported schema type ${type}`);
  if (type === 'custom' && soFile === '') throw serverErrors.REQUEST('soFile is required');
  if (type === 'protobuf' && content === '' && file === '') throw serverErrors.REQUEST('must specify content or file');
}

function checkSchema(request: SchemaRequest): void {
  checkSchemaBody(request);
  const { version } = request;
  if (/[/\\@]|\.\./.test(version)) throw serverErrors.REQUEST(`schema version ${version} is invalid`);
}

function isSchemaType(type: string): type is SchemaType {
  return (schemaTypes as readonly string[]).includes(type);
}

function requestDocument({ type, name, content, file, soFile, version }: SchemaRequest): unknown {
  return {
    type,
    name,
    ...(content !== '' && { content }),
    ...(file !== '' && { file }),
    ...(soFile !== '' && { soFile }),
    ...(version !== '' && { version }),
  };
}

async function writeWhole(path: string, content: Buffer): Promise<void> {
  await writeFile(`${path}.new`, content);
  await rename(`${path}.new`, path);
}

/** The main file under its plain name, and what lies in the folder of the same name. */
async function readTexts(type: string, name: string, path: string): Promise<SchemaText> {
  const main = `${name}.proto`;
  const folder = join(dirname(path), name);
  const files = { [main]: await readFile(path, 'utf8'), ...(await readProtos(folder, name)) };
  return { type, name, path, files, roots: [main] };
}

/** All files of a folder; messages are looked for in those directly in it. */
async function readFolder(type: string, name: string, path: string): Promise<SchemaText> {
  const roots = (await rootFiles(path)).map((file) => `${name}/${file}`);
  return { type, name, path, files: await readProtos(path, name), roots };
}

async function rootFiles(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((file) => file.endsWith('.proto')).sort();
}

/** Texts of a folder by the path under which they are imported; a folder that does not exist has none. */
async function readProtos(folder: string, name: string): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for (const inner of (await readdir(folder, { recursive: true }).catch(() => [])).sort()) {
    if (inner.endsWith('.proto')) {
      files[`${name}/${inner.replaceAll('\\', '/')}`] = await readFile(join(folder, inner), 'utf8');
    }
  }
  return files;
}

function splitKey(key: string): [type: string, name: string] {
  const split = key.indexOf('_');
  return [key.slice(0, split), key.slice(split + 1)];
}
