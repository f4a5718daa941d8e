/** Random texts, identifiers and encryption with a random start. All randomness comes from the environment. */
import { createCipheriv, createDecipheriv } from 'node:crypto';
import { rowError } from '@kuiper/base';
import { declare, type FunctionTable } from '../function-table.ts';
import { intValue } from '../values.ts';
import { checkTextLength } from './limits.ts';

const DIGITS = '0123456789';
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const PRINTABLE = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)).join('');
const BLOCK = 16;

function aesKey(password: string): Buffer {
  const key = Buffer.alloc(32);
  Buffer.from(password).copy(key);
  return key;
}

function decrypt(password: string, encoded: string): string {
  const bytes = Buffer.from(encoded, 'base64');
  if (bytes.length < 2 * BLOCK || bytes.length % BLOCK !== 0)
    rowError('ciphertext is not a multiple of the block size');
  const decipher = createDecipheriv('aes-256-cbc', aesKey(password), bytes.subarray(0, BLOCK));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(BLOCK)), decipher.final()]).toString('utf8');
  } catch {
    return rowError('ciphertext cannot be decrypted with this password');
  }
}

export function randomFunctions(random: () => number): FunctionTable {
  const bytes = (count: number): Buffer => {
    checkTextLength(count);
    return Buffer.from(Array.from({ length: Math.max(0, count) }, () => Math.floor(random() * 256)));
  };
  const from = (alphabet: string) => (count: number) => {
    checkTextLength(count);
    let text = '';
    for (let i = 0; i < count; i++) text += alphabet[Math.floor(random() * alphabet.length)];
    return text;
  };
  const uuid = (): string => {
    const raw = bytes(16);
    raw[6] = ((raw[6] as number) & 0x0f) | 0x40;
    raw[8] = ((raw[8] as number) & 0x3f) | 0x80;
    return raw.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  };
  const shuffle = (text: string): string => {
    const characters = Array.from(text);
    for (let i = characters.length - 1; i > 0; i--) {
      const j = Math.floor(random() * (i + 1));
      [characters[i], characters[j]] = [characters[j] as string, characters[i] as string];
    }
    return characters.join('');
  };
  const encrypt = (password: string, text: string): string => {
    const iv = bytes(BLOCK);
    const cipher = createCipheriv('aes-256-cbc', aesKey(password), iv);
    return Buffer.concat([iv, cipher.update(text), cipher.final()]).toString('base64');
  };
  return {
    uuidv4: declare('', uuid),
    randInt: declare('int int', (low: number, high: number) => {
      if (high <= low) rowError('invalid argument to Intn');
      return intValue(low + Math.floor(random() * (high - low)));
    }),
    randAlphaNum: declare('int', from(LETTERS + DIGITS)),
    randAlpha: declare('int', from(LETTERS)),
    randNumeric: declare('int', from(DIGITS)),
    randAscii: declare('int', from(PRINTABLE)),
    randBytes: declare('int', (count: number) => bytes(count).toString('base64')),
    shuffle: declare('string', shuffle),
    encryptAES: declare('string string', encrypt),
    decryptAES: declare('string string', decrypt),
  };
}
