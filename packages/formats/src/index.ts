import type { FormatDeclaration } from '@kuiper/sdk';
import { binaryFormat } from './binary-format.ts';
import { delimitedFormat } from './delimited-format.ts';
import { jsonFormat } from './json/json-format.ts';
import { urlencodedFormat } from './urlencoded-format.ts';

export * from './binary-format.ts';
export * from './compression/compression.ts';
export * from './delimited-format.ts';
export * from './json/json-format.ts';
export * from './json/json-transcoder.ts';
export * from './protobuf/protobuf-format.ts';
export * from './protobuf/schema-store.ts';
export * from './template/compile-template.ts';
export * from './template/template-environment.ts';
export * from './urlencoded-format.ts';

/** The formats that need no schema registry. */
export const builtinFormats: readonly FormatDeclaration[] = [
  jsonFormat,
  binaryFormat,
  delimitedFormat,
  urlencodedFormat,
];
