/**
 * Options `google.api.http`: which request a call of a method is. Beside what the reference knows: dotted path fields, `**`,
 * `custom`, `response_body`. Additional bindings are for servers to offer; a client needs one.
 * Source: behaviour spec, extension §6.4.
 */
import { rowError } from '@kuiper/base';
import { serviceErrors } from './errors.ts';
import type { FieldType, MessageType, MessageValue } from './message-type.ts';
import { isNested, jsonOfMessage, scalarText } from './proto-json.ts';

export interface HttpRule {
  /** Upper case. */
  readonly verb: string;
  readonly path: readonly (string | PathField)[];
  readonly body: 'none' | 'rest' | FieldType;
  /** Top-level fields that are neither in the path nor the body. */
  readonly query: readonly FieldType[];
  /** The answer is the value of this field. */
  readonly responseField: string;
}

interface PathField {
  /** As written: `name`, `outer.name`. */
  readonly name: string;
  readonly fields: readonly FieldType[];
  /** What the value must begin with; with one its slashes stay. */
  readonly prefix: string | null;
}

export interface HttpParts {
  readonly verb: string;
  /** Path and query, escaped. */
  readonly target: string;
  readonly body: string | null;
}

const verbs = ['get', 'put', 'post', 'delete', 'patch'] as const;

/** Throws for a rule that does not fit the input message. */
export function compileHttpRule(method: string, rule: unknown, input: MessageType): HttpRule {
  const options = (rule ?? {}) as Readonly<Record<string, unknown>>;
  const { verb, uri } = verbOf(method, options);
  const path = compilePath(uri, input);
  const inPath = new Set(path.flatMap((part) => (typeof part === 'string' ? [] : [part.fields[0]])));
  const body = bodyOf(typeof options.body === 'string' ? options.body : '', input);
  const query = body === 'rest' ? [] : input.fields.filter((field) => !inPath.has(field) && field !== body);
  const responseField = typeof options.response_body === 'string' ? options.response_body : '';
  return { verb, path, body, query, responseField };
}

function verbOf(method: string, options: Readonly<Record<string, unknown>>): { verb: string; uri: string } {
  const found = verbs.filter((verb) => typeof options[verb] === 'string');
  const custom = options.custom as { readonly kind?: unknown; readonly path?: unknown } | undefined;
  if (found.length + (custom === undefined ? 0 : 1) !== 1) {
    throw serviceErrors.HTTP_RULE(method, 'one of get, put, post, delete, patch, custom is needed');
  }
  const [verb] = found;
  if (verb !== undefined) return { verb: verb.toUpperCase(), uri: options[verb] as string };
  const { kind, path } = custom as { kind?: unknown; path?: unknown };
  if (typeof kind !== 'string' || !/^[A-Za-z]+$/.test(kind) || typeof path !== 'string') {
    throw serviceErrors.HTTP_RULE(method, 'custom needs a kind and a path');
  }
  return { verb: kind.toUpperCase(), uri: path };
}

function compilePath(uri: string, input: MessageType): (string | PathField)[] {
  if (!uri.startsWith('/')) throw serviceErrors.URI(uri, 'it must begin with /');
  const parts: (string | PathField)[] = [];
  let at = 0;
  for (const match of uri.matchAll(/\{([^{}=]*)(?:=([^{}]*))?\}/g)) {
    parts.push(literal(uri, uri.slice(at, match.index)));
    parts.push(pathField(uri, match[1] as string, match[2], input));
    at = match.index + match[0].length;
  }
  parts.push(literal(uri, uri.slice(at)));
  return parts;
}

function literal(uri: string, text: string): string {
  if (/[{}]/.test(text)) throw serviceErrors.URI(uri, 'braces do not match');
  if (text.includes('*')) throw serviceErrors.URI(uri, 'a wildcard must belong to a field');
  return text;
}

function pathField(uri: string, name: string, pattern: string | undefined, input: MessageType): PathField {
  const fields: FieldType[] = [];
  let message: MessageType | null = input;
  for (const step of name.split('.')) {
    const field: FieldType | undefined = message?.byName.get(step);
    if (field === undefined) throw serviceErrors.URI_FIELD(uri, name);
    fields.push(field);
    message = field.message;
  }
  const last = fields[fields.length - 1] as FieldType;
  const isList = fields.some((field) => field.repeated || field.mapKey !== null);
  if (isList || (last.type === 'message' && last.message?.form === 'plain'))
    throw serviceErrors.URI_FIELD_TYPE(uri, name);
  if (pattern === undefined || pattern === '*') return { name, fields, prefix: null };
  const star = pattern.indexOf('*');
  return { name, fields, prefix: star < 0 ? pattern : pattern.slice(0, star) };
}

function bodyOf(name: string, input: MessageType): HttpRule['body'] {
  if (name === '') return 'none';
  if (name === '*') return 'rest';
  const field = input.byName.get(name);
  if (field === undefined) throw serviceErrors.BODY_FIELD_MISSING(name);
  if (field.type !== 'message' || field.repeated || field.mapKey !== null) throw serviceErrors.BODY_FIELD(name);
  return field;
}

/** Throws a row error for values that do not fit the path. */
export function fillHttpRule(rule: HttpRule, input: MessageType, value: MessageValue): HttpParts {
  const used: unknown[] = [...value];
  let target = '';
  for (const part of rule.path) target += typeof part === 'string' ? part : pathText(part, value, used);
  const pairs: string[] = [];
  for (const field of rule.query) queryPairs(field, value[field.index], `${encodeURIComponent(field.name)}`, pairs);
  if (pairs.length > 0) target += `${target.includes('?') ? '&' : '?'}${pairs.join('&')}`;
  return { verb: rule.verb, target, body: bodyText(rule, input, value, used) };
}

function bodyText(rule: HttpRule, input: MessageType, value: MessageValue, used: MessageValue): string | null {
  if (rule.body === 'none') return null;
  if (rule.body === 'rest') return jsonOfMessage(input, used);
  const { message, index } = rule.body;
  return jsonOfMessage(message as MessageType, (value[index] as MessageValue | undefined) ?? []);
}

/** Takes a top-level field out of `used`: it does not belong to the body any more. */
function pathText(part: PathField, value: MessageValue, used: MessageValue): string {
  let found: unknown = value;
  for (const field of part.fields) found = (found as MessageValue | undefined)?.[field.index];
  const [first] = part.fields;
  if (part.fields.length === 1 && first !== undefined) used[first.index] = undefined;
  const text = scalarText(part.fields[part.fields.length - 1] as FieldType, found);
  if (part.prefix === null) return escapeSegment(part, text);
  if (!text.startsWith(part.prefix)) {
    rowError(`invalid field ${part.name}(${text}) as http option, must have prefix ${part.prefix}`);
  }
  return text
    .split('/')
    .map((segment) => escapeSegment(part, segment))
    .join('/');
}

/** A segment of dots only would climb up the path. */
function escapeSegment(part: PathField, text: string): string {
  if (text === '.' || text === '..')
    rowError(`invalid field ${part.name}(${text}) as http option, it changes the path`);
  return encodeURIComponent(text);
}

/** Unset scalars show their default, unset messages and members of groups nothing. */
function queryPairs(field: FieldType, value: unknown, name: string, pairs: string[]): void {
  if (field.mapKey !== null) {
    for (const [key, member] of (value as [unknown, unknown][] | undefined) ?? []) {
      const entry = { ...field, mapKey: null };
      queryPairs(entry, member, `${name}.${encodeURIComponent(String(key))}`, pairs);
    }
  } else if (field.repeated) {
    const element = { ...field, repeated: false };
    for (const item of (value as unknown[] | undefined) ?? []) queryPairs(element, item, name, pairs);
  } else if (isNested(field)) {
    if (value === undefined) return;
    for (const inner of (field.message as MessageType).fields) {
      queryPairs(inner, (value as MessageValue)[inner.index], `${name}.${encodeURIComponent(inner.name)}`, pairs);
    }
  } else if (value !== undefined || (field.unset !== undefined && field.unset !== null)) {
    pairs.push(`${name}=${encodeURIComponent(scalarText(field, value))}`);
  }
}
