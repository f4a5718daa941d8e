/** Regular expressions as trees. Letters, classes and the dot are all sets of code points; flags are resolved. */
export type Pattern =
  | { readonly type: 'empty' }
  | CharacterSet
  | { readonly type: 'assert'; readonly what: Assertion }
  | { readonly type: 'capture'; readonly index: number; readonly body: Pattern }
  | { readonly type: 'concat'; readonly parts: readonly Pattern[] }
  | { readonly type: 'alternate'; readonly choices: readonly Pattern[] }
  | Repeat;

export interface CharacterSet {
  readonly type: 'set';
  /** Pairs of first and last code point, sorted, disjoint. */
  readonly ranges: readonly number[];
}

export interface Repeat {
  readonly type: 'repeat';
  readonly body: Pattern;
  readonly min: number;
  /** Infinity for no limit. */
  readonly max: number;
  readonly greedy: boolean;
}

export type Assertion = 'textStart' | 'textEnd' | 'lineStart' | 'lineEnd' | 'wordBoundary' | 'noWordBoundary';

export interface ParsedPattern {
  readonly root: Pattern;
  /** Number of capture groups. */
  readonly groups: number;
  /** Index of the group by its name. */
  readonly names: ReadonlyMap<string, number>;
}

/** True when the pattern may match without reading anything. */
export function matchesEmpty(pattern: Pattern): boolean {
  switch (pattern.type) {
    case 'set':
      return false;
    case 'capture':
      return matchesEmpty(pattern.body);
    case 'concat':
      return pattern.parts.every(matchesEmpty);
    case 'alternate':
      return pattern.choices.some(matchesEmpty);
    case 'repeat':
      return pattern.min === 0 || matchesEmpty(pattern.body);
    default:
      return true;
  }
}
