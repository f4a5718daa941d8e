/**
 * Escapes of string literals: `\a \b \f \n \r \t \v \\ \" \xHH \NNN \uXXXX \UXXXXXXXX`, and `\'` in single quotes.
 * `\x` and octal escapes are bytes; a run of them is UTF-8 text. Source: behaviour spec, sql §2.
 */

const simple: Record<string, string> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  '"': '"',
};

/** The text of a literal without its quotes, or null when it holds a raw line break or an unknown escape. */
export function decodeString(content: string, singleQuoted: boolean): string | null {
  let out = '';
  let bytes: number[] = [];
  let pos = 0;
  while (pos < content.length) {
    const c = content.charAt(pos);
    if (c === '\n') return null;
    const escape = c === '\\' ? readEscape(content, pos + 1, singleQuoted) : null;
    if (c === '\\' && escape === null) return null;
    if (escape?.byte !== undefined) {
      bytes.push(escape.byte);
      pos = escape.end;
      continue;
    }
    if (bytes.length > 0) {
      out += decodeBytes(bytes);
      bytes = [];
    }
    out += escape === null ? c : escape.text;
    pos = escape === null ? pos + 1 : escape.end;
  }
  return bytes.length > 0 ? out + decodeBytes(bytes) : out;
}

interface Escape {
  readonly text: string;
  readonly byte?: number;
  readonly end: number;
}

function readEscape(content: string, at: number, singleQuoted: boolean): Escape | null {
  const c = content.charAt(at);
  const text = simple[c] ?? (c === "'" && singleQuoted ? c : undefined);
  if (text !== undefined) return { text, end: at + 1 };
  switch (c) {
    case 'x':
      return byteEscape(content, at + 1, 2, 16);
    case 'u':
      return codePointEscape(content, at + 1, 4);
    case 'U':
      return codePointEscape(content, at + 1, 8);
    default:
      return c >= '0' && c <= '7' ? byteEscape(content, at, 3, 8) : null;
  }
}

function byteEscape(content: string, start: number, digits: number, base: number): Escape | null {
  const byte = readDigits(content, start, digits, base);
  return byte < 0 || byte > 255 ? null : { text: '', byte, end: start + digits };
}

function codePointEscape(content: string, start: number, digits: number): Escape | null {
  const codePoint = readDigits(content, start, digits, 16);
  if (codePoint < 0 || codePoint > 0x10ffff || (codePoint >= 0xd800 && codePoint < 0xe000)) return null;
  return { text: String.fromCodePoint(codePoint), end: start + digits };
}

/** −1 when a digit is missing or wrong. */
function readDigits(content: string, start: number, digits: number, base: number): number {
  if (start + digits > content.length) return -1;
  let value = 0;
  for (let i = start; i < start + digits; i++) {
    const digit = '0123456789abcdef'.indexOf(content.charAt(i).toLowerCase());
    if (digit < 0 || digit >= base) return -1;
    value = value * base + digit;
  }
  return value;
}

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

function decodeBytes(bytes: readonly number[]): string {
  return utf8.decode(new Uint8Array(bytes));
}

const escapes: Map<string, string> = new Map(Object.entries(simple).map(([letter, c]) => [c, `\\${letter}`]));

/** A double-quoted literal that scans back to `text`; error texts quote tokens in the same form. */
export function quoteString(text: string): string {
  let out = '"';
  for (let i = 0; i < text.length; i++) {
    const c = text.charAt(i);
    const code = text.charCodeAt(i);
    if (code < 32 || code === 127) out += escapes.get(c) ?? `\\x${code.toString(16).padStart(2, '0')}`;
    else out += escapes.get(c) ?? c;
  }
  return `${out}"`;
}
