import { expect, test } from 'vitest';
import { builtinFormats, protobufFormat, SchemaStore } from './index.ts';
import { formatNames } from './schemas.ts';

test('the names are those of the formats there are', () => {
  expect(formatNames).toEqual([...builtinFormats, protobufFormat(new SchemaStore())].map(({ name }) => name));
});
