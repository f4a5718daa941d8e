/**
 * The schemas that formats can use, as texts. Parsed when first used, so a bad schema is found by what uses it.
 * Source: behaviour spec, io §8.5 and §9.
 */
import { errorText, type RowType } from '@kuiper/base';
import { type LoadedProto, loadProto } from './load-proto.ts';
import { layoutKind, type MessageLayout, messageLayout } from './message-layout.ts';
import { schemaErrors } from './schema-errors.ts';

/** One schema; plain data that crosses threads. */
export interface SchemaText {
  /** `protobuf` */
  readonly type: string;
  readonly name: string;
  /** The stored file, or the directory whose files make the schema; shown in error texts. */
  readonly path: string;
  /** By the path under which they are imported: its own files and those that come with them. */
  readonly files: Readonly<Record<string, string>>;
  /** Of `files`: where messages are looked for, in this order. */
  readonly roots: readonly string[];
}

const protobufType = 'protobuf';

export class SchemaStore {
  readonly #schemas = new Map<string, SchemaText>();
  /** Parsed roots by schema, messages by id; a schema may import any other, so every change empties both. */
  readonly #parsed = new Map<string, readonly LoadedRoot[]>();
  readonly #messages = new Map<string, MessageLayout>();

  /** Adds or replaces. What has been made of the old text goes on with it. */
  put(schema: SchemaText): void {
    this.#schemas.set(`${schema.type}/${schema.name}`, schema);
    this.#forget();
  }

  /** A schema that does not exist is fine. */
  delete(type: string, name: string): void {
    this.#schemas.delete(`${type}/${name}`);
    this.#forget();
  }

  /**
   * The message of an id `schema.Message`; the message's name may include its package, and need not. Throws with why
   * there is none.
   */
  message(schemaId: string): MessageLayout {
    const known = this.#messages.get(schemaId);
    if (known !== undefined) return known;
    const dot = schemaId.indexOf('.');
    const name = dot < 0 ? schemaId : schemaId.slice(0, dot);
    const message = dot < 0 ? '' : schemaId.slice(dot + 1);
    const schema = this.#schemas.get(`${protobufType}/${name}`);
    if (schema === undefined) throw schemaErrors.SCHEMA_ABSENT(protobufType, name);
    const found = this.#find(schema, message);
    if (found === null) throw schemaErrors.MESSAGE_ABSENT(message, schema.path);
    this.#messages.set(schemaId, found);
    return found;
  }

  /** Why {@link message} would throw; null when it would not. */
  problem(schemaId: string): string | null {
    try {
      this.message(schemaId);
      return null;
    } catch (error) {
      return errorText(error);
    }
  }

  /** The columns that a stream of this message has. Throws as {@link message}. */
  columns(schemaId: string): RowType {
    return layoutKind(this.message(schemaId));
  }

  #find(schema: SchemaText, message: string): MessageLayout | null {
    if (message === '') {
      this.#rootsOf(schema);
      return null;
    }
    for (const { loaded, shownPath } of this.#rootsOf(schema)) {
      const { root, packageName } = loaded;
      for (const fullName of packageName === '' ? [message] : [message, `${packageName}.${message}`]) {
        const type = root.lookup(`.${fullName}`);
        if (type !== null && 'fieldsArray' in type && type.filename === shownPath) {
          return messageLayout(type as Parameters<typeof messageLayout>[0]);
        }
      }
    }
    return null;
  }

  #rootsOf(schema: SchemaText): readonly LoadedRoot[] {
    const known = this.#parsed.get(schema.name);
    if (known !== undefined) return known;
    const roots = schema.roots.map((path) => this.#load(schema, path));
    this.#parsed.set(schema.name, roots);
    return roots;
  }

  #load(schema: SchemaText, path: string): LoadedRoot {
    const shownPath = schema.roots.length === 1 ? schema.path : path;
    try {
      return { shownPath, loaded: loadProto(path, shownPath, (file) => this.#read(schema, file)) };
    } catch (error) {
      throw schemaErrors.SCHEMA_SYNTAX(schema.path, errorText(error), { cause: error });
    }
  }

  /** Files of the schema itself come before those of others. */
  #read(schema: SchemaText, path: string): string | undefined {
    for (const { type, files } of [schema, ...this.#schemas.values()]) {
      if (type === protobufType && Object.hasOwn(files, path)) return files[path];
    }
    return undefined;
  }

  #forget(): void {
    this.#parsed.clear();
    this.#messages.clear();
  }
}

interface LoadedRoot {
  readonly loaded: LoadedProto;
  readonly shownPath: string;
}
