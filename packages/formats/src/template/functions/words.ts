/** `snakecase`, `kebabcase`, `camelcase`. Source: behaviour spec, io §7.5. */
import { declare, type FunctionTable } from '../function-table.ts';
import { lower, upper } from './letter-case.ts';

const SMALL = '[\\p{Ll}\\p{Lo}\\p{Lt}\\p{Lm}\\p{M}]';
/** Digits end a word, unless small letters follow: then they begin the next. */
const DIGITS = `(?:\\p{Nd}+(?![\\p{Nd}]|${SMALL}))?`;
const WORD = new RegExp(
  [
    `\\p{Nd}+${SMALL}(?:\\p{Nd}|${SMALL})*`,
    '\\p{Nd}+',
    `\\p{Lu}+(?!${SMALL})${DIGITS}`,
    `\\p{Lu}?${SMALL}+${DIGITS}`,
    '\\p{S}+',
  ].join('|'),
  'gu',
);

/** Lower-case words joined by `joint`, which also takes the place of spaces, hyphens and underscores. */
function joined(text: string, joint: string): string {
  let out = '';
  let at = 0;
  for (const match of text.matchAll(WORD)) {
    const between = text.slice(at, match.index);
    out += match.index > 0 && between === '' ? joint : between.replace(/[\s_-]/gu, joint);
    out += lower(match[0]);
    at = match.index + match[0].length;
  }
  return out + text.slice(at).replace(/[\s_-]/gu, joint);
}

/** Words begin with a capital; between two of them one space, hyphen or underscore goes. */
function camelCase(text: string): string {
  return text.replace(/(^[\s_-]*|[\s_-])(\p{Lu}+|[^\s_-])/gu, (_all, before: string, start: string, at: number) => {
    const first = Array.from(start)[0] as string;
    return (at === 0 ? before : '') + upper(first) + lower(start.slice(first.length));
  });
}

export const wordFunctions: FunctionTable = {
  snakecase: declare('string', (text: string) => joined(text, '_')),
  kebabcase: declare('string', (text: string) => joined(text, '-')),
  camelcase: declare('string', camelCase),
};
