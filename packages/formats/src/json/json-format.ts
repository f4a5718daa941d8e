import { defineFormat, type FormatDeclaration } from '@kuiper/sdk';
import { createJsonDecoder } from './json-decoder.ts';
import { createJsonEncoder } from './json-encoder.ts';
import { createJsonTranscoder } from './json-transcoder.ts';

export const jsonFormat: FormatDeclaration = defineFormat({
  name: 'json',
  text: true,
  createDecoder: createJsonDecoder,
  createEncoder: createJsonEncoder,
  createTranscoder: createJsonTranscoder,
});
