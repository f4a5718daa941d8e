/** Reads the small SQL of examples: a call of literals and columns, and literals as results. Used by tests. */
import { parseDecimalInt, setMember } from '@kuiper/base';
import type { CallArgument } from '@kuiper/sdk';

export interface ExampleArgument extends CallArgument {
  /** Tagged; for a column its name. */
  readonly value: unknown;
}

export interface ExampleCall {
  readonly name: string;
  readonly args: readonly ExampleArgument[];
}

/** `name(arg, …)`; an argument is a literal, a column or `*`. Throws on anything else: a mistake in an example. */
export function parseExampleCall(text: string): ExampleCall {
  const open = text.indexOf('(');
  if (open < 0 || !text.endsWith(')')) throw new Error(`not a call: ${text}`);
  const reader = new Reader(text.slice(open + 1, -1));
  const args: ExampleArgument[] = [];
  while (!reader.atEnd()) {
    args.push(reader.argument());
    if (!reader.atEnd()) reader.expect(',');
  }
  return { name: text.slice(0, open), args };
}

/** A result: an SQL literal, or JSON whose numbers are integers unless they have a dot or an exponent. Tagged. */
export function parseResult(text: string): unknown {
  const reader = new Reader(text);
  const value = reader.value();
  if (!reader.atEnd()) throw new Error(`not a literal: ${text}`);
  return value;
}

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  atEnd(): boolean {
    this.#skipSpace();
    return this.#at >= this.#text.length;
  }

  expect(token: string): void {
    this.#skipSpace();
    if (!this.#text.startsWith(token, this.#at)) throw new Error(`expected ${token} in ${this.#text}`);
    this.#at += token.length;
  }

  argument(): ExampleArgument {
    this.#skipSpace();
    const word = this.#match(/[A-Za-z_*][\w]*/y);
    if (word === '*') return { literal: 'wildcard', value: null, isCondition: false };
    if (word === 'true' || word === 'false') return { literal: 'bool', value: word === 'true', isCondition: false };
    if (word !== null) return { literal: 'column', value: word, isCondition: false };
    const value = this.value();
    const literal = typeof value === 'bigint' ? 'int' : typeof value === 'number' ? 'float' : 'string';
    return { literal, value, isCondition: false };
  }

  value(): unknown {
    this.#skipSpace();
    const word = this.#match(/true|false|null/y);
    if (word !== null) return word === 'null' ? null : word === 'true';
    const number = this.#match(/-?\d+(\.\d+)?([eE][+-]?\d+)?/y);
    if (number !== null) return /[.eE]/.test(number) ? Number(number) : BigInt(parseDecimalInt(number) as number);
    const double = this.#match(/"(?:[^"\\]|\\.)*"/y);
    if (double !== null) return JSON.parse(double);
    const single = this.#match(/'(?:[^'\\]|\\.)*'/y);
    if (single !== null) return single.slice(1, -1);
    if (this.#match(/\[/y) !== null) return this.#list();
    if (this.#match(/\{/y) !== null) return this.#map();
    throw new Error(`no literal at ${this.#at} of ${this.#text}`);
  }

  #list(): unknown[] {
    const list: unknown[] = [];
    while (this.#match(/\s*\]/y) === null) {
      if (list.length > 0) this.expect(',');
      list.push(this.value());
    }
    return list;
  }

  #map(): Record<string, unknown> {
    const map: Record<string, unknown> = {};
    let first = true;
    while (this.#match(/\s*\}/y) === null) {
      if (!first) this.expect(',');
      first = false;
      const key = this.value() as string;
      this.expect(':');
      setMember(map, key, this.value());
    }
    return map;
  }

  #skipSpace(): void {
    this.#match(/\s+/y);
  }

  #match(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match === null) return null;
    this.#at = pattern.lastIndex;
    return match[0];
  }
}
