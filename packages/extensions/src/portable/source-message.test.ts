import { expect, it } from 'vitest';
import { readSourceMessage } from './source-message.ts';

const rows: readonly (readonly [text: string, row: unknown, meta: unknown])[] = [
  ['{"message":{"count":50},"meta":null}', { count: 50 }, null],
  ['{"message":{"a":1.5},"meta":{"topic":"t"}}', { a: 1.5 }, { topic: 't' }],
  ['{"message":null,"meta":{}}', {}, {}],
  ['{"meta":null}', {}, null],
  ['{"message":{"error":"kept"}}', { error: 'kept' }, null],
];

it.each(rows)('reads the row and the metadata of %s', (text, row, meta) => {
  expect(readSourceMessage(text)).toEqual({ row, meta });
});

const errors: readonly (readonly [text: string, error: string])[] = [
  ['{"error":"no reading"}', 'no reading'],
  ['"{\\"error\\":\\"from Go\\"}"', 'from Go'],
  ['[1]', 'Invalid data format, cannot decode [1] to json format with error not an object'],
  [
    '{"message":5}',
    'Invalid data format, cannot decode {"message":5} to json format with error message is not an object',
  ],
  ['"text"', 'Invalid data format, cannot decode "text" to json format with error not an object'],
];

it.each(errors)('reads the error of %s', (text, error) => {
  const message = readSourceMessage(text);
  expect('error' in message && message.error.message).toBe(error);
});

it('names what is no JSON, shortened', () => {
  const message = readSourceMessage(`{"message":${'x'.repeat(2000)}`);
  expect('error' in message && message.error.message).toMatch(
    /^Invalid data format, cannot decode \{"message":x{501}… to json format with error /,
  );
});
