/**
 * What is wrong with a text that is not JSON, in the words of the behaviour spec: the first character that cannot
 * stand where it stands. Called only after the runtime's own parser has refused the text.
 */
export function findJsonError(text: string): string {
  return new JsonReader(text).findError() ?? 'invalid JSON';
}

class JsonReader {
  readonly #text: string;
  #at = 0;
  #error: string | null = null;

  constructor(text: string) {
    this.#text = text;
  }

  findError(): string | null {
    this.#value();
    if (this.#error !== null) return this.#error;
    this.#skipSpace();
    if (this.#at < this.#text.length) this.#fail('after top-level value');
    return this.#error;
  }

  /** @returns false when an error was found */
  #value(orClosing = ''): boolean {
    this.#skipSpace();
    const first = this.#text[this.#at];
    if (first !== undefined && first === orClosing) return true;
    switch (first) {
      case '{':
        return this.#members();
      case '[':
        return this.#elements();
      case '"':
        return this.#string();
      case 't':
        return this.#word('true');
      case 'f':
        return this.#word('false');
      case 'n':
        return this.#word('null');
    }
    return first === '-' || isDigit(first) ? this.#number() : this.#fail('looking for beginning of value');
  }

  #members(): boolean {
    this.#at++;
    this.#skipSpace();
    if (this.#take('}')) return true;
    for (;;) {
      this.#skipSpace();
      if (this.#text[this.#at] !== '"') return this.#fail('looking for beginning of object key string');
      if (!this.#string()) return false;
      this.#skipSpace();
      if (!this.#take(':')) return this.#fail('after object key');
      if (!this.#value()) return false;
      this.#skipSpace();
      if (this.#take('}')) return true;
      if (!this.#take(',')) return this.#fail('after object key:value pair');
    }
  }

  #elements(): boolean {
    this.#at++;
    if (!this.#value(']')) return false;
    if (this.#take(']')) return true;
    for (;;) {
      this.#skipSpace();
      if (this.#take(']')) return true;
      if (!this.#take(',')) return this.#fail('after array element');
      if (!this.#value()) return false;
    }
  }

  #string(): boolean {
    this.#at++;
    for (;;) {
      const character = this.#text[this.#at];
      if (character === '"') {
        this.#at++;
        return true;
      }
      if (character === undefined || character < ' ') return this.#fail('in string literal');
      this.#at++;
      if (character === '\\' && !this.#escape()) return false;
    }
  }

  #escape(): boolean {
    const character = this.#text[this.#at];
    if (character === 'u') {
      for (let i = 0; i < 4; i++) {
        this.#at++;
        if (!/[0-9a-fA-F]/.test(this.#text[this.#at] ?? '')) return this.#fail('in \\u hexadecimal character escape');
      }
    } else if (character === undefined || !'"\\/bfnrt'.includes(character)) {
      return this.#fail('in string escape code');
    }
    this.#at++;
    return true;
  }

  #number(): boolean {
    this.#take('-');
    if (!this.#take('0') && !this.#digits()) return this.#fail('in numeric literal');
    if (this.#take('.') && !this.#digits()) return this.#fail('after decimal point in numeric literal');
    if (this.#take('e') || this.#take('E')) {
      if (!this.#take('+')) this.#take('-');
      if (!this.#digits()) return this.#fail('in exponent of numeric literal');
    }
    return true;
  }

  #digits(): boolean {
    const start = this.#at;
    while (isDigit(this.#text[this.#at])) this.#at++;
    return this.#at > start;
  }

  #word(word: string): boolean {
    for (const letter of word) {
      if (!this.#take(letter)) return this.#fail(`in literal ${word} (expecting '${letter}')`);
    }
    return true;
  }

  #take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #skipSpace(): void {
    while (' \t\r\n'.includes(this.#text[this.#at] ?? '-')) this.#at++;
  }

  #fail(where: string): false {
    // the end counts as a space: where a space may stand, or is part of a string, the text is merely cut off
    const code = this.#text.codePointAt(this.#at) ?? (this.#isCutOff(where) ? undefined : 0x20);
    this.#error = code === undefined ? 'unexpected end of JSON input' : `invalid character ${quote(code)} ${where}`;
    return false;
  }

  #isCutOff(where: string): boolean {
    if (where === 'in string literal') return true;
    return !where.includes('liter') && !where.includes('escape');
  }
}

function isDigit(character: string | undefined): boolean {
  return character !== undefined && character >= '0' && character <= '9';
}

function quote(code: number): string {
  const character = String.fromCodePoint(code);
  if (character === "'" || character === '\\') return `'\\${character}'`;
  if (code === 10) return "'\\n'";
  if (code === 13) return "'\\r'";
  if (code === 9) return "'\\t'";
  return code < 0x20 || code === 0x7f ? `'\\x${code.toString(16).padStart(2, '0')}'` : `'${character}'`;
}

/** Only numbers that look like one of these can be beyond the range of floats. */
const LONG_NUMBER = /[eE]\+?\d{3}|\d{300}/;
const STRING_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/** The first number of a valid JSON text that no float can hold, or null. */
export function findNumberBeyondFloat(text: string): string | null {
  if (!LONG_NUMBER.test(text)) return null;
  for (const [token] of text.matchAll(STRING_OR_NUMBER)) {
    if (!token.startsWith('"') && !Number.isFinite(Number(token))) return token;
  }
  return null;
}
