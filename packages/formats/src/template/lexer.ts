/**
 * Cuts a template text into tokens, on demand, so that the parser's errors name the line that was read last.
 * Source: behaviour spec, io §7.1.
 */
import { isPrintable, quoteGo } from './quote.ts';
import { keywords, type Token, type TokenType } from './token.ts';

const LEFT = '{{';
const RIGHT = '}}';
const LEFT_COMMENT = '/*';
const RIGHT_COMMENT = '*/';
/** A trim marker is a minus and one space. */
const MARKER_LENGTH = 2;
const WORD = /[\p{L}\p{Nd}_]/u;

export class Lexer {
  readonly #input: string;
  #pos = 0;
  #start = 0;
  #parenDepth = 0;
  #insideAction = false;
  #failed: Token | null = null;
  /** Newlines before #lineAt. */
  #lines = 0;
  #lineAt = 0;

  constructor(input: string) {
    this.#input = input;
  }

  /** The next token; after an error or the end always the same kind again. */
  next(): Token {
    if (this.#failed !== null) return { ...this.#failed, type: 'eof', text: 'EOF' };
    return this.#insideAction ? this.#action() : this.#text();
  }

  #text(): Token {
    const input = this.#input;
    for (;;) {
      const found = input.indexOf(LEFT, this.#pos);
      if (found < 0) {
        this.#pos = input.length;
        return this.#emit(this.#pos > this.#start ? 'text' : 'eof');
      }
      const trims = hasLeftMarker(input, found + LEFT.length);
      const end = trims ? trimEnd(input, this.#start, found) : found;
      if (end > this.#start) {
        this.#pos = end;
        const token = this.#emit('text');
        this.#skipTo(found);
        return token;
      }
      this.#skipTo(found);
      const afterMarker = found + LEFT.length + (trims ? MARKER_LENGTH : 0);
      if (!input.startsWith(LEFT_COMMENT, afterMarker)) return this.#leftDelim(afterMarker);
      const problem = this.#comment(afterMarker);
      if (problem !== null) return problem;
    }
  }

  #leftDelim(afterMarker: number): Token {
    this.#pos += LEFT.length;
    const token = this.#emit('leftDelim');
    this.#skipTo(afterMarker);
    this.#insideAction = true;
    this.#parenDepth = 0;
    return token;
  }

  #comment(open: number): Token | null {
    const input = this.#input;
    this.#skipTo(open);
    const close = input.indexOf(RIGHT_COMMENT, open + LEFT_COMMENT.length);
    if (close < 0) return this.#fail('unclosed comment');
    const { found, trims } = this.#rightDelimAt(close + RIGHT_COMMENT.length);
    if (!found) return this.#fail('comment ends before closing delimiter');
    const end = close + RIGHT_COMMENT.length + (trims ? MARKER_LENGTH : 0) + RIGHT.length;
    this.#skipTo(trims ? trimStart(input, end) : end);
    return null;
  }

  #rightDelimAt(pos: number): { readonly found: boolean; readonly trims: boolean } {
    const input = this.#input;
    if (isSpace(input[pos]) && input[pos + 1] === '-' && input.startsWith(RIGHT, pos + MARKER_LENGTH))
      return { found: true, trims: true };
    return { found: input.startsWith(RIGHT, pos), trims: false };
  }

  #rightDelim(trims: boolean): Token {
    if (trims) this.#skipTo(this.#pos + MARKER_LENGTH);
    this.#pos += RIGHT.length;
    const token = this.#emit('rightDelim');
    if (trims) this.#skipTo(trimStart(this.#input, this.#pos));
    this.#insideAction = false;
    return token;
  }

  #action(): Token {
    const input = this.#input;
    const { found, trims } = this.#rightDelimAt(this.#pos);
    if (found) return this.#parenDepth === 0 ? this.#rightDelim(trims) : this.#fail('unclosed left paren');
    const character = this.#peek();
    if (character === '') return this.#fail('unclosed action');
    if (isSpace(character)) return this.#space();
    this.#pos += character.length;
    switch (character) {
      case '=':
        return this.#emit('assign');
      case ':':
        if (this.#peek() !== '=') return this.#fail('expected :=');
        this.#pos++;
        return this.#emit('declare');
      case '|':
        return this.#emit('pipe');
      case '"':
        return this.#quoted('"', 'string', 'unterminated quoted string');
      case "'":
        return this.#quoted("'", 'charConstant', 'unterminated character constant');
      case '`':
        return this.#rawQuoted();
      case '$':
        return this.#fieldOrVariable('variable');
      case '.':
        if (this.#pos < input.length && !isDigit(input[this.#pos])) return this.#fieldOrVariable('field');
        return this.#number();
      case '(':
        this.#parenDepth++;
        return this.#emit('leftParen');
      case ')':
        if (--this.#parenDepth < 0) return this.#fail('unexpected right paren');
        return this.#emit('rightParen');
    }
    if (character === '+' || character === '-' || isDigit(character)) return this.#number();
    if (WORD.test(character)) return this.#identifier();
    if (character < '\u0080' && isPrintable(character)) return this.#emit('char');
    return this.#fail(`unrecognized character in action: ${describeCharacter(character)}`);
  }

  #space(): Token {
    const input = this.#input;
    while (isSpace(input[this.#pos])) this.#pos++;
    if (this.#rightDelimAt(this.#pos - 1).trims) {
      this.#pos--;
      if (this.#pos === this.#start) return this.#rightDelim(true);
    }
    return this.#emit('space');
  }

  #quoted(quote: string, type: TokenType, unterminated: string): Token {
    const input = this.#input;
    for (;;) {
      const character = input[this.#pos++];
      if (character === quote) return this.#emit(type);
      if (character === undefined || character === '\n') return this.#fail(unterminated);
      if (character === '\\') {
        const escaped = input[this.#pos++];
        if (escaped === undefined || escaped === '\n') return this.#fail(unterminated);
      }
    }
  }

  #rawQuoted(): Token {
    const close = this.#input.indexOf('`', this.#pos);
    if (close < 0) return this.#fail('unterminated raw quoted string');
    this.#pos = close + 1;
    return this.#emit('rawString');
  }

  #fieldOrVariable(type: 'field' | 'variable'): Token {
    if (this.#atTerminator()) return this.#emit(type === 'variable' ? 'variable' : 'dot');
    this.#skipWord();
    if (!this.#atTerminator()) return this.#fail(`bad character ${describeCharacter(this.#peek())}`);
    return this.#emit(type);
  }

  #identifier(): Token {
    this.#skipWord();
    if (!this.#atTerminator()) return this.#fail(`bad character ${describeCharacter(this.#peek())}`);
    const word = this.#input.slice(this.#start, this.#pos);
    if (word === 'true' || word === 'false') return this.#emit('bool');
    return this.#emit(keywords.get(word) ?? 'identifier');
  }

  #skipWord(): void {
    for (let character = this.#peek(); character !== '' && WORD.test(character); character = this.#peek())
      this.#pos += character.length;
  }

  #atTerminator(): boolean {
    const character = this.#peek();
    return (
      character === '' || isSpace(character) || '.,|:)('.includes(character) || this.#input.startsWith(RIGHT, this.#pos)
    );
  }

  #number(): Token {
    this.#pos = this.#start;
    if (!this.#scanNumber())
      return this.#fail(`bad number syntax: ${quoteGo(this.#input.slice(this.#start, this.#pos))}`);
    const sign = this.#peek();
    if (sign !== '+' && sign !== '-') return this.#emit('number');
    if (!this.#scanNumber() || this.#input[this.#pos - 1] !== 'i')
      return this.#fail(`bad number syntax: ${quoteGo(this.#input.slice(this.#start, this.#pos))}`);
    return this.#emit('complex');
  }

  #scanNumber(): boolean {
    this.#accept(/[+-]/y);
    let digits = /[0-9_]*/y;
    let exponent: RegExp | null = /[eE][+-]?[0-9_]*/y;
    if (this.#accept(/0[xX]/y)) {
      digits = /[0-9a-fA-F_]*/y;
      exponent = /[pP][+-]?[0-9_]*/y;
    } else if (this.#accept(/0[oO]/y)) {
      digits = /[0-7_]*/y;
      exponent = null;
    } else if (this.#accept(/0[bB]/y)) {
      digits = /[01_]*/y;
      exponent = null;
    }
    this.#accept(digits);
    if (this.#accept(/\./y)) this.#accept(digits);
    if (exponent !== null) this.#accept(exponent);
    this.#accept(/i/y);
    const character = this.#peek();
    if (character === '' || !WORD.test(character)) return true;
    this.#pos += character.length;
    return false;
  }

  #accept(pattern: RegExp): boolean {
    pattern.lastIndex = this.#pos;
    if (!pattern.test(this.#input)) return false;
    this.#pos = pattern.lastIndex;
    return true;
  }

  /** The next character (a whole code point), or an empty text at the end. */
  #peek(): string {
    const code = this.#input.codePointAt(this.#pos);
    return code === undefined ? '' : String.fromCodePoint(code);
  }

  #emit(type: TokenType): Token {
    const token = { type, pos: this.#start, text: this.#input.slice(this.#start, this.#pos), line: this.#line() };
    this.#start = this.#pos;
    return token;
  }

  #fail(why: string): Token {
    this.#failed = { type: 'error', pos: this.#start, text: why, line: this.#line() };
    return this.#failed;
  }

  #skipTo(pos: number): void {
    this.#pos = pos;
    this.#start = pos;
  }

  /** The line on which the token starts. */
  #line(): number {
    for (let at = this.#lineAt; at < this.#start; at++) if (this.#input.charCodeAt(at) === 10) this.#lines++;
    this.#lineAt = this.#start;
    return this.#lines + 1;
  }
}

function hasLeftMarker(input: string, pos: number): boolean {
  return input[pos] === '-' && isSpace(input[pos + 1]);
}

function trimEnd(input: string, start: number, end: number): number {
  let at = end;
  while (at > start && isSpace(input[at - 1])) at--;
  return at;
}

function trimStart(input: string, start: number): number {
  let at = start;
  while (isSpace(input[at])) at++;
  return at;
}

function isSpace(character: string | undefined): boolean {
  return character === ' ' || character === '\t' || character === '\n' || character === '\r';
}

function isDigit(character: string | undefined): boolean {
  return character !== undefined && character >= '0' && character <= '9';
}

/** `U+0023 '#'`, or only the number of an unprintable character; `U+FFFFFFFFFFFFFFFF` at the end of the text. */
function describeCharacter(character: string): string {
  if (character === '') return 'U+FFFFFFFFFFFFFFFF';
  const code = `U+${(character.codePointAt(0) as number).toString(16).toUpperCase().padStart(4, '0')}`;
  return isPrintable(character) ? `${code} '${character}'` : code;
}
