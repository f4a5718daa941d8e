/**
 * Where a text stops being JSON, in the words clients know. Only asked when `JSON.parse` has refused the text, or to
 * find the end of its first value.
 */

export type JsonScan =
  /** One value and nothing but white space after `end`, or more text from `end` on. */
  | { readonly kind: 'value'; readonly end: number }
  | { readonly kind: 'cut' }
  | { readonly kind: 'bad'; readonly why: string };

export function scanJson(text: string): JsonScan {
  const scanner = new Scanner(text);
  try {
    scanner.value();
    return { kind: 'value', end: scanner.at };
  } catch (stop) {
    if (stop instanceof Stop) return stop.why === null ? { kind: 'cut' } : { kind: 'bad', why: stop.why };
    throw stop;
  }
}

/** Why a text that `JSON.parse` refuses is no single JSON value. */
export function jsonProblem(text: string): string {
  const scan = scanJson(text);
  if (scan.kind === 'cut') return 'unexpected end of JSON input';
  if (scan.kind === 'bad') return scan.why;
  const rest = text.slice(scan.end).trimStart();
  return `invalid character ${quoted(rest)} after top-level value`;
}

class Stop extends Error {
  readonly why: string | null;

  constructor(why: string | null) {
    super(why ?? 'cut');
    this.why = why;
  }
}

class Scanner {
  at = 0;
  readonly #text: string;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  value(): void {
    this.#blank();
    const first = this.#text[this.at];
    switch (first) {
      case undefined:
        throw new Stop(null);
      case '{':
        return this.#object();
      case '[':
        return this.#list();
      case '"':
        return this.#string();
      case 't':
        return this.#literal('true');
      case 'f':
        return this.#literal('false');
      case 'n':
        return this.#literal('null');
      default:
        if (first === '-' || (first >= '0' && first <= '9')) return this.#number();
        return this.#fail('looking for beginning of value');
    }
  }

  #object(): void {
    this.#enter();
    if (this.#next() === '}') return this.#leave();
    for (;;) {
      if (this.#next() !== '"') this.#fail('looking for beginning of object key string');
      this.#string();
      if (this.#next() !== ':') this.#fail('after object key');
      this.at++;
      this.value();
      const after = this.#next();
      if (after === '}') return this.#leave();
      if (after !== ',') this.#fail('after object key:value pair');
      this.at++;
    }
  }

  #list(): void {
    this.#enter();
    if (this.#next() === ']') return this.#leave();
    for (;;) {
      this.value();
      const after = this.#next();
      if (after === ']') return this.#leave();
      if (after !== ',') this.#fail('after array element');
      this.at++;
    }
  }

  #string(): void {
    for (this.at++; ; this.at++) {
      const unit = this.#text[this.at];
      if (unit === undefined) throw new Stop(null);
      if (unit === '"') break;
      if (unit < ' ') this.#fail('in string literal');
      if (unit === '\\') this.#escape();
    }
    this.at++;
  }

  #escape(): void {
    this.at++;
    const unit = this.#text[this.at];
    if (unit === undefined) throw new Stop(null);
    if (unit === 'u') {
      for (let i = 0; i < 4; i++) {
        this.at++;
        const digit = this.#text[this.at];
        if (digit === undefined) throw new Stop(null);
        if (!/[0-9a-fA-F]/.test(digit)) this.#fail('in \\u hexadecimal character escape');
      }
    } else if (!'"\\/bfnrt'.includes(unit)) this.#fail('in string escape code');
  }

  #number(): void {
    if (this.#text[this.at] === '-') this.at++;
    if (this.#text[this.at] === '0') this.at++;
    else this.#digits('in numeric literal');
    if (this.#text[this.at] === '.') {
      this.at++;
      this.#digits('after decimal point in numeric literal');
    }
    if (this.#text[this.at] === 'e' || this.#text[this.at] === 'E') {
      this.at++;
      if (this.#text[this.at] === '+' || this.#text[this.at] === '-') this.at++;
      this.#digits('in exponent of numeric literal');
    }
  }

  #digits(where: string): void {
    const start = this.at;
    while (/[0-9]/.test(this.#text[this.at] ?? '')) this.at++;
    if (this.at > start) return;
    if (this.at >= this.#text.length) throw new Stop(null);
    this.#fail(where);
  }

  #literal(word: string): void {
    for (let i = 1; i < word.length; i++) {
      this.at++;
      if (this.at >= this.#text.length) throw new Stop(null);
      if (this.#text[this.at] !== word[i]) this.#fail(`in literal ${word} (expecting '${word[i]}')`);
    }
    this.at++;
  }

  /** Skips white space; the next character. */
  #next(): string {
    this.#blank();
    const unit = this.#text[this.at];
    if (unit === undefined) throw new Stop(null);
    return unit;
  }

  #blank(): void {
    while (/[ \t\r\n]/.test(this.#text[this.at] ?? '')) this.at++;
  }

  #enter(): void {
    this.at++;
    this.#depth++;
    if (this.#depth > 1000) throw new Stop('exceeded max depth');
  }

  #leave(): void {
    this.at++;
    this.#depth--;
  }

  #fail(where: string): never {
    throw new Stop(`invalid character ${quoted(this.#text.slice(this.at))} ${where}`);
  }
}

function quoted(text: string): string {
  const character = String.fromCodePoint(text.codePointAt(0) ?? 0xfffd);
  return character === "'" ? `'\\''` : `'${JSON.stringify(character).slice(1, -1).replaceAll('\\"', '"')}'`;
}
