/**
 * Streams and tables: one namespace, stored as the text of their CREATE statement. Temporary ones live in memory only.
 * Source: behaviour spec, sql §4, rest-cli-config §4.2.
 */
import { errorText, nearestName } from '@kuiper/base';
import type { Kv, RuleHost, SourceSpec } from '@kuiper/host';
import {
  type CreateStatement,
  parseStatement,
  type Statement,
  type StreamKind,
  type StreamStatement,
} from '@kuiper/sql';
import { serverErrors, withPrefix } from '../errors.ts';
import { checkId } from './check-id.ts';
import { isNewer } from './rule-definition.ts';
import { StoredTable } from './stored-table.ts';
import { Turns } from './turns.ts';

export interface StreamDefinition {
  readonly name: string;
  readonly target: StreamKind;
  /** The CREATE statement as it was given. */
  readonly sql: string;
  /** `lookup`, `scan` or empty. */
  readonly kind: string;
  readonly temp: boolean;
}

/** What a table row holds. */
interface StoredStream {
  readonly streamType: 0 | 1;
  readonly streamKind: string;
  readonly statement: string;
  readonly temp?: boolean;
}

export interface StreamRegistryOptions {
  readonly kv: Kv;
  readonly host: RuleHost;
  /** Formats that a FORMAT option may name, in lower case. */
  readonly formats: ReadonlySet<string>;
  resolve(statement: CreateStatement): SourceSpec;
}

export class StreamRegistry {
  readonly #options: StreamRegistryOptions;
  readonly #table: StoredTable;
  readonly #stored = new Map<string, StreamDefinition>();
  readonly #temps = new Map<string, StreamDefinition>();
  readonly #parsed = new WeakMap<StreamDefinition, CreateStatement>();
  readonly #turns = new Turns();

  private constructor(options: StreamRegistryOptions, table: StoredTable) {
    this.#options = options;
    this.#table = table;
    for (const [name, text] of table.entries()) this.#stored.set(name, readStored(name, text));
  }

  static async open(options: StreamRegistryOptions): Promise<StreamRegistry> {
    return new StreamRegistry(options, await StoredTable.open(options.kv, 'stream'));
  }

  /** Lookup tables are open from their creation on: those that are stored, on a host that has just come up. */
  async openLookupTables(host: RuleHost, failed: (name: string, why: string) => void): Promise<void> {
    for (const definition of this.#stored.values()) {
      if (definition.kind !== 'lookup') continue;
      try {
        await host.openTable(this.#options.resolve(this.statementOf(definition)));
      } catch (error) {
        failed(definition.name, errorText(error));
      }
    }
  }

  find(name: string): StreamDefinition | undefined {
    return this.#stored.get(name) ?? this.#temps.get(name);
  }

  /** A stream or table whose name is close to an unknown one. */
  nearest(name: string): string | null {
    return nearestName(name, [...this.#stored.keys(), ...this.#temps.keys()]);
  }

  /** In the order of their creation, temporary ones last. */
  list(target: StreamKind, kind = ''): StreamDefinition[] {
    const wanted = ({ target: t, kind: k }: StreamDefinition): boolean =>
      t === target && (kind === 'lookup' ? k === 'lookup' : kind !== 'scan' || k !== 'lookup');
    return [...this.#stored.values(), ...this.#temps.values()].filter(wanted);
  }

  statementOf(definition: StreamDefinition): CreateStatement {
    let statement = this.#parsed.get(definition);
    if (statement === undefined) {
      statement = parseStatement(definition.sql) as CreateStatement;
      this.#parsed.set(definition, statement);
    }
    return statement;
  }

  /** A source of a rule; undefined when it does not exist. */
  sourceOf(name: string): SourceSpec | undefined {
    const definition = this.find(name);
    return definition === undefined ? undefined : this.#options.resolve(this.statementOf(definition));
  }

  /** The definition of the right kind. Throws `Describe stream fails, x is not found.` */
  describe(target: StreamKind, name: string, verb = 'Describe'): StreamDefinition {
    const definition = this.find(name);
    if (definition === undefined) throw serverErrors.STREAM(`${verb} ${target} fails, ${name} is not found.`);
    if (definition.target !== target)
      throw serverErrors.STREAM(`${verb} ${target} fails, ${target} ${name} is not found.`);
    return definition;
  }

  /** Throws with the texts of a failed creation, without the prefix of the endpoint. */
  create(statement: CreateStatement, sql: string): Promise<void> {
    this.check(statement);
    return this.#turns.take(statement.name, async () => {
      const { name, target } = statement;
      try {
        if (this.find(name) !== undefined) throw serverErrors.STREAM(`Item ${name} already exists`);
        const definition = define(statement, sql);
        if (definition.kind === 'lookup') await this.#options.host.openTable(this.#options.resolve(statement));
        await this.#keep(definition);
      } catch (error) {
        throw serverErrors.STREAM(`Create ${target} fails: ${errorText(error)}.`, { cause: error });
      }
    });
  }

  /**
   * Creates or replaces by name; the kind may change, SHARED may not, and the version must rise.
   * @param path the name in the request's path
   */
  replace(path: string, statement: CreateStatement, sql: string): Promise<void> {
    this.check(statement);
    const { name, target, options } = statement;
    const fails = (why: string): Error => serverErrors.STREAM(`Replace ${path} fails: ${why}.`);
    if (name !== path) throw fails(`the sql statement must update the ${path} source`);
    if (options.temp === true) throw fails('cannot replace with temp option');
    return this.#turns.take(name, async () => {
      const old = this.#stored.get(name);
      const definition = define(statement, sql);
      if (old !== undefined) {
        const { version = '', shared = false } = this.statementOf(old).options;
        if (!isNewer(options.version ?? '', version)) {
          throw serverErrors.STREAM(
            `source ${name} already exists with version (${version}), new version (${options.version ?? ''}) is lower`,
          );
        }
        if (old.target === 'stream' && shared !== (options.shared ?? false)) {
          throw fails('do not support to change stream SHARED option');
        }
      }
      try {
        if (definition.kind === 'lookup') await this.#options.host.openTable(this.#options.resolve(statement));
        else if (old?.kind === 'lookup') await this.#options.host.closeTable(name);
        await this.#keep(definition);
      } catch (error) {
        throw serverErrors.STREAM(`Replace ${target} fails: ${errorText(error)}.`, { cause: error });
      }
    });
  }

  /** Throws `stream x is not found` (1002) or why a lookup table cannot go (3000). */
  drop(target: StreamKind, name: string): Promise<void> {
    return this.#turns.take(name, async () => {
      const stored = this.#stored.get(name);
      if (stored?.kind === 'lookup') {
        await this.#options.host.closeTable(name).catch((error: unknown) => {
          throw withPrefix('', error, 3000);
        });
      }
      if (stored !== undefined) {
        await this.#table.delete(name);
        this.#stored.delete(name);
      } else if (!this.#temps.delete(name)) throw serverErrors.STREAM_ABSENT(target, name);
    });
  }

  /** What can be said about a CREATE statement without asking anybody else. */
  check(statement: CreateStatement): void {
    const { name, options } = statement;
    try {
      checkId(name);
    } catch (error) {
      throw withPrefix('', error, 3000);
    }
    const format = options.format ?? '';
    if (format !== '' && !this.#options.formats.has(format.toLowerCase())) {
      throw serverErrors.STREAM(`option 'format=${format}' is invalid`);
    }
    const isMemoryLookup = options.kind === 'lookup' && options.type === 'memory';
    if (isMemoryLookup && (options.key ?? '') === '') {
      throw serverErrors.STREAM('Option "key" is required for memory lookup table.');
    }
  }

  async #keep(definition: StreamDefinition): Promise<void> {
    if (definition.temp) {
      this.#temps.set(definition.name, definition);
      return;
    }
    const row: StoredStream = {
      streamType: definition.target === 'table' ? 1 : 0,
      streamKind: definition.kind,
      statement: definition.sql,
    };
    await this.#table.set(definition.name, JSON.stringify(row));
    this.#stored.set(definition.name, definition);
  }
}

/** A statement about streams and tables. Throws with code 3000. */
export function parseStreamStatement(sql: string): StreamStatement {
  let statement: Statement;
  try {
    statement = parseStatement(sql);
  } catch (error) {
    throw withPrefix('', error, 3000);
  }
  if (statement.kind === 'select') throw serverErrors.STREAM(`Invalid stream statement: ${sql}`);
  return statement;
}

function define(statement: CreateStatement, sql: string): StreamDefinition {
  const { name, target, options } = statement;
  const kind = target === 'table' ? (options.kind ?? '') : '';
  return { name, target, sql, kind, temp: options.temp === true };
}

function readStored(name: string, text: string): StreamDefinition {
  const row = JSON.parse(text) as StoredStream;
  const target = row.streamType === 1 ? 'table' : 'stream';
  return { name, target, sql: row.statement, kind: row.streamKind, temp: false };
}
