/**
 * How much a backtracking engine may have to go back for a pattern, and whether it would give the same match.
 *
 * A repetition inside a repetition can take exponential time, and repeated groups keep captures differently: those
 * patterns are never given to it. For the others the time is at most a power of the text's length: one for the text
 * itself, one for starting anywhere, and one for every repetition that may give up characters to what follows it.
 */
import { maxCodePoint, rangesOverlap } from './character-set.ts';
import { matchesEmpty, type ParsedPattern, type Pattern } from './syntax-tree.ts';

/** The power of the length; Infinity when the backtracking engine must not be used. */
export function backtrackingDegree({ root }: ParsedPattern): number {
  if (!isPlain(root, false)) return Number.POSITIVE_INFINITY;
  const parts = flatten(root);
  let retreats = 0;
  let givesUp = 0;
  for (const [i, part] of parts.entries()) {
    if (!hasLongRepeat(part)) continue;
    const rest = parts.slice(i + 1);
    if (rest.every(cannotFail)) continue;
    givesUp = 1;
    if (part.type !== 'repeat' || part.body.type !== 'set' || rangesOverlap(part.body.ranges, firstOf(rest)))
      retreats++;
  }
  const anchored = parts[0]?.type === 'assert' && parts[0].what === 'textStart';
  return givesUp === 0 ? 1 : 1 + retreats + (anchored ? 0 : 1);
}

/** No repetition, capture or empty match inside a repetition. */
function isPlain(pattern: Pattern, repeated: boolean): boolean {
  switch (pattern.type) {
    case 'capture':
      return !repeated && isPlain(pattern.body, repeated);
    case 'concat':
      return pattern.parts.every((part) => isPlain(part, repeated));
    case 'alternate':
      return pattern.choices.every((choice) => isPlain(choice, repeated));
    case 'repeat':
      return !repeated && !matchesEmpty(pattern.body) && isPlain(pattern.body, pattern.max > 1);
    default:
      return true;
  }
}

function flatten(pattern: Pattern): Pattern[] {
  if (pattern.type === 'concat') return pattern.parts.flatMap(flatten);
  return pattern.type === 'capture' ? flatten(pattern.body) : [pattern];
}

function hasLongRepeat(pattern: Pattern): boolean {
  switch (pattern.type) {
    case 'capture':
      return hasLongRepeat(pattern.body);
    case 'concat':
      return pattern.parts.some(hasLongRepeat);
    case 'alternate':
      return pattern.choices.some(hasLongRepeat);
    case 'repeat':
      return pattern.max > 1;
    default:
      return false;
  }
}

function cannotFail(pattern: Pattern): boolean {
  return pattern.type === 'empty' || (pattern.type === 'repeat' && pattern.min === 0);
}

/** Code points that what follows may start with; all when that is not plain to see. */
function firstOf(parts: readonly Pattern[]): readonly number[] {
  const [next] = parts;
  if (next?.type === 'set') return next.ranges;
  if (next?.type === 'assert' && next.what === 'textEnd') return [];
  return [0, maxCodePoint];
}
