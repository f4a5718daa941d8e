/**
 * Splits a statement into tokens, one at a time, by character code. Source: behaviour spec, sql §2.
 *
 * White space may separate the characters of `!=`, `<=`, `>=` and `->`, but not of `--` and `/*`: so `a - -1` is a
 * subtraction (listed defect D23). A lone `!` is `=`. Never throws; what is no token becomes `Token.illegal`.
 */

import { keywordOf } from './keywords.ts';
import { Token } from './token.ts';
import { decodeString } from './string-literal.ts';

const LETTER = 1;
const DIGIT = 2;
const UNDERSCORE = 4;

const classes: Uint8Array = new Uint8Array(128);
for (let c = 48; c <= 57; c++) classes[c] = DIGIT;
for (let c = 65; c <= 90; c++) classes[c] = LETTER;
for (let c = 97; c <= 122; c++) classes[c] = LETTER;
classes[95] = UNDERSCORE;

const TAB = 9;
const LF = 10;
const CR = 13;
const SPACE = 32;
const BANG = 33;
const DOUBLE_QUOTE = 34;
const SINGLE_QUOTE = 39;
const STAR = 42;
const MINUS = 45;
const DOT = 46;
const SLASH = 47;
const LESS = 60;
const EQUALS = 61;
const GREATER = 62;
const BACKSLASH = 92;
const BACKQUOTE = 96;

/** Tokens of one character that start no longer token. */
const single: Uint8Array = new Uint8Array(128);
single[0x23] = Token.hash;
single[0x25] = Token.percent;
single[0x26] = Token.amp;
single[0x28] = Token.lparen;
single[0x29] = Token.rparen;
single[0x2a] = Token.star;
single[0x2b] = Token.plus;
single[0x2c] = Token.comma;
single[0x3a] = Token.colon;
single[0x3b] = Token.semicolon;
single[0x3d] = Token.eq;
single[0x5b] = Token.lbracket;
single[0x5d] = Token.rbracket;
single[0x5e] = Token.caret;
single[0x7c] = Token.pipe;

export class Scanner {
  /** The whole statement text. */
  readonly text: string;
  /** Where the text ends for us: a NUL is the end of input. */
  readonly limit: number;
  /** The current token. */
  kind: number = Token.eof;
  start = 0;
  end = 0;
  /** Name of an identifier, content of a string, digits of a number; for a bad string what an error shows. */
  value = '';
  /** Where the token before the current one ended. */
  lastEnd = 0;

  constructor(text: string) {
    this.text = text;
    const nul = text.indexOf('\0');
    this.limit = nul < 0 ? text.length : nul;
  }

  /** Moves to the next token. At the end it stays at `Token.eof`. */
  next(): void {
    const { text, limit } = this;
    this.lastEnd = this.end;
    let pos = this.end;
    for (; pos < limit; pos++) {
      const c = text.charCodeAt(pos);
      if (c === SPACE || c === LF || c === TAB || c === CR) continue;
      if (c === MINUS && text.charCodeAt(pos + 1) === MINUS) {
        const lineEnd = text.indexOf('\n', pos);
        if (lineEnd < 0 || lineEnd >= limit) pos = limit;
        else pos = lineEnd;
        continue;
      }
      if (c === SLASH && text.charCodeAt(pos + 1) === STAR) {
        const close = text.indexOf('*/', pos + 2);
        if (close < 0 || close + 2 > limit) {
          this.start = pos;
          this.value = '';
          this.emit(Token.illegal, limit);
          return;
        }
        pos = close + 1;
        continue;
      }
      this.start = pos;
      this.scanToken(c, pos);
      return;
    }
    this.start = limit;
    this.emit(Token.eof, limit);
  }

  /** Goes back to a token noted earlier by its `start` and the `lastEnd` of that moment. */
  rewind(start: number, lastEnd: number): void {
    this.end = start;
    this.next();
    this.lastEnd = lastEnd;
  }

  private emit(kind: number, end: number): void {
    this.kind = kind;
    this.end = end;
  }

  private scanToken(c: number, pos: number): void {
    if (c < 128) {
      const charClass = classes[c] as number;
      if (charClass === LETTER) return this.scanWord(pos);
      if (charClass === DIGIT) return this.scanNumber(pos);
      const kind = single[c] as number;
      if (kind !== 0) return this.emit(kind, pos + 1);
    }
    switch (c) {
      case MINUS:
        return this.scanMinus(pos);
      case DOT:
        if (this.isDigit(pos + 1)) return this.scanNumber(pos);
        return this.emit(Token.dot, pos + 1);
      case SLASH:
        return this.emit(Token.slash, pos + 1);
      case BANG:
        return this.scanCompare(pos, Token.neq, Token.eq);
      case LESS:
        return this.scanCompare(pos, Token.lte, Token.lt);
      case GREATER:
        return this.scanCompare(pos, Token.gte, Token.gt);
      case DOUBLE_QUOTE:
        return this.scanString(pos, DOUBLE_QUOTE);
      case SINGLE_QUOTE:
        return this.scanString(pos, SINGLE_QUOTE);
      case BACKQUOTE:
        return this.scanQuotedName(pos);
      default: {
        this.value = '';
        const size = c >= 0xd800 && c < 0xdc00 && pos + 1 < this.limit ? 2 : 1;
        return this.emit(Token.illegal, pos + size);
      }
    }
  }

  private scanWord(start: number): void {
    const { text, limit } = this;
    let pos = start + 1;
    for (; pos < limit; pos++) {
      const c = text.charCodeAt(pos);
      if (c >= 128 || classes[c] === 0) break;
    }
    const word = text.slice(start, pos);
    this.value = word;
    this.emit(keywordOf(word), pos);
  }

  private scanNumber(start: number): void {
    const { text, limit } = this;
    let dots = 0;
    let pos = start;
    for (; pos < limit; pos++) {
      const c = text.charCodeAt(pos);
      if (c === DOT) dots++;
      else if (c < 48 || c > 57) break;
    }
    this.value = text.slice(start, pos);
    this.emit(dots === 0 ? Token.integer : dots === 1 ? Token.number : Token.badNumber, pos);
  }

  /** `->`, the number `-.5` (also `-. 5`), or a plain minus. */
  private scanMinus(start: number): void {
    const { text } = this;
    if (text.charCodeAt(start + 1) === DOT) {
      const digits = this.skipBlanks(start + 2);
      if (this.isDigit(digits)) {
        this.scanNumber(digits);
        if (this.kind === Token.integer) {
          this.value = `-.${this.value}`;
          this.kind = Token.number;
          return;
        }
        this.value = `-.${this.value}`;
        this.kind = Token.badNumber;
        return;
      }
    }
    const pos = this.skipBlanks(start + 1);
    if (pos < this.limit && text.charCodeAt(pos) === GREATER) return this.emit(Token.arrow, pos + 1);
    this.emit(Token.minus, start + 1);
  }

  private scanCompare(start: number, withEquals: number, alone: number): void {
    const pos = this.skipBlanks(start + 1);
    if (pos < this.limit && this.text.charCodeAt(pos) === EQUALS) this.emit(withEquals, pos + 1);
    else this.emit(alone, start + 1);
  }

  private scanString(start: number, quote: number): void {
    const { text, limit } = this;
    let plain = true;
    for (let pos = start + 1; pos < limit; pos++) {
      const c = text.charCodeAt(pos);
      if (c === quote) return this.acceptString(start, pos, plain);
      if (c === BACKSLASH) {
        plain = false;
        pos++;
      } else if (c === LF) plain = false;
    }
    this.value = text.slice(start + 1, limit);
    this.emit(Token.badString, limit);
  }

  private acceptString(start: number, close: number, plain: boolean): void {
    const content = this.text.slice(start + 1, close);
    const decoded = plain ? content : decodeString(content, this.text.charCodeAt(start) === SINGLE_QUOTE);
    if (decoded === null) {
      this.value = `invalid string: ${this.text.slice(start, close + 1)}`;
      return this.emit(Token.badString, close + 1);
    }
    this.value = decoded;
    this.emit(this.text.charCodeAt(start) === SINGLE_QUOTE ? Token.singleQuoted : Token.string, close + 1);
  }

  /** Without a closing quote the name runs to the end of input. */
  private scanQuotedName(start: number): void {
    const close = this.text.indexOf('`', start + 1);
    const open = close < 0 || close >= this.limit;
    this.value = this.text.slice(start + 1, open ? this.limit : close);
    this.emit(Token.ident, open ? this.limit : close + 1);
  }

  private skipBlanks(from: number): number {
    let pos = from;
    while (pos < this.limit) {
      const c = this.text.charCodeAt(pos);
      if (c !== SPACE && c !== LF && c !== TAB && c !== CR) break;
      pos++;
    }
    return pos;
  }

  private isDigit(pos: number): boolean {
    if (pos >= this.limit) return false;
    const c = this.text.charCodeAt(pos);
    return c >= 48 && c <= 57;
  }
}
