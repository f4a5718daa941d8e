/** Sets of code points: pairs of first and last, sorted and disjoint. */
export const maxCodePoint = 0x10ffff;

/** Sorts and joins ranges given in any order. */
export function normalizeRanges(ranges: readonly number[]): number[] {
  const pairs: [number, number][] = [];
  for (let i = 0; i < ranges.length; i += 2) pairs.push([ranges[i] as number, ranges[i + 1] as number]);
  pairs.sort((a, b) => a[0] - b[0]);
  const result: number[] = [];
  for (const [first, last] of pairs) {
    const end = result.length - 1;
    if (end >= 0 && first <= (result[end] as number) + 1) result[end] = Math.max(result[end] as number, last);
    else result.push(first, last);
  }
  return result;
}

/** All code points that are not in a normalized set. */
export function invertRanges(ranges: readonly number[]): number[] {
  const result: number[] = [];
  let next = 0;
  for (let i = 0; i < ranges.length; i += 2) {
    if ((ranges[i] as number) > next) result.push(next, (ranges[i] as number) - 1);
    next = (ranges[i + 1] as number) + 1;
  }
  if (next <= maxCodePoint) result.push(next, maxCodePoint);
  return result;
}

export function rangesContain(ranges: readonly number[], code: number): boolean {
  let low = 0;
  let high = ranges.length / 2 - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    if (code < (ranges[2 * middle] as number)) high = middle - 1;
    else if (code > (ranges[2 * middle + 1] as number)) low = middle + 1;
    else return true;
  }
  return false;
}

export function rangesOverlap(a: readonly number[], b: readonly number[]): boolean {
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    if ((a[i + 1] as number) < (b[j] as number)) i += 2;
    else if ((b[j + 1] as number) < (a[i] as number)) j += 2;
    else return true;
  }
  return false;
}

/** Groups of code points that are one letter but for its case; made when the first pattern asks for it. */
let foldGroups: readonly (readonly number[])[] | undefined;

/** Dotted capital and dotless small i fold with no other letter. */
const foldAlone = new Set([0x130, 0x131]);
/** Letters with case end below this code point. */
const foldLimit = 0x1f000;

function makeFoldGroups(): number[][] {
  const groups = new Map<string, number[]>();
  for (let code = 0x41; code < foldLimit; code++) {
    if (foldAlone.has(code) || (code >= 0x3000 && code < 0xa640) || (code >= 0xac00 && code < 0xfb00)) continue;
    const letter = String.fromCodePoint(code);
    const upper = single(letter.toUpperCase()) ?? letter;
    const folded = single(upper.toLowerCase()) ?? upper;
    const group = groups.get(folded);
    if (group === undefined) groups.set(folded, [code]);
    else group.push(code);
  }
  return [...groups.values()].filter((group) => group.length > 1);
}

function single(text: string): string | undefined {
  return String.fromCodePoint(text.codePointAt(0) as number) === text ? text : undefined;
}

/** Adds the other cases of every letter in the set. */
export function foldRanges(ranges: readonly number[]): number[] {
  foldGroups ??= makeFoldGroups();
  const result = [...ranges];
  for (const group of foldGroups) {
    if (group.some((code) => rangesContain(ranges, code))) for (const code of group) result.push(code, code);
  }
  return normalizeRanges(result);
}
