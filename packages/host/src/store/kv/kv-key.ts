import { storeErrors } from '../errors.ts';

/**
 * Where a table's keys lie in one ordered key space: `<escaped table> NUL <key>`.
 *
 * The escape keeps NUL out of the table part, so no table is a prefix of another one and any key may follow. Names with
 * half a surrogate pair are refused: UTF-8 would turn two of them into the same bytes.
 */
export function tablePrefix(table: string): string {
  if (halfPair.test(table)) throw storeErrors.KEY_MALFORMED('table name');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: exactly these two are special
  return `${table.replace(/[\u0000\u0001]/g, (c) => (c === '\u0000' ? '\u0001\u0001' : '\u0001\u0002'))}\u0000`;
}

/** @returns the key itself, for use in expressions; throws `KEY_MALFORMED` */
export function checkKey(key: string): string {
  if (halfPair.test(key)) throw storeErrors.KEY_MALFORMED('key');
  return key;
}

/** Orders as UTF-8 bytes do, that is by code point; `<` on strings differs for characters beyond U+FFFF. */
export function compareKeys(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return rank(x) - rank(y);
  }
  return a.length - b.length;
}

// Surrogates stand for code points above all other units, which reach up to 0xFFFF.
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

// In unicode mode a whole pair is one character, so this finds only halves.
const halfPair = /\p{Surrogate}/u;
