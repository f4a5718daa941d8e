/** The reserved words: reserved everywhere, in any case. Source: behaviour spec, sql §2. */

import { firstKeyword, Token } from './token.ts';

const keywords: Map<string, number> = new Map();
for (const [name, kind] of Object.entries(Token)) if (kind >= firstKeyword) keywords.set(name, kind);

/** Bit n of entry c: some keyword that starts with the letter c (case folded) has n letters. */
const lengths: Uint32Array = new Uint32Array(128);
for (const word of keywords.keys()) {
  const upper = word.charCodeAt(0);
  lengths[upper] = (lengths[upper] as number) | (1 << word.length);
  lengths[upper + 32] = lengths[upper] as number;
}

const longest = 9;

/** The keyword's token kind, or `Token.ident`. `word` starts with an ASCII letter. */
export function keywordOf(word: string): number {
  // Most words are column names: two loads tell that most of them cannot be keywords.
  if (word.length > longest || (((lengths[word.charCodeAt(0)] as number) >>> word.length) & 1) === 0)
    return Token.ident;
  return keywords.get(word) ?? keywords.get(word.toUpperCase()) ?? Token.ident;
}

/** All of them, in upper case. */
export const keywordNames: readonly string[] = [...keywords.keys()];

export function isKeyword(word: string): boolean {
  return keywords.has(word.toUpperCase());
}
