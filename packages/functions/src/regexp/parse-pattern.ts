/**
 * Reads the syntax of linear-time regular expressions: Perl's without back references and look-around. Error texts are
 * `error parsing regexp: <what>: ` and the piece of the pattern in back quotes.
 */
import { rowError } from '@kuiper/base';
import { foldRanges, invertRanges, maxCodePoint, normalizeRanges } from './character-set.ts';
import { perlSet, posixSet, unicodeSet } from './named-sets.ts';
import type { ParsedPattern, Pattern } from './syntax-tree.ts';

interface Flags {
  readonly ignoreCase: boolean;
  readonly multiLine: boolean;
  readonly dotAll: boolean;
  readonly swapGreed: boolean;
}

const noFlags: Flags = { ignoreCase: false, multiLine: false, dotAll: false, swapGreed: false };
const flagOf: Readonly<Record<string, keyof Flags>> = { i: 'ignoreCase', m: 'multiLine', s: 'dotAll', U: 'swapGreed' };
/** Largest number of copies that counted repetitions may ask for, nested ones multiplied. */
const maxRepeat = 1000;
const maxDepth = 1000;

export function parsePattern(text: string): ParsedPattern {
  return new PatternParser(text).parse();
}

class PatternParser {
  readonly #text: string;
  #at = 0;
  #flags = noFlags;
  #groups = 0;
  #depth = 0;
  readonly #names = new Map<string, number>();

  constructor(text: string) {
    this.#text = text;
  }

  parse(): ParsedPattern {
    const root = this.#alternation();
    if (this.#at < this.#text.length) this.#fail('unexpected )', this.#text);
    if (copies(root) > maxRepeat) this.#fail('invalid repeat count', this.#text);
    return { root, groups: this.#groups, names: this.#names };
  }

  #alternation(): Pattern {
    if (++this.#depth > maxDepth) this.#fail('expression nests too deeply', this.#text);
    const choices = [this.#concatenation()];
    while (this.#take('|')) choices.push(this.#concatenation());
    this.#depth--;
    return choices.length === 1 ? (choices[0] as Pattern) : { type: 'alternate', choices };
  }

  #concatenation(): Pattern {
    const parts: Pattern[] = [];
    while (this.#at < this.#text.length && this.#peek() !== '|' && this.#peek() !== ')') {
      if (this.#text.startsWith('\\Q', this.#at)) this.#quoted(parts);
      else {
        const part = this.#atom();
        if (part !== null) parts.push(this.#repeated(part));
      }
    }
    if (parts.length === 1) return parts[0] as Pattern;
    return parts.length === 0 ? { type: 'empty' } : { type: 'concat', parts };
  }

  /** `\Q…\E`: every character stands for itself. */
  #quoted(parts: Pattern[]): void {
    this.#at += 2;
    while (this.#at < this.#text.length && !this.#text.startsWith('\\E', this.#at)) {
      parts.push(this.#letter(this.#next()));
    }
    if (!this.#text.startsWith('\\E', this.#at)) return;
    this.#at += 2;
    const last = parts.pop();
    if (last !== undefined) parts.push(this.#repeated(last));
  }

  /** @returns null for a setting of flags, which matches nothing by itself */
  #atom(): Pattern | null {
    const character = this.#peek();
    switch (character) {
      case '(':
        return this.#group();
      case '[':
        return this.#bracket();
      case '.':
        this.#at++;
        return { type: 'set', ranges: this.#flags.dotAll ? [0, maxCodePoint] : [0, 9, 11, maxCodePoint] };
      case '^':
        this.#at++;
        return { type: 'assert', what: this.#flags.multiLine ? 'lineStart' : 'textStart' };
      case '$':
        this.#at++;
        return { type: 'assert', what: this.#flags.multiLine ? 'lineEnd' : 'textEnd' };
      case '\\':
        return this.#escape();
      case '*':
      case '+':
      case '?':
        return this.#fail('missing argument to repetition operator', character);
      case '{': {
        const start = this.#at;
        if (this.#counts() !== null) {
          return this.#fail('missing argument to repetition operator', this.#text.slice(start, this.#at));
        }
        this.#at = start + 1;
        return this.#letter('{');
      }
    }
    return this.#letter(this.#next());
  }

  #letter(character: string): Pattern {
    const code = character.codePointAt(0) as number;
    return { type: 'set', ranges: this.#flags.ignoreCase ? foldRanges([code, code]) : [code, code] };
  }

  #repeated(part: Pattern): Pattern {
    const operatorStart = this.#at;
    const counts = this.#operator();
    if (counts === null) return part;
    const lazy = this.#take('?');
    const end = this.#at;
    const again = this.#operator();
    if (again !== null) {
      this.#fail('invalid nested repetition operator', this.#text.slice(operatorStart, this.#at));
    }
    this.#at = end;
    return { type: 'repeat', body: part, ...counts, greedy: lazy === this.#flags.swapGreed };
  }

  #operator(): { readonly min: number; readonly max: number } | null {
    if (this.#take('*')) return { min: 0, max: Number.POSITIVE_INFINITY };
    if (this.#take('+')) return { min: 1, max: Number.POSITIVE_INFINITY };
    if (this.#take('?')) return { min: 0, max: 1 };
    const start = this.#at;
    const counts = this.#counts();
    if (counts === null) {
      this.#at = start;
      return null;
    }
    const largest = counts.max === Number.POSITIVE_INFINITY ? counts.min : counts.max;
    if (largest > maxRepeat || counts.min > counts.max) {
      this.#fail('invalid repeat count', this.#text.slice(start, this.#at));
    }
    return counts;
  }

  /** `{n}`, `{n,}` or `{n,m}`; anything else after a brace is literal. */
  #counts(): { readonly min: number; readonly max: number } | null {
    const match = this.#match(/\{(\d+)(,(\d*))?\}/y);
    if (match === null) return null;
    const min = Number(match[1]);
    if (match[2] === undefined) return { min, max: min };
    return { min, max: match[3] === '' ? Number.POSITIVE_INFINITY : Number(match[3]) };
  }

  #group(): Pattern | null {
    const start = this.#at;
    this.#at++;
    const before = this.#flags;
    let index = 0;
    if (this.#peek() === '?') {
      const name = this.#match(/\?P?<([A-Za-z0-9_]*)>/y)?.[1];
      if (name !== undefined) {
        if (name === '' || this.#names.has(name)) {
          const what = name === '' ? 'invalid named capture' : 'duplicate capture group name';
          this.#fail(what, this.#text.slice(start, this.#at));
        }
        index = ++this.#groups;
        this.#names.set(name, index);
      } else if (!this.#setFlags(start)) {
        return null;
      }
    } else {
      index = ++this.#groups;
    }
    const body = this.#alternation();
    if (!this.#take(')')) this.#fail('missing closing )', this.#text);
    this.#flags = before;
    return index === 0 ? body : { type: 'capture', index, body };
  }

  /** `(?i)` or the start of `(?i:…)`. @returns true when a group follows */
  #setFlags(start: number): boolean {
    const match = this.#match(/\?([imsU]*)(-([imsU]+))?([:)])/y);
    if (match === null) {
      const end = Math.min(this.#text.length, this.#at + 2);
      return this.#fail('invalid or unsupported Perl syntax', this.#text.slice(start, end));
    }
    const [, on = '', , off = '', end] = match;
    const flags = { ...this.#flags };
    for (const letter of on) flags[flagOf[letter] as keyof Flags] = true;
    for (const letter of off) flags[flagOf[letter] as keyof Flags] = false;
    this.#flags = flags;
    return end === ':';
  }

  #escape(): Pattern {
    const start = this.#at;
    const letter = this.#text[this.#at + 1];
    if (letter === undefined) return this.#fail('trailing backslash at end of expression', '');
    const assertions = { A: 'textStart', z: 'textEnd', b: 'wordBoundary', B: 'noWordBoundary' } as const;
    if (Object.hasOwn(assertions, letter)) {
      this.#at += 2;
      return { type: 'assert', what: assertions[letter as keyof typeof assertions] };
    }
    const named = this.#namedSet();
    if (named !== null) return { type: 'set', ranges: named };
    const code = this.#escapedCode(start);
    return this.#letter(String.fromCodePoint(code));
  }

  /** `\d` and the like, `\pL`, `\p{Greek}`. Leaves the position when there is none. */
  #namedSet(): readonly number[] | null {
    const perl = perlSet(this.#text[this.#at + 1] ?? '');
    if (perl !== undefined) {
      this.#at += 2;
      return perl;
    }
    const match = this.#match(/\\([pP])(?:\{(\^?)([^}]*)\}|([A-Za-z]))/y);
    if (match === null) return null;
    const [piece, letter, caret, long, short] = match;
    const ranges = unicodeSet(long ?? short ?? '');
    if (ranges === undefined) return this.#fail('invalid character class range', piece);
    const folded = this.#flags.ignoreCase ? foldRanges(ranges) : ranges;
    return (letter === 'P') !== (caret === '^') ? invertRanges(folded) : folded;
  }

  /** The code point of an escape that stands for one character. */
  #escapedCode(start: number): number {
    const simple = { a: 7, f: 12, t: 9, n: 10, r: 13, v: 11 } as const;
    const letter = this.#text[this.#at + 1] as string;
    if (Object.hasOwn(simple, letter)) {
      this.#at += 2;
      return simple[letter as keyof typeof simple];
    }
    const octal = this.#match(/\\(0[0-7]{0,2}|[1-7][0-7]{1,2})/y);
    if (octal !== null) return Number.parseInt(octal[1] as string, 8);
    const hex = this.#match(/\\x(?:\{([0-9a-fA-F]+)\}|([0-9a-fA-F]{2}))/y);
    if (hex !== null) {
      const code = Number.parseInt(hex[1] ?? (hex[2] as string), 16);
      if (code <= maxCodePoint) return code;
      return this.#fail('invalid escape sequence', hex[0]);
    }
    this.#at++;
    const character = this.#next();
    if (/^[\x00-\x7f]$/.test(character) && !/^[0-9A-Za-z]$/.test(character)) return character.charCodeAt(0);
    return this.#fail('invalid escape sequence', this.#text.slice(start, this.#at));
  }

  #bracket(): Pattern {
    const start = this.#at;
    this.#at++;
    const negated = this.#take('^');
    const ranges: number[] = [];
    for (let first = true; first || this.#peek() !== ']'; first = false) {
      if (this.#at >= this.#text.length) return this.#fail('missing closing ]', this.#text.slice(start));
      const named = this.#posix() ?? this.#namedSetInBracket();
      if (named !== null) ranges.push(...named);
      else this.#range(start, ranges);
    }
    this.#at++;
    const set = normalizeRanges(ranges);
    const folded = this.#flags.ignoreCase ? foldRanges(set) : set;
    return { type: 'set', ranges: negated ? invertRanges(folded) : folded };
  }

  #namedSetInBracket(): readonly number[] | null {
    return this.#peek() === '\\' ? this.#namedSet() : null;
  }

  #posix(): readonly number[] | null {
    const match = this.#match(/\[:(\^?)([a-z]+):\]/y);
    if (match === null) return null;
    const ranges = posixSet(match[2] as string);
    if (ranges === undefined) return this.#fail('invalid character class range', match[0]);
    return match[1] === '^' ? invertRanges(ranges) : ranges;
  }

  #range(bracket: number, ranges: number[]): void {
    const start = this.#at;
    const first = this.#member(bracket);
    let last = first;
    if (this.#peek() === '-' && this.#text[this.#at + 1] !== ']' && this.#at + 1 < this.#text.length) {
      this.#at++;
      last = this.#member(bracket);
      if (last < first) this.#fail('invalid character class range', this.#text.slice(start, this.#at));
    }
    ranges.push(first, last);
  }

  #member(bracket: number): number {
    if (this.#at >= this.#text.length) return this.#fail('missing closing ]', this.#text.slice(bracket));
    if (this.#peek() !== '\\') return this.#next().codePointAt(0) as number;
    if (this.#at + 1 >= this.#text.length) return this.#fail('trailing backslash at end of expression', '');
    return this.#escapedCode(this.#at);
  }

  #peek(): string | undefined {
    return this.#text[this.#at];
  }

  #next(): string {
    const character = String.fromCodePoint(this.#text.codePointAt(this.#at) as number);
    this.#at += character.length;
    return character;
  }

  #take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match !== null) this.#at = pattern.lastIndex;
    return match;
  }

  #fail(what: string, piece: string): never {
    return rowError(`error parsing regexp: ${what}: \`${piece}\``);
  }
}

/** How often the innermost piece of a pattern is written out when counted repetitions are. */
function copies(pattern: Pattern): number {
  switch (pattern.type) {
    case 'capture':
      return copies(pattern.body);
    case 'concat':
      return Math.max(...pattern.parts.map(copies));
    case 'alternate':
      return Math.max(...pattern.choices.map(copies));
    case 'repeat': {
      const times = Number.isFinite(pattern.max) ? pattern.max : Math.max(1, pattern.min);
      return Math.max(1, times) * copies(pattern.body);
    }
    default:
      return 1;
  }
}
