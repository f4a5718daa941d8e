/** Messages as bytes: rows that fit the streams, rows that do not, broken JSON, and bytes that are no text. */
import type { Dice } from './dice.ts';

const keys = [
  'a',
  'b',
  'c',
  'ok',
  'arr',
  'st',
  'bin',
  'dt',
  'ts',
  'x',
  '__proto__',
  'constructor',
  'toString',
  'a b',
  '',
];
const numbers = [
  '0',
  '-0',
  '1',
  '-1',
  '2.5',
  '1e3',
  '1e308',
  '1e400',
  '-1e-400',
  '9223372036854775807',
  '9007199254740993',
];
const more = ['9223372036854775808', '1'.repeat(400), '0.1', '1E+2', '01', '+1', '.5', '1.', 'NaN', '-', '1_0', '0x10'];
const texts = [
  '""',
  '"a"',
  '"é"',
  '"\\ud800"',
  '"\\u0000"',
  '"\\x"',
  '"1.5"',
  '"aGk="',
  '"2020-01-02T03:04:05Z"',
  '"%"',
];

/** @returns a message; `nestedDepth` bounds how deep a deep one is */
export function randomEvent(dice: Dice, nestedDepth = 3000): Buffer {
  const roll = dice.below(100);
  if (roll < 1) return Buffer.from(deep(dice, nestedDepth));
  const text = roll < 70 ? object(dice, 3) : roll < 80 ? list(dice, 2) : roll < 85 ? value(dice, 1) : object(dice, 2);
  const bytes = Buffer.from(text);
  if (roll < 80) return bytes;
  if (roll < 87) return bytes.subarray(0, dice.below(bytes.length + 1));
  for (let i = 1 + dice.below(3); i > 0 && bytes.length > 0; i--) {
    bytes[dice.below(bytes.length)] = dice.chance(0.5)
      ? dice.below(256)
      : '{}[]",:0e-.\\ntf'.charCodeAt(dice.below(16));
  }
  return bytes;
}

function object(dice: Dice, depth: number): string {
  const members = dice.several(
    0,
    9,
    () => `"${dice.pick(keys)}"${space(dice)}:${space(dice)}${value(dice, depth - 1)}`,
  );
  return `{${members.join(',')}${dice.chance(0.005) ? ',' : ''}}`;
}

function list(dice: Dice, depth: number): string {
  return `[${dice.several(0, 4, () => value(dice, depth - 1)).join(`${space(dice)},`)}]`;
}

function value(dice: Dice, depth: number): string {
  const roll = dice.below(20);
  if (depth > 0 && roll < 2) return object(dice, depth);
  if (depth > 0 && roll < 5) return list(dice, depth);
  if (roll < 12) return dice.pick(numbers);
  if (roll < 13 && dice.chance(0.2)) return dice.pick(more);
  if (roll < 17) return dice.pick(texts);
  return dice.pick(['true', 'false', 'null', 'null']);
}

function space(dice: Dice): string {
  return dice.chance(0.05) ? dice.pick([' ', '\n', '\t', '\r\n']) : '';
}

function deep(dice: Dice, depth: number): string {
  const [open, close] = dice.pick([
    ['[', ']'],
    ['{"a":', '}'],
    ['[{"arr":', '}]'],
  ] as const);
  return `{"${dice.pick(keys)}":${open.repeat(depth)}1${dice.chance(0.7) ? close.repeat(depth) : ''}}`;
}
