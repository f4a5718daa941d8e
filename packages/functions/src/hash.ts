/** Hashes of the printed form of a value, in lower-case hexadecimal. Source: behaviour spec, functions §14. */
import { createHash } from 'node:crypto';
import { crc32 as crc32Of } from 'node:zlib';
import { type FunctionDeclaration, scalar, t } from '@kuiper/sdk';
import { text } from './string/text-argument.ts';

function hash(name: string, algorithm: string, example: string): FunctionDeclaration {
  return scalar({
    name,
    group: 'hash',
    args: [t.text('s')],
    returns: 'string',
    onNull: 'null',
    summary: `The ${algorithm.toUpperCase()} hash of a text, in hexadecimal.`,
    examples: [
      { call: `${name}("edge")`, gives: `"${example}"` },
      { call: `${name}(a)`, row: { a: null }, gives: 'null' },
      { call: `${name}(1)`, fails: 'Expect string type for parameter 1' },
    ],
    eval: (s: unknown) => createHash(algorithm).update(text(s)).digest('hex'),
  });
}

const crc32 = scalar({
  name: 'crc32',
  group: 'hash',
  args: [t.text('s')],
  returns: 'string',
  onNull: 'null',
  summary: 'The CRC-32 checksum (IEEE) of a text, in hexadecimal without leading zeros.',
  examples: [
    { call: 'crc32("edge")', gives: '"7506d366"' },
    { call: 'crc32("hot")', gives: '"c8881c7"' },
    { call: 'crc32("")', gives: '"0"' },
  ],
  eval: (s: unknown) => crc32Of(text(s)).toString(16),
});

export const hashFunctions: readonly FunctionDeclaration[] = [
  crc32,
  hash('md5', 'md5', '09039bd1628a3c1b25fda3134a4fe050'),
  hash('sha1', 'sha1', 'a0f2c69a18eaea9d4651f3938bbc4945ed454331'),
  hash('sha256', 'sha256', 'a1cb100f57e971cacf269e7c26e4630a25a8e9d4bdd35e32df1a80b66b896254'),
  hash(
    'sha384',
    'sha384',
    '3dc9b03bcf7c9d52f737961b500885a0de34eed8005c0fc09ca38d54c7388f3bfe2b1b5c89fbc264cb11593bc5b13b1f',
  ),
  hash(
    'sha512',
    'sha512',
    '6c8d437dc12769142b30eb11d2207c18828a20e8b41605ed46650777757e74a0ce3bbb8c5497f6f741df3abbebbe3bc4b5c48c1daec5e806d809232c14993741',
  ),
];
