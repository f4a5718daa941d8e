/**
 * Patterns that print moments: `yyyy-MM-dd HH:mm:ssSSS`. Source: behaviour spec, functions §16.2.
 *
 * A run of one letter is a token; `S` brings its own dot. A run that is too long prints nothing. `'text'` and `\c` are
 * literal, and so is every character that is no token.
 */
import { type CivilTime, type DateTime, offsetText, rowError } from '@kuiper/base';

export type PrintTime = (time: DateTime) => string;

type Piece = string | ((civil: CivilTime, time: DateTime) => string);

const months = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];
const weekdays = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

/** @param month 1–12 */
export function monthName(month: number): string {
  return months[month - 1] as string;
}

/** @param weekday 0 for Sunday */
export function weekdayName(weekday: number): string {
  return weekdays[weekday] as string;
}

const compiled = new Map<string, PrintTime>();
const maxCompiled = 1000;

/** Compiled patterns are kept. Throws row errors about the pattern. */
export function timePrinter(pattern: string): PrintTime {
  let printer = compiled.get(pattern);
  if (printer === undefined) {
    printer = compilePattern(pattern);
    if (compiled.size >= maxCompiled) compiled.clear();
    compiled.set(pattern, printer);
  }
  return printer;
}

function compilePattern(pattern: string): PrintTime {
  const pieces = piecesOf(pattern);
  return (time) => {
    const civil = time.civil();
    let text = '';
    for (const piece of pieces) text += typeof piece === 'string' ? piece : piece(civil, time);
    return text;
  };
}

function piecesOf(pattern: string): Piece[] {
  const pieces: Piece[] = [];
  const characters = Array.from(pattern);
  for (let at = 0; at < characters.length; ) {
    const character = characters[at] as string;
    if (character === '\\') {
      if (at + 1 >= characters.length) return rowError(`${pattern} is invalid`);
      pieces.push(characters[at + 1] as string);
      at += 2;
    } else if (character === "'") {
      const quoted = readQuoted(characters, at + 1);
      pieces.push(quoted.text);
      at = quoted.end;
    } else if (Object.hasOwn(tokens, character)) {
      let end = at + 1;
      while (repeats.has(character) && characters[end] === character) end++;
      pieces.push((tokens[character] as Token)(end - at, pattern));
      at = end;
    } else {
      pieces.push(character);
      at++;
    }
  }
  return pieces;
}

/** Text up to the closing quote; two quotes stand for one. An empty pair is a quote as well. */
function readQuoted(characters: readonly string[], start: number): { readonly text: string; readonly end: number } {
  if (characters[start] === "'") return { text: "'", end: start + 1 };
  let text = '';
  for (let at = start; at < characters.length; at++) {
    if (characters[at] !== "'") text += characters[at];
    else if (characters[at + 1] === "'") {
      text += "'";
      at++;
    } else return { text, end: at + 1 };
  }
  return { text, end: characters.length };
}

type Token = (length: number, pattern: string) => Piece;

/** The form for each length of a run; a longer run prints nothing. */
function byLength(...forms: readonly Piece[]): Token {
  return (length) => forms[length - 1] ?? '';
}

const pad2 = (value: number): string => (value < 10 ? `0${value}` : String(value));
const twelve = (hour: number): number => hour % 12 || 12;
const hourOffset = (time: DateTime): string => offsetText(time.offsetSeconds, '').slice(0, 3);
const clockOffset = (time: DateTime): string => offsetText(time.offsetSeconds, '');

const year: Token = (length, pattern) => {
  if (length === 4) return ({ year: full }) => String(full).padStart(4, '0');
  if (length === 2) return ({ year: full }) => pad2(full % 100);
  return rowError(`invalid time format ${pattern} for Y/y`);
};

const tokens: Readonly<Record<string, Token>> = {
  y: year,
  Y: year,
  M: byLength(
    (c) => String(c.month),
    (c) => pad2(c.month),
    (c) => monthName(c.month).slice(0, 3),
    (c) => monthName(c.month),
  ),
  d: byLength(
    (c) => String(c.day),
    (c) => pad2(c.day),
  ),
  E: (length, pattern) => {
    if (length === 3) return (_, time) => weekdayName(time.weekday).slice(0, 3);
    if (length === 4) return (_, time) => weekdayName(time.weekday);
    return rowError(`invalid time format ${pattern} for E`);
  },
  H: (length, pattern) => {
    if (length === 2) return (c) => pad2(c.hour);
    return rowError(`invalid time format ${pattern} of H, only HH is supported`);
  },
  h: byLength(
    (c) => String(twelve(c.hour)),
    (c) => pad2(twelve(c.hour)),
  ),
  m: byLength(
    (c) => String(c.minute),
    (c) => pad2(c.minute),
  ),
  s: byLength(
    (c) => String(c.second),
    (c) => pad2(c.second),
  ),
  S: (length) => (c) => `.${String(c.nanosecond).padStart(9, '0').padEnd(length, '0').slice(0, length)}`,
  a: () => (c) => (c.hour < 12 ? 'AM' : 'PM'),
  G: () => 'AD',
  z: () => (_, time) => time.zoneName,
  Z: () => (_, time) => clockOffset(time),
  X: byLength(
    (_, time) => hourOffset(time),
    (_, time) => clockOffset(time),
    (_, time) => offsetText(time.offsetSeconds, ':'),
  ),
};

/** Letters whose runs are one token. */
const repeats = new Set('yYMdEHhmsSX');
