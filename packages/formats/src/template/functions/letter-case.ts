/** Upper and lower case, character by character: one character always becomes one. */
const ASCII = /^[\0-\x7f]*$/;

export function upper(text: string): string {
  return ASCII.test(text) ? text.toUpperCase() : mapCharacters(text, upperOf);
}

export function lower(text: string): string {
  return ASCII.test(text) ? text.toLowerCase() : mapCharacters(text, lowerOf);
}

function mapCharacters(text: string, map: (character: string) => string): string {
  let out = '';
  for (const character of text) out += map(character);
  return out;
}

function upperOf(character: string): string {
  const mapped = character.toUpperCase();
  return mapped.length === character.length || mapped.length === 1 ? mapped : character;
}

function lowerOf(character: string): string {
  // only the dotted capital I becomes two, of which the first counts
  return Array.from(character.toLowerCase())[0] ?? character;
}

/** The first letter of each word changed; words end at white space and ASCII punctuation. */
function mapWordStarts(text: string, map: (character: string) => string): string {
  let out = '';
  let previous = ' ';
  for (const character of text) {
    out += isSeparator(previous) ? map(character) : character;
    previous = character;
  }
  return out;
}

function isSeparator(character: string): boolean {
  if (character <= '\x7f') return !/[A-Za-z0-9_]/.test(character);
  return !/[\p{L}\p{Nd}]/u.test(character) && /\s|\u0085/.test(character);
}

export function title(text: string): string {
  return mapWordStarts(text, upperOf);
}

/** Words end at white space only. */
export function untitle(text: string): string {
  return text.replace(/(^|\s)(\S)/gu, (_all, before: string, first: string) => before + lowerOf(first));
}

export function swapCase(text: string): string {
  return mapCharacters(text, (character) => {
    if (/\p{Lu}|\p{Lt}/u.test(character)) return lowerOf(character);
    return /\p{Ll}/u.test(character) ? upperOf(character) : character;
  });
}

export function initials(text: string): string {
  return text
    .split(/\s+/u)
    .map((word) => Array.from(word)[0] ?? '')
    .join('');
}
