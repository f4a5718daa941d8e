/** Streams, tables and rules as one document. Source: behaviour spec, rest-cli-config §4.6. */
import { errorText, type Logger } from '@kuiper/base';
import type { StreamKind } from '@kuiper/sql';
import { serverErrors } from '../errors.ts';
import { isMap, mismatch, parseJson, property } from '../http/json-body.ts';
import type { RuleRegistry } from '../registry/rule-registry.ts';
import { parseStreamStatement, type StreamRegistry } from '../registry/stream-registry.ts';

export type TextMap = Readonly<Record<string, string>>;

/** Name or id → SQL or rule JSON. */
export interface Ruleset {
  readonly streams: TextMap;
  readonly tables: TextMap;
  readonly rules: TextMap;
}

export function exportRuleset(streams: StreamRegistry, rules: RuleRegistry): Ruleset {
  return {
    streams: definitions(streams, 'stream'),
    tables: definitions(streams, 'table'),
    rules: Object.fromEntries(rules.storedIds().map((id) => [id, rules.storedText(id) ?? ''])),
  };
}

function definitions(streams: StreamRegistry, kind: StreamKind): TextMap {
  const list = streams.list(kind).map(({ name, sql }) => [name, sql] as const);
  return Object.fromEntries(list.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Reads the members of a document. Throws with why the text is none. */
export function readRuleset(text: string): Ruleset {
  const value = parseJson(text);
  return {
    streams: textMap(value, 'streams'),
    tables: textMap(value, 'tables'),
    rules: textMap(value, 'rules'),
  };
}

/** A member that maps texts to texts; empty when it is missing or null. */
export function textMap(document: unknown, name: string): TextMap {
  if (document === null) return {};
  if (!isMap(document)) throw mismatch('', 'object', document);
  const value = property(document, name);
  if (value === undefined || value === null) return {};
  if (!isMap(value)) throw mismatch(name, 'object', value);
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== 'string') throw mismatch(`${name}.${key}`, 'string', text);
  }
  return value as TextMap;
}

/** Creates or replaces a definition under its name, by the version rule. Throws with the bare cause. */
export async function importDefinition(
  streams: StreamRegistry,
  kind: StreamKind,
  name: string,
  sql: string,
): Promise<void> {
  const statement = parseStreamStatement(sql);
  if (statement.kind !== 'create') throw serverErrors.STREAM(`Invalid stream statement: ${sql}`);
  if (statement.target !== kind) throw serverErrors.STREAM_ABSENT(kind, statement.name);
  await streams.replace(name, statement, sql);
}

export interface ImportCounts {
  readonly streams: number;
  readonly tables: number;
  readonly rules: number;
}

/** Takes over what can be; the rest is logged and left out of the counts. Rules are not planned before. */
export async function importRuleset(
  ruleset: Ruleset,
  streams: StreamRegistry,
  rules: RuleRegistry,
  logger: Logger,
): Promise<ImportCounts> {
  const each = async (map: TextMap, work: (name: string, text: string) => Promise<void>): Promise<number> => {
    let count = 0;
    for (const [name, text] of Object.entries(map)) {
      try {
        await work(name, text);
        count++;
      } catch (error) {
        logger.warn(`import of ${name}: ${errorText(error)}`);
      }
    }
    return count;
  };
  return {
    streams: await each(ruleset.streams, (name, sql) => importDefinition(streams, 'stream', name, sql)),
    tables: await each(ruleset.tables, (name, sql) => importDefinition(streams, 'table', name, sql)),
    rules: await each(ruleset.rules, (id, text) => rules.adopt(id, text)),
  };
}
