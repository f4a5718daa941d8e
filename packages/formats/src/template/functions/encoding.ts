/** Encodings and hashes of texts. Source: behaviour spec, io §7.5. */
import { createHash } from 'node:crypto';
import { declare, type FunctionTable } from '../function-table.ts';

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

function toBase32(text: string): string {
  let bits = 0;
  let held = 0;
  let out = '';
  for (const byte of Buffer.from(text)) {
    held = ((held << 8) | byte) & 0xfff;
    bits += 8;
    for (; bits >= 5; bits -= 5) out += BASE32[(held >> (bits - 5)) & 31];
  }
  if (bits > 0) out += BASE32[(held << (5 - bits)) & 31];
  return out.padEnd(Math.ceil(out.length / 8) * 8, '=');
}

/** Decodes; a text that is not base32 gives what is wrong with it. */
function fromBase32(text: string): string {
  const packed = text.replace(/[\r\n]/g, '');
  const problem = firstProblem(packed, /[A-Z2-7]/, 8, [2, 4, 5, 7]);
  if (problem !== null) return `illegal base32 data at input byte ${problem}`;
  const bytes: number[] = [];
  let bits = 0;
  let held = 0;
  for (const character of packed.replace(/=+$/, '')) {
    held = ((held << 5) | BASE32.indexOf(character)) & 0xfff;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push((held >> bits) & 255);
  }
  return Buffer.from(bytes).toString('utf8');
}

/** Decodes; a text that is not padded base64 gives what is wrong with it. */
function fromBase64(text: string): string {
  const problem = firstProblem(text.replace(/[\r\n]/g, ''), /[A-Za-z0-9+/]/, 4, [2, 3]);
  return problem === null
    ? Buffer.from(text, 'base64').toString('utf8')
    : `illegal base64 data at input byte ${problem}`;
}

/** Where a text of whole groups with padding goes wrong; null when it does not. */
function firstProblem(text: string, digit: RegExp, group: number, padded: readonly number[]): number | null {
  for (let at = 0; at < text.length; at += group) {
    for (let i = 0; i < group; i++) {
      const character = text[at + i];
      if (character !== undefined && digit.test(character)) continue;
      if (character !== '=') return character === undefined ? at : at + i;
      if (!padded.includes(i)) return at + i;
      for (let j = i; j < group; j++) {
        if (text[at + j] !== '=') return text[at + j] === undefined ? text.length : at + j - 1;
      }
      return at + group < text.length ? at + group : null;
    }
  }
  return null;
}

function adler32(text: string): string {
  let a = 1;
  let b = 0;
  for (const byte of Buffer.from(text)) {
    a = (a + byte) % 65521;
    b = (b + a) % 65521;
  }
  return String(b * 65536 + a);
}

function hash(algorithm: string): (text: string) => string {
  return (text) => createHash(algorithm).update(text).digest('hex');
}

export const encodingFunctions: FunctionTable = {
  b64enc: declare('string', (s: string) => Buffer.from(s).toString('base64')),
  b64dec: declare('string', fromBase64),
  b32enc: declare('string', toBase32),
  b32dec: declare('string', fromBase32),
  sha1sum: declare('string', hash('sha1')),
  sha256sum: declare('string', hash('sha256')),
  sha512sum: declare('string', hash('sha512')),
  adler32sum: declare('string', adler32),
};
