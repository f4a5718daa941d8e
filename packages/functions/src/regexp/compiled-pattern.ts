/**
 * A regular expression ready to match. Short texts and plain patterns go to the runtime's engine, everything that could
 * make it go back for long to the automaton; both give the same match.
 */
import { Automaton } from './automaton.ts';
import { backtrackingDegree } from './backtracking-cost.ts';
import { parsePattern } from './parse-pattern.ts';
import type { ParsedPattern } from './syntax-tree.ts';
import { toJavaScript } from './to-javascript.ts';

/** Steps that the runtime's engine may need at worst: some milliseconds. */
const maxSteps = 2_000_000;
const maxCompiled = 500;

export class CompiledPattern {
  readonly groups: number;
  readonly names: ReadonlyMap<string, number>;
  readonly #parsed: ParsedPattern;
  readonly #native: RegExp | null;
  /** Longest text for the runtime's engine. */
  readonly #nativeLength: number;
  #automaton: Automaton | null = null;

  /** Throws the row error `error parsing regexp: …`. */
  constructor(text: string) {
    this.#parsed = parsePattern(text);
    this.groups = this.#parsed.groups;
    this.names = this.#parsed.names;
    const degree = backtrackingDegree(this.#parsed);
    this.#native = degree === Number.POSITIVE_INFINITY ? null : new RegExp(toJavaScript(this.#parsed.root), 'dgu');
    this.#nativeLength = degree <= 1 ? Number.POSITIVE_INFINITY : maxSteps ** (1 / degree);
  }

  test(text: string): boolean {
    if (this.#native !== null && text.length <= this.#nativeLength) {
      this.#native.lastIndex = 0;
      return this.#native.test(text);
    }
    return this.#slow().find(text, 0) !== null;
  }

  /**
   * The leftmost match at or after UTF-16 index `from`.
   * @returns start and end of the match and of each group, -1 where a group took no part; null for no match
   */
  find(text: string, from: number): number[] | null {
    if (this.#native === null || text.length > this.#nativeLength) return this.#slow().find(text, from);
    this.#native.lastIndex = from;
    const indices = this.#native.exec(text)?.indices;
    if (indices === undefined) return null;
    return Array.from(indices).flatMap((pair) => pair ?? [-1, -1]);
  }

  #slow(): Automaton {
    this.#automaton ??= new Automaton(this.#parsed);
    return this.#automaton;
  }
}

const compiled = new Map<string, CompiledPattern>();

/** The compiled form of a pattern; recent ones are kept. Throws the row error `error parsing regexp: …`. */
export function compiledPattern(text: string): CompiledPattern {
  let pattern = compiled.get(text);
  if (pattern === undefined) {
    pattern = new CompiledPattern(text);
    if (compiled.size >= maxCompiled) compiled.clear();
    compiled.set(text, pattern);
  }
  return pattern;
}
