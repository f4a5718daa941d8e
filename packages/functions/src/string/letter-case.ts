/**
 * Upper and lower case letter by letter: a letter stays one letter (`ß` has no capital here), and no letter looks at
 * its neighbours (a final sigma is an ordinary one).
 */
import { isAscii } from './utf8-offset.ts';

export function upperCase(text: string): string {
  return isAscii(text) ? text.toUpperCase() : mapLetters(text, upperLetter);
}

export function lowerCase(text: string): string {
  return isAscii(text) ? text.toLowerCase() : mapLetters(text, lowerLetter);
}

function mapLetters(text: string, map: (letter: string) => string): string {
  let result = '';
  for (const letter of text) result += map(letter);
  return result;
}

function upperLetter(letter: string): string {
  const upper = letter.toUpperCase();
  if (isOneLetter(upper)) return upper;
  // Greek vowels with iota below: the full mapping splits the iota off, the simple one has a title-case letter
  const code = letter.charCodeAt(0);
  if (code >= 0x1f80 && code <= 0x1faf) return (code & 8) === 0 ? String.fromCharCode(code + 8) : letter;
  if (code === 0x1fb3 || code === 0x1fc3 || code === 0x1ff3) return String.fromCharCode(code + 9);
  return letter;
}

function lowerLetter(letter: string): string {
  if (letter === 'İ') return 'i';
  const lower = letter.toLowerCase();
  return isOneLetter(lower) ? lower : letter;
}

function isOneLetter(text: string): boolean {
  return text.length === 1 || (text.length === 2 && (text.codePointAt(0) as number) > 0xffff);
}
