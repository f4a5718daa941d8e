/** Sets with a name: `\d`, `[:alpha:]`, `\p{Greek}`. */
import { invertRanges, maxCodePoint, normalizeRanges } from './character-set.ts';

const digit = [0x30, 0x39];
const upper = [0x41, 0x5a];
const lower = [0x61, 0x7a];
const word = [...digit, ...upper, 0x5f, 0x5f, ...lower];
const space = [0x09, 0x0a, 0x0c, 0x0d, 0x20, 0x20];

/** `\d`, `\s`, `\w` and their complements; undefined for other letters. */
export function perlSet(letter: string): readonly number[] | undefined {
  switch (letter) {
    case 'd':
      return digit;
    case 's':
      return space;
    case 'w':
      return word;
    case 'D':
      return invertRanges(digit);
    case 'S':
      return invertRanges(space);
    case 'W':
      return invertRanges(word);
    default:
      return undefined;
  }
}

const posixSets: Readonly<Record<string, readonly number[]>> = {
  alnum: [...digit, ...upper, ...lower],
  alpha: [...upper, ...lower],
  ascii: [0x00, 0x7f],
  blank: [0x09, 0x09, 0x20, 0x20],
  cntrl: [0x00, 0x1f, 0x7f, 0x7f],
  digit,
  graph: [0x21, 0x7e],
  lower,
  print: [0x20, 0x7e],
  punct: [0x21, 0x2f, 0x3a, 0x40, 0x5b, 0x60, 0x7b, 0x7e],
  space: [0x09, 0x0d, 0x20, 0x20],
  upper,
  word,
  xdigit: [...digit, 0x41, 0x46, 0x61, 0x66],
};

export function posixSet(name: string): readonly number[] | undefined {
  return Object.hasOwn(posixSets, name) ? posixSets[name] : undefined;
}

const unicodeSets = new Map<string, readonly number[] | null>();

/** The set of a Unicode category (`L`, `Lu`) or script (`Greek`); undefined when there is none of that name. */
export function unicodeSet(name: string): readonly number[] | undefined {
  let found = unicodeSets.get(name);
  if (found === undefined) {
    found = makeUnicodeSet(name);
    unicodeSets.set(name, found);
  }
  return found ?? undefined;
}

function makeUnicodeSet(name: string): readonly number[] | null {
  if (name === 'Any') return [0, maxCodePoint];
  if (!/^[A-Za-z_]+$/.test(name)) return null;
  const isCategory = /^[CLMNPSZ][a-z]?$/.test(name);
  let member: RegExp;
  try {
    member = new RegExp(isCategory ? `^\\p{${name}}$` : `^\\p{Script=${name}}$`, 'u');
  } catch {
    return null;
  }
  const ranges: number[] = [];
  let first = -1;
  for (let code = 0; code <= maxCodePoint + 1; code++) {
    const inside = code <= maxCodePoint && (code < 0xd800 || code > 0xdfff) && member.test(String.fromCodePoint(code));
    if (inside && first < 0) first = code;
    if (!inside && first >= 0) {
      ranges.push(first, code - 1);
      first = -1;
    }
  }
  return normalizeRanges(ranges);
}
