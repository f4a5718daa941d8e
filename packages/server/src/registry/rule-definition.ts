/** A rule as users write it, read and checked; nothing of it is planned here. Source: behaviour spec, runtime §1 and §2. */
import { errorText, KuiperError, placeOf } from '@kuiper/base';
import type { RuleOptions } from '@kuiper/host';
import { parseStatement, type SelectStatement } from '@kuiper/sql';
import { serverErrors } from '../errors.ts';
import { mismatch, parseJson, property, readFields } from '../http/json-body.ts';
import { checkId } from './check-id.ts';
import { type OptionDefaults, readRuleOptions } from './rule-options.ts';

export type PlannerOptions = RuleOptions & { readonly temp: boolean; readonly useSliceTuple: boolean };

export interface RuleDefinition {
  readonly id: string;
  /** Display name, may be empty. */
  readonly name: string;
  readonly version: string;
  /** Null for a graph rule. */
  readonly sql: string | null;
  readonly graph: Readonly<Record<string, unknown>> | null;
  readonly actions: readonly Readonly<Record<string, unknown>>[];
  readonly options: PlannerOptions;
  /** Wanted state: running when true. */
  readonly triggered: boolean;
  /** Kept in memory only. */
  readonly temp: boolean;
  readonly tags: readonly string[] | null;
}

const fieldTypes = {
  id: 'string',
  name: 'string',
  version: 'string',
  sql: 'string',
  graph: 'map',
  actions: 'maps',
  triggered: 'bool',
  temp: 'bool',
  tags: 'strings',
} as const;

/**
 * Reads a rule from its JSON text.
 * @param pathId the id of the request's path; the body may then leave its own out
 * Throws with the texts of runtime §1.2, without a prefix.
 */
export function parseRule(text: string, pathId: string | null, defaults: OptionDefaults): RuleDefinition {
  const definition = readRule(text, pathId, defaults);
  if (definition.sql !== null) parseRuleSelect(definition.sql);
  return definition;
}

/** Like {@link parseRule} without looking into the SQL: for rules that were accepted before. */
export function readRule(text: string, pathId: string | null, defaults: OptionDefaults): RuleDefinition {
  let fields: ReturnType<typeof readFields<typeof fieldTypes>>;
  let options: RuleOptions & { readonly useSliceTuple: boolean };
  let problems: readonly string[];
  try {
    const value = parseJson(text);
    fields = readFields(value, fieldTypes);
    if (value !== null && (typeof value !== 'object' || Array.isArray(value))) throw mismatch('', 'object', value);
    const given = value === null ? undefined : property(value as Record<string, unknown>, 'options');
    ({ options, problems } = readRuleOptions(given, defaults));
  } catch (error) {
    throw serverErrors.RULE_JSON(text, errorText(error), { cause: error });
  }
  const id = ruleId(fields.id, pathId);
  const graph = fields.graph ?? null;
  const sql = fields.sql !== undefined && fields.sql !== '' ? fields.sql : null;
  const actions = fields.actions ?? [];
  if (sql !== null && graph !== null) throw serverErrors.RULE(`Rule ${id} has both sql and graph.`);
  if (sql !== null && actions.length === 0) throw serverErrors.RULE('Missing rule actions.');
  if (sql === null && graph === null) throw serverErrors.RULE(`Rule ${id} has neither sql nor graph.`);
  if (problems.length > 0) throw serverErrors.RULE(`Rule ${id} has invalid options: ${problems.join('\n')}.`);
  const temp = fields.temp ?? false;
  return {
    id,
    name: fields.name ?? '',
    version: fields.version ?? '',
    sql,
    graph,
    actions,
    options: { ...options, temp },
    triggered: fields.triggered ?? true,
    temp,
    tags: fields.tags ?? null,
  };
}

function ruleId(given: string | undefined, pathId: string | null): string {
  if (pathId === null || given === '') {
    if (given === undefined || given === '') throw serverErrors.RULE('Missing rule id.');
    return checkId(given);
  }
  if (given !== undefined && given !== pathId) throw serverErrors.RULE('RuleId is not consistent with rule id.');
  return checkId(pathId);
}

/** The statement of a rule; errors carry the place in the text. Functions are checked when the rule is planned. */
export function parseRuleSelect(sql: string): SelectStatement {
  if (sql.trim() === '') throw notSelect(sql);
  let statement: ReturnType<typeof parseStatement>;
  try {
    statement = parseStatement(sql);
  } catch (error) {
    if (error instanceof KuiperError && error.id === 'INVALID_STREAM_STATEMENT') throw notSelect(sql, error);
    throw serverErrors.RULE(`Parse SQL ${sql} error: ${errorText(error)}.`, { cause: error, ...placeOf(error) });
  }
  if (statement.kind !== 'select') throw notSelect(sql);
  return statement;
}

/** Streams and tables that a statement reads, in the order of the text, each once. */
export function statementSources(statement: SelectStatement): readonly string[] {
  return [...new Set([statement.from.name, ...statement.joins.map((join) => join.source.name)])];
}

/** New versions must be greater as text, unless both are empty. Source: runtime §1.3. */
export function isNewer(wanted: string, old: string): boolean {
  return (wanted === '' && old === '') || wanted > old;
}

function notSelect(sql: string, cause?: unknown): KuiperError {
  return serverErrors.RULE(`SQL ${sql} is not a select statement.`, { cause, ...placeOf(cause) });
}
