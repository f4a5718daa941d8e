import { createHash } from 'node:crypto';

/**
 * A name for the directory of anything with an id: a rule, a stream, a sink.
 *
 * Different ids give different names on every file system, also where case does not count or Windows reserves words;
 * lower-case ids of letters, digits, `-` and `_` stay as they are. The result has no separator and no leading dot, and
 * is at most 150 characters long.
 */
export function directoryName(id: string): string {
  let name = '';
  for (const character of id) name += plain.test(character) ? character : escape(character);
  if (reserved.test(name) || name === '') name = `%${name}`;
  if (name.length <= maxLength) return name;
  // No escape is `%~`, so a shortened name meets no other one.
  const digest = createHash('sha256').update(Buffer.from(id, 'utf16le')).digest('hex');
  return `${name.slice(0, maxLength - digest.length - 2)}%~${digest}`;
}

function escape(character: string): string {
  const unit = character.charCodeAt(0);
  // Half a surrogate pair has no UTF-8.
  if (character.length === 1 && unit >= 0xd800 && unit <= 0xdfff) return `%u${unit.toString(16)}`;
  return Buffer.from(character).reduce((text, byte) => `${text}%${byte.toString(16).padStart(2, '0')}`, '');
}

const plain = /^[a-z0-9_-]$/;
const reserved = /^(con|prn|aux|nul|com\d|lpt\d)$/;
const maxLength = 150;
