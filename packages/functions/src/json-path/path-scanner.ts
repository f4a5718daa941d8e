/** Words of a JSON path expression. */
import { rowError } from '@kuiper/base';

export interface PathToken {
  readonly kind: 'ident' | 'number' | 'string' | 'symbol' | 'end';
  readonly text: string;
  /** Of a number or a string. */
  readonly value: number | string | null;
  /** Position in the path, UTF-16 units. */
  readonly at: number;
}

const space = /\s+/y;
const ident = /[\p{L}_][\p{L}\p{Nd}_]*/uy;
const number = /(?:0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)/y;
const quoted = /"(?:[^"\\\n]|\\.)*"/y;
const raw = /`[^`]*`/y;
const character = /'(?:[^'\\\n]|\\.)'/y;
/** Longest first. */
const symbol = /\*\*|=~|!~|==|!=|<=|>=|<<|>>|&&|\|\||\?\?|\.\.|[-+*/%()[\]{},:?.$@!<>&|^~]/y;

/** Throws the row error `parsing error: …`. */
export function scanPath(path: string): PathToken[] {
  const tokens: PathToken[] = [];
  let at = 0;
  const match = (pattern: RegExp): string | null => {
    pattern.lastIndex = at;
    return pattern.exec(path)?.[0] ?? null;
  };
  for (;;) {
    at += match(space)?.length ?? 0;
    if (at >= path.length) break;
    const token = nextToken(match, at);
    if (token === null) return pathError(path, at, `unexpected ${JSON.stringify(path[at])}`);
    tokens.push(token);
    at += token.text.length;
  }
  tokens.push({ kind: 'end', text: '', value: null, at });
  return tokens;
}

function nextToken(match: (pattern: RegExp) => string | null, at: number): PathToken | null {
  let text = match(ident);
  if (text !== null) return { kind: 'ident', text, value: null, at };
  text = match(quoted) ?? match(raw) ?? match(character);
  if (text !== null) {
    const value = unquote(text);
    return value === null ? null : { kind: 'string', text, value, at };
  }
  // `..` is no number, nor is the dot of `.5` behind a value; a leading digit decides
  text = match(number);
  if (text !== null && !text.startsWith('.')) return { kind: 'number', text, value: Number(text), at };
  text = match(symbol);
  return text === null ? null : { kind: 'symbol', text, value: null, at };
}

function unquote(text: string): string | null {
  if (text.startsWith('`')) return text.slice(1, -1);
  const body = text.slice(1, -1);
  try {
    return JSON.parse(text.startsWith('"') ? text : `"${body === '"' ? '\\"' : body.replace("\\'", "'")}"`);
  } catch {
    return null;
  }
}

export function pathError(path: string, at: number, what: string): never {
  return rowError(`parsing error: ${path}\t:1:${at + 1} - 1:${at + 2} ${what}`);
}
