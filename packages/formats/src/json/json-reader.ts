/**
 * A JSON parser that enforces declared types and keeps 64-bit integers exact.
 *
 * It accepts exactly what `JSON.parse` accepts. A value of the wrong type does not stop the parsing: a syntax error
 * further on is reported in its place, as a parser that reads first and converts later does. Source: sql §5.2.
 */
import { base64OrRaw, floatText, type Int, type Kind, type Row, type RowError, type RowType } from '@kuiper/base';
import { isListKind, isMapKind, normInt, parseBoolText, parseDecimalInt, setMember } from '@kuiper/base';
import { formatErrors } from '../errors.ts';
import { skipString, skipValue, skipWhite } from './json-skip.ts';

/** A declared type, prepared for reading. */
export interface ReadType {
  /** The kind that decides; `any` is read as it comes. */
  readonly kind: Kind;
  /** The declared type in error texts. */
  readonly declared: string;
  readonly of: ReadType | null;
  readonly members: ReadonlyMap<string, ReadType> | null;
}

/** What a reader makes of an object at the top of a message. */
export interface RowPlan {
  /** Columns to keep, by their name in the message. */
  readonly columns: ReadonlyMap<string, RowColumn>;
  /** Keys that every row has, in order; missing ones are undefined. Empty when rows have the keys that come. */
  readonly shape: readonly string[];
  /** Type of the columns that `columns` does not name; null when they are dropped. */
  readonly others: ReadType | null;
  /** Of the dropped columns those that are null are kept. */
  readonly keepNulls: boolean;
  /** Numbers without a point become integers, tagged. */
  readonly wholeAsInt: boolean;
}

export interface RowColumn {
  readonly output: string;
  readonly type: ReadType;
}

const declaredNames: Readonly<Record<string, string>> = {
  int: 'bigint',
  float: 'float',
  string: 'string',
  bool: 'boolean',
  bytes: 'bytea',
  datetime: 'datetime',
};

export const anyType: ReadType = { kind: 'any', declared: 'any', of: null, members: null };

export function readTypeOf(kind: Kind): ReadType {
  if (isListKind(kind)) return { kind, declared: 'array', of: readTypeOf(kind.of), members: null };
  if (isMapKind(kind)) {
    if (kind.rest !== null) return anyType;
    const members = new Map(Object.entries(kind.fields).map(([name, member]) => [name, readTypeOf(member)]));
    return { kind, declared: 'struct', of: null, members };
  }
  return { kind, declared: declaredNames[kind] ?? kind, of: null, members: null };
}

/** The kind of the values that come out when a column was declared so: a DATETIME stays a number or a string. */
export function deliveredKind(kind: Kind): Kind {
  if (kind === 'datetime') return 'any';
  if (isListKind(kind)) return { k: 'list', of: deliveredKind(kind.of) };
  if (!isMapKind(kind)) return kind;
  if (kind.rest !== null) return 'any';
  return { k: 'map', fields: deliveredFields(kind.fields), rest: null };
}

export function deliveredFields(fields: RowType['fields']): Record<string, Kind> {
  const delivered: Record<string, Kind> = {};
  for (const [name, kind] of Object.entries(fields)) setMember(delivered, name, deliveredKind(kind));
  return delivered;
}

/** Reads messages by one plan. Not reentrant. */
export class JsonReader {
  readonly #plan: RowPlan;
  #text = '';
  #at = 0;
  #end = 0;
  /** The first value of a wrong type. */
  #mistake: RowError | null = null;

  constructor(plan: RowPlan) {
    this.#plan = plan;
  }

  /** The rows of the message `text[start, end)`: one, or a list. Throws a row error. */
  read(text: string, start: number, end: number): Row | Row[] {
    this.#text = text;
    this.#end = end;
    this.#mistake = null;
    this.#at = skipWhite(text, start, end);
    const rows = this.#readTop();
    this.#at = skipWhite(text, this.#at, end);
    if (this.#at !== end) this.#failSyntax();
    this.#text = '';
    if (this.#mistake !== null) throw this.#mistake;
    return rows;
  }

  /** The value `text[start, end)` of a declared list or struct, valid JSON; undefined when a type is wrong in it. */
  readNested(text: string, start: number, end: number, type: ReadType): unknown {
    this.#text = text;
    this.#at = start;
    this.#end = end;
    this.#mistake = null;
    const value = this.#readTyped(type, '');
    this.#text = '';
    return this.#mistake === null ? value : undefined;
  }

  #readTop(): Row | Row[] {
    const first = this.#text.charCodeAt(this.#at);
    if (this.#at < this.#end && first === 0x7b) return this.#readRow();
    if (this.#at < this.#end && first === 0x5b) return this.#readRows();
    this.#skip();
    this.#mistake = formatErrors.unsupportedTopLevel();
    return [];
  }

  #readRows(): Row[] {
    const rows: Row[] = [];
    this.#elements(() => {
      if (this.#text.charCodeAt(this.#at) === 0x7b) rows.push(this.#readRow());
      else {
        this.#mistake ??= formatErrors.notAnObject(jsonTypeAt(this.#text, this.#at));
        this.#skip();
      }
    });
    return rows;
  }

  #readRow(): Row {
    const { columns, shape, others, keepNulls } = this.#plan;
    const row: Row = {};
    for (const key of shape) setMember(row, key, undefined);
    this.#members((key) => {
      const column = columns.get(key);
      if (column !== undefined) setMember(row, column.output, this.#readTyped(column.type, key));
      else if (others !== null) setMember(row, key, this.#readTyped(others, key));
      else if (keepNulls && this.#text.startsWith('null', this.#at)) {
        this.#skip();
        setMember(row, key, null);
      } else this.#skip();
    });
    return row;
  }

  #readTyped(type: ReadType, name: string): unknown {
    const text = this.#text;
    const from = this.#at;
    const code = from < this.#end ? text.charCodeAt(from) : 0;
    if (type.kind === 'any') return this.#readNatural();
    if (code === 0x6e) {
      this.#skip();
      return null;
    }
    if (type.of !== null && code === 0x5b) {
      const list: unknown[] = [];
      const { of } = type;
      this.#elements(() => list.push(this.#readTyped(of, 'array')));
      return list;
    }
    if (type.members !== null && code === 0x7b) {
      const map: Record<string, unknown> = {};
      this.#members((key) => {
        const member = type.members?.get(key);
        if (member === undefined) this.#skip();
        else setMember(map, key, this.#readTyped(member, key));
      });
      return map;
    }
    this.#skip();
    const value = convertScalar(text.slice(from, this.#at), code, type.kind);
    if (value === MISMATCH) {
      this.#mistake ??= formatErrors.wrongType(name, jsonTypeAt(text, from), type.declared);
      return null;
    }
    return value;
  }

  #readNatural(): unknown {
    const from = this.#at;
    if (!this.#plan.wholeAsInt) {
      this.#skip();
      return JSON.parse(this.#text.slice(from, this.#at));
    }
    const code = from < this.#end ? this.#text.charCodeAt(from) : 0;
    if (code === 0x5b) {
      const list: unknown[] = [];
      this.#elements(() => list.push(this.#readNatural()));
      return list;
    }
    if (code === 0x7b) {
      const map: Record<string, unknown> = {};
      this.#members((key) => setMember(map, key, this.#readNatural()));
      return map;
    }
    this.#skip();
    const source = this.#text.slice(from, this.#at);
    if (code !== 0x2d && !(code >= 0x30 && code <= 0x39)) return JSON.parse(source);
    const whole = parseDecimalInt(source);
    return whole === undefined ? Number(source) : BigInt(whole);
  }

  /** Walks the members of the object at the current position; `visit` must consume the value. */
  #members(visit: (key: string) => void): void {
    const text = this.#text;
    const end = this.#end;
    let at = skipWhite(text, this.#at + 1, end);
    if (at < end && text.charCodeAt(at) === 0x7d) {
      this.#at = at + 1;
      return;
    }
    for (;;) {
      const keyEnd = skipString(text, at, end);
      if (keyEnd < 0) this.#failSyntax();
      const key = text.slice(at + 1, keyEnd - 1);
      const name = key.includes('\\') ? (JSON.parse(`"${key}"`) as string) : key;
      at = skipWhite(text, keyEnd, end);
      if (at >= end || text.charCodeAt(at) !== 0x3a) this.#failSyntax();
      this.#at = skipWhite(text, at + 1, end);
      visit(name);
      at = skipWhite(text, this.#at, end);
      const code = at < end ? text.charCodeAt(at) : 0;
      this.#at = at + 1;
      if (code === 0x7d) return;
      if (code !== 0x2c) this.#failSyntax();
      at = skipWhite(text, at + 1, end);
    }
  }

  #elements(visit: () => void): void {
    const text = this.#text;
    const end = this.#end;
    this.#at = skipWhite(text, this.#at + 1, end);
    if (this.#at < end && text.charCodeAt(this.#at) === 0x5d) {
      this.#at++;
      return;
    }
    for (;;) {
      visit();
      const at = skipWhite(text, this.#at, end);
      const code = at < end ? text.charCodeAt(at) : 0;
      this.#at = at + 1;
      if (code === 0x5d) return;
      if (code !== 0x2c) this.#failSyntax();
      this.#at = skipWhite(text, at + 1, end);
    }
  }

  #skip(): void {
    const after = skipValue(this.#text, this.#at, this.#end);
    if (after < 0) this.#failSyntax();
    this.#at = after;
  }

  #failSyntax(): never {
    const { start, why } = syntaxProblem(this.#text, this.#at, this.#end);
    this.#text = '';
    throw formatErrors.syntax(`${why} at offset ${start}`);
  }
}

function syntaxProblem(text: string, at: number, end: number): { start: number; why: string } {
  if (at >= end) return { start: at, why: 'unexpected end of JSON' };
  return { start: at, why: `unexpected value near ${JSON.stringify(text.slice(at, Math.min(at + 16, end)))}` };
}

const MISMATCH = Symbol('mismatch');

/** Converts the text of a scalar that is valid JSON; MISMATCH when the kinds do not go together. */
function convertScalar(source: string, code: number, kind: Kind): unknown {
  if (code === 0x22) return convertString(source, kind);
  if (code === 0x74 || code === 0x66) return kind === 'bool' ? code === 0x74 : MISMATCH;
  if (code === 0x7b || code === 0x5b) return MISMATCH;
  return convertNumber(source, kind);
}

function convertNumber(source: string, kind: Kind): unknown {
  switch (kind) {
    case 'int':
      return intOfText(source) ?? MISMATCH;
    case 'float':
    case 'datetime':
      return Number(source);
    case 'string':
      return floatText(Number(source));
    case 'bool':
      return Number(source) !== 0;
    default:
      return MISMATCH;
  }
}

/** An integer text: digits with an optional sign that fit 64 bits; undefined for anything else. */
export function intOfText(source: string): Int | undefined {
  const value = parseDecimalInt(source);
  return typeof value === 'bigint' ? normInt(value) : value;
}

function convertString(source: string, kind: Kind): unknown {
  const value = source.includes('\\') ? (JSON.parse(source) as string) : source.slice(1, -1);
  switch (kind) {
    case 'string':
    case 'datetime':
      return value;
    case 'bool':
      return parseBoolText(value) ?? MISMATCH;
    case 'bytes':
      return base64OrRaw(value);
    default:
      return MISMATCH;
  }
}

/** The name of a JSON value's type in error texts, told from its first character. */
export function jsonTypeAt(text: string, at: number): string {
  switch (text.charCodeAt(at)) {
    case 0x7b:
      return 'object';
    case 0x5b:
      return 'array';
    case 0x22:
      return 'string';
    case 0x74:
      return 'true';
    case 0x66:
      return 'false';
    case 0x6e:
      return 'null';
    default:
      return 'number';
  }
}
