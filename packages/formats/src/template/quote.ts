/** Quoted texts: how error texts and `printf "%q"` write them, and how string literals of templates are read. */

const NAMED: Readonly<Record<string, string>> = {
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
};

const PLAIN = /^[ !#-[\]-~]*$/;
const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S}]$/u;

/** True for characters that print as themselves: letters, marks, numbers, punctuation, symbols and the space. */
export function isPrintable(character: string): boolean {
  return character === ' ' || PRINTABLE.test(character);
}

/** Double-quoted, everything unprintable escaped; with `asciiOnly` everything beyond ASCII too. */
export function quoteGo(text: string, asciiOnly = false): string {
  if (PLAIN.test(text)) return `"${text}"`;
  let out = '"';
  for (const character of text) out += character === '"' ? '\\"' : escapeCharacter(character, asciiOnly);
  return `${out}"`;
}

/** Single-quoted, for one code point; a number that is none gives U+FFFD. */
export function quoteRune(codePoint: number, asciiOnly = false): string {
  const valid = codePoint >= 0 && codePoint <= 0x10ffff && !(codePoint >= 0xd800 && codePoint <= 0xdfff);
  const character = valid ? String.fromCodePoint(codePoint) : '\ufffd';
  return `'${character === "'" ? "\\'" : escapeCharacter(character, asciiOnly)}'`;
}

function escapeCharacter(character: string, asciiOnly: boolean): string {
  const named = NAMED[character];
  if (named !== undefined) return named;
  const code = character.codePointAt(0) as number;
  if (code >= 0xd800 && code <= 0xdfff) return '\\ufffd';
  if (isPrintable(character) && (code < 0x80 || !asciiOnly)) return character;
  if (code < 0x20 || code === 0x7f) return `\\x${hex(code, 2)}`;
  return code < 0x10000 ? `\\u${hex(code, 4)}` : `\\U${hex(code, 8)}`;
}

function hex(code: number, width: number): string {
  return code.toString(16).padStart(width, '0');
}

const SIMPLE: Readonly<Record<string, number>> = { a: 7, b: 8, f: 12, n: 10, r: 13, t: 9, v: 11, '\\': 92 };

/**
 * The text of a string literal, quotes included in the argument. Escapes `\x..` and octal stand for bytes, which
 * together must form UTF-8 (else U+FFFD). undefined when the literal is malformed.
 */
export function unquoteGo(literal: string): string | undefined {
  if (literal.startsWith('`')) return literal.slice(1, -1).replaceAll('\r', '');
  const body = literal.slice(1, -1);
  if (body.includes('\n')) return undefined;
  if (!body.includes('\\')) return body;
  return unescape(body, '"');
}

/** The code point of a character literal; undefined when it is malformed or holds more than one character. */
export function unquoteRune(literal: string): number | undefined {
  const body = literal.slice(1, -1);
  if (!body.startsWith('\\')) {
    const characters = Array.from(body);
    return characters.length === 1 && body !== "'" ? body.codePointAt(0) : undefined;
  }
  const escaped = readEscape(body, 0, "'");
  return escaped === undefined || escaped.end !== body.length ? undefined : escaped.code;
}

interface Escape {
  readonly code: number;
  /** One byte of UTF-8 rather than a code point. */
  readonly isByte: boolean;
  readonly end: number;
}

function unescape(body: string, quote: string): string | undefined {
  const parts: Buffer[] = [];
  for (let at = 0; at < body.length; ) {
    if (body[at] !== '\\') {
      const next = body.indexOf('\\', at);
      const end = next < 0 ? body.length : next;
      parts.push(Buffer.from(body.slice(at, end)));
      at = end;
      continue;
    }
    const escaped = readEscape(body, at, quote);
    if (escaped === undefined) return undefined;
    parts.push(escaped.isByte ? Buffer.from([escaped.code]) : Buffer.from(String.fromCodePoint(escaped.code)));
    at = escaped.end;
  }
  return Buffer.concat(parts).toString('utf8');
}

function readEscape(body: string, at: number, quote: string): Escape | undefined {
  const letter = body[at + 1];
  if (letter === undefined) return undefined;
  if (Object.hasOwn(SIMPLE, letter)) return { code: SIMPLE[letter] as number, isByte: false, end: at + 2 };
  if (letter === quote) return { code: letter.charCodeAt(0), isByte: false, end: at + 2 };
  if (letter >= '0' && letter <= '7') return readDigits(body, at + 1, 3, 8, true);
  if (letter === 'x') return readDigits(body, at + 2, 2, 16, true);
  if (letter === 'u') return readDigits(body, at + 2, 4, 16, false);
  return letter === 'U' ? readDigits(body, at + 2, 8, 16, false) : undefined;
}

function readDigits(body: string, from: number, count: number, base: 8 | 16, isByte: boolean): Escape | undefined {
  const digits = body.slice(from, from + count);
  if (digits.length < count || !(base === 8 ? /^[0-7]+$/ : /^[0-9a-fA-F]+$/).test(digits)) return undefined;
  const code = Number.parseInt(digits, base);
  if (isByte ? code > 255 : code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return undefined;
  return { code, isByte, end: from + count };
}
