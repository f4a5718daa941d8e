/**
 * Functions of regular expressions: linear-time syntax, without back references and look-around.
 *
 * Source: behaviour spec, functions §11.
 */
import { type FunctionDeclaration, scalar, t } from '@kuiper/sdk';
import { text } from '../string/text-argument.ts';
import { type CompiledPattern, compiledPattern } from './compiled-pattern.ts';

const group = 'string';

const regexpMatches = scalar({
  name: 'regexp_matches',
  group,
  args: [t.text('s'), t.text('pattern')],
  returns: 'bool',
  onNull: 'false',
  summary: 'True when the pattern matches somewhere in the text.',
  examples: [
    { call: 'regexp_matches("abbbc", "b+c")', gives: 'true' },
    { call: 'regexp_matches("ABC", "(?i)b")', gives: 'true' },
    { call: 'regexp_matches("x", "")', gives: 'true' },
    { call: 'regexp_matches(a, ".")', row: {}, gives: 'false' },
    { call: 'regexp_matches(a, "^3\\\\.5$")', row: { a: 3.5 }, gives: 'true' },
    { call: 'regexp_matches("a", "(")', fails: 'error parsing regexp: missing closing ): `(`' },
    { call: 'regexp_matches("a", "a**")', fails: 'error parsing regexp: invalid nested repetition operator: `**`' },
    { call: 'regexp_matches("a", "(?=a)")', fails: 'error parsing regexp: invalid or unsupported Perl syntax: `(?=`' },
  ],
  eval: (s: unknown, pattern: unknown) => compiledPattern(text(pattern)).test(text(s)),
});

const regexpSubstr = scalar({
  name: 'regexp_substr',
  group,
  args: [t.text('s'), t.text('pattern')],
  returns: 'string',
  onNull: 'null',
  summary: 'The first match of the pattern in the text; empty when there is none.',
  examples: [
    { call: 'regexp_substr("ab12c34", "[0-9]+")', gives: '"12"' },
    { call: 'regexp_substr("abc", "[0-9]+")', gives: '""' },
    { call: 'regexp_substr("k", b)', row: { b: null }, gives: 'null' },
  ],
  eval: (s: unknown, pattern: unknown) => {
    const whole = text(s);
    const match = compiledPattern(text(pattern)).find(whole, 0);
    return match === null ? '' : whole.slice(match[0], match[1]);
  },
});

const regexpReplace = scalar({
  name: 'regexp_replace',
  group,
  args: [t.text('s'), t.text('pattern'), t.text('replacement')],
  returns: 'string',
  onNull: 'null',
  summary: 'The text with every match replaced. $1, ${1}, $name and ${name} stand for groups, $$ for a dollar sign.',
  examples: [
    { call: 'regexp_replace("t12 t3", "t([0-9]+)", "n$1")', gives: '"n12 n3"' },
    { call: 'regexp_replace("t12", "t([0-9]+)", "${1}x$1x")', gives: '"12x"' },
    { call: 'regexp_replace("a=1", "(?P<k>\\\\w+)=(?P<v>\\\\w+)", "${v}:$k")', gives: '"1:a"' },
    { call: 'regexp_replace("t12", "t", "$$$9")', gives: '"$12"' },
    { call: 'regexp_replace("axxb", "x*", "-")', gives: '"-a-b-"' },
    { call: 'regexp_replace("abaab", "a|ab", "_")', gives: '"_b__b"' },
    { call: 'regexp_replace("a", "b", 1)', fails: 'Expect string type for parameter 3' },
  ],
  eval: (s: unknown, pattern: unknown, replacement: unknown) =>
    replaceAll(text(s), compiledPattern(text(pattern)), text(replacement)),
});

function replaceAll(whole: string, pattern: CompiledPattern, replacement: string): string {
  const pieces = replacementPieces(replacement, pattern);
  let result = '';
  let copied = 0;
  for (let from = 0; from <= whole.length; ) {
    const match = pattern.find(whole, from);
    if (match === null) break;
    const [start, end] = match as [number, number];
    result += whole.slice(copied, start);
    // an empty match right behind another match does not count
    if (end > copied || start === 0) result += fill(pieces, whole, match);
    copied = end;
    from = end > from ? end : from + ((whole.codePointAt(from) ?? 0) > 0xffff ? 2 : 1);
  }
  return result + whole.slice(copied);
}

/** Literal texts and numbers of groups. */
type Piece = string | number;

function fill(pieces: readonly Piece[], whole: string, match: readonly number[]): string {
  let result = '';
  for (const piece of pieces) {
    if (typeof piece === 'string') result += piece;
    else if ((match[2 * piece] ?? -1) >= 0) result += whole.slice(match[2 * piece], match[2 * piece + 1]);
  }
  return result;
}

function replacementPieces(replacement: string, pattern: CompiledPattern): Piece[] {
  const pieces: Piece[] = [];
  const reference = /\$(?:(\$)|\{([\p{L}\p{Nd}_]+)\}|([\p{L}\p{Nd}_]+))/gu;
  let copied = 0;
  for (const match of replacement.matchAll(reference)) {
    pieces.push(replacement.slice(copied, match.index));
    copied = match.index + match[0].length;
    pieces.push(match[1] ?? groupIndex(match[2] ?? (match[3] as string), pattern));
  }
  pieces.push(replacement.slice(copied));
  return pieces;
}

/** A group that does not exist is empty, like one that took no part. */
function groupIndex(name: string, pattern: CompiledPattern): Piece {
  if (/^[0-9]+$/.test(name)) return Number(name);
  return pattern.names.get(name) ?? '';
}

export const regexpFunctions: readonly FunctionDeclaration[] = [regexpMatches, regexpReplace, regexpSubstr];
