/**
 * Matches in time proportional to text × pattern, whatever the pattern: all ways are followed at once, in order of
 * preference, one code point after the other.
 */
import { rangesContain } from './character-set.ts';
import type { Assertion, ParsedPattern, Pattern } from './syntax-tree.ts';

type Instruction =
  | { readonly op: 'set'; readonly ranges: readonly number[]; readonly ascii: Uint8Array }
  | { readonly op: 'assert'; readonly what: Assertion }
  | { readonly op: 'save'; readonly slot: number }
  /** Goes on at both places, the first preferred. */
  | { readonly op: 'split'; first: number; second: number }
  | { readonly op: 'jump'; to: number }
  | { readonly op: 'match' };

export class Automaton {
  readonly #code: Instruction[] = [];
  readonly #slots: number;

  constructor(pattern: ParsedPattern) {
    this.#slots = 2 * (pattern.groups + 1);
    this.#emit({ type: 'capture', index: 0, body: pattern.root });
    this.#code.push({ op: 'match' });
  }

  /**
   * The preferred leftmost match at or after UTF-16 index `from`.
   * @returns start and end of the match and of each group, -1 where a group took no part; null for no match
   */
  find(text: string, from: number): number[] | null {
    let current: Threads = { places: [], saved: [] };
    let next: Threads = { places: [], saved: [] };
    const seen = new Int32Array(this.#code.length).fill(-1);
    let found: number[] | null = null;
    for (let at = from, step = 0; ; step++) {
      if (found === null) this.#follow(current, 0, new Array<number>(this.#slots).fill(-1), text, at, seen, step);
      if (current.places.length === 0 && found !== null) return found;
      const code = at < text.length ? (text.codePointAt(at) as number) : -1;
      const after = at + (code > 0xffff ? 2 : 1);
      for (let i = 0; i < current.places.length; i++) {
        const place = current.places[i] as number;
        const saved = current.saved[i] as number[];
        const instruction = this.#code[place] as Instruction;
        if (instruction.op === 'match') {
          found = saved;
          break;
        }
        if (instruction.op === 'set' && code >= 0 && accepts(instruction, code)) {
          this.#follow(next, place + 1, saved, text, after, seen, step + 1);
        }
      }
      if (code < 0) return found;
      [current, next] = [next, current];
      next.places.length = 0;
      next.saved.length = 0;
      at = after;
    }
  }

  /** Adds the places reachable without reading; a place reached before in this step is preferred and stays. */
  #follow(
    threads: Threads,
    start: number,
    startSaved: number[],
    text: string,
    at: number,
    seen: Int32Array,
    step: number,
  ): void {
    const stack: { readonly place: number; readonly saved: number[] }[] = [{ place: start, saved: startSaved }];
    for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
      const { place, saved } = top;
      if (seen[place] === step) continue;
      seen[place] = step;
      const instruction = this.#code[place] as Instruction;
      switch (instruction.op) {
        case 'jump':
          stack.push({ place: instruction.to, saved });
          break;
        case 'split':
          stack.push({ place: instruction.second, saved }, { place: instruction.first, saved });
          break;
        case 'save': {
          const copy = saved.slice();
          copy[instruction.slot] = at;
          stack.push({ place: place + 1, saved: copy });
          break;
        }
        case 'assert':
          if (holds(instruction.what, text, at)) stack.push({ place: place + 1, saved });
          break;
        default:
          threads.places.push(place);
          threads.saved.push(saved);
      }
    }
  }

  #emit(pattern: Pattern): void {
    const code = this.#code;
    switch (pattern.type) {
      case 'empty':
        return;
      case 'set':
        code.push({ op: 'set', ranges: pattern.ranges, ascii: asciiMap(pattern.ranges) });
        return;
      case 'assert':
        code.push({ op: 'assert', what: pattern.what });
        return;
      case 'capture':
        code.push({ op: 'save', slot: 2 * pattern.index });
        this.#emit(pattern.body);
        code.push({ op: 'save', slot: 2 * pattern.index + 1 });
        return;
      case 'concat':
        for (const part of pattern.parts) this.#emit(part);
        return;
      case 'alternate':
        this.#emitChoices(pattern.choices);
        return;
      case 'repeat': {
        const { body, min, max, greedy } = pattern;
        if (max === Number.POSITIVE_INFINITY) {
          for (let i = 1; i < min; i++) this.#emit(body);
          this.#emitLoop(body, min, greedy);
        } else {
          for (let i = 0; i < min; i++) this.#emit(body);
          this.#emitOptional(body, max - min, greedy);
        }
      }
    }
  }

  #emitChoices(choices: readonly Pattern[]): void {
    const jumps: { op: 'jump'; to: number }[] = [];
    for (const [i, choice] of choices.entries()) {
      if (i === choices.length - 1) {
        this.#emit(choice);
        break;
      }
      const split = { op: 'split' as const, first: this.#code.length + 1, second: 0 };
      this.#code.push(split);
      this.#emit(choice);
      const jump = { op: 'jump' as const, to: 0 };
      this.#code.push(jump);
      jumps.push(jump);
      split.second = this.#code.length;
    }
    for (const jump of jumps) jump.to = this.#code.length;
  }

  /** At least one round, or none when `min` is 0; asks after each round whether to go on. */
  #emitLoop(body: Pattern, min: number, greedy: boolean): void {
    // a round that reads nothing must reach the way out before it reaches its own start again
    const entry = min === 0 ? { op: 'split' as const, first: 0, second: 0 } : null;
    if (entry !== null) this.#code.push(entry);
    const start = this.#code.length;
    this.#emit(body);
    const again = { op: 'split' as const, first: 0, second: 0 };
    this.#code.push(again);
    const end = this.#code.length;
    again.first = greedy ? start : end;
    again.second = greedy ? end : start;
    if (entry === null) return;
    entry.first = again.first;
    entry.second = again.second;
  }

  #emitOptional(body: Pattern, times: number, greedy: boolean): void {
    const splits: { split: { op: 'split'; first: number; second: number }; inside: number }[] = [];
    for (let i = 0; i < times; i++) {
      const split = { op: 'split' as const, first: 0, second: 0 };
      this.#code.push(split);
      splits.push({ split, inside: this.#code.length });
      this.#emit(body);
    }
    const end = this.#code.length;
    for (const { split, inside } of splits) {
      split.first = greedy ? inside : end;
      split.second = greedy ? end : inside;
    }
  }
}

interface Threads {
  /** Indexes of `set` and `match` instructions, preferred first. */
  readonly places: number[];
  readonly saved: number[][];
}

function asciiMap(ranges: readonly number[]): Uint8Array {
  const map = new Uint8Array(128);
  for (let code = 0; code < 128; code++) if (rangesContain(ranges, code)) map[code] = 1;
  return map;
}

function accepts(
  instruction: { readonly ranges: readonly number[]; readonly ascii: Uint8Array },
  code: number,
): boolean {
  return code < 128 ? instruction.ascii[code] === 1 : rangesContain(instruction.ranges, code);
}

function holds(what: Assertion, text: string, at: number): boolean {
  switch (what) {
    case 'textStart':
      return at === 0;
    case 'textEnd':
      return at === text.length;
    case 'lineStart':
      return at === 0 || text[at - 1] === '\n';
    case 'lineEnd':
      return at === text.length || text[at] === '\n';
    case 'wordBoundary':
      return isWord(text, at - 1) !== isWord(text, at);
    case 'noWordBoundary':
      return isWord(text, at - 1) === isWord(text, at);
  }
}

function isWord(text: string, at: number): boolean {
  return /^[0-9A-Za-z_]$/.test(text[at] ?? '');
}
