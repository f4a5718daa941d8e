/** Binary messages of types that a schema describes. Source: behaviour spec, io §8.5. */
import { defineFormat, type FormatDeclaration } from '@kuiper/sdk';
import { ProtobufDecoder } from './protobuf-decoder.ts';
import { ProtobufEncoder } from './protobuf-encoder.ts';
import type { SchemaStore } from './schema-store.ts';

/** Decoders and encoders keep the schema that they were made with. Making one throws when there is none. */
export function protobufFormat(schemas: SchemaStore): FormatDeclaration {
  return defineFormat({
    name: 'protobuf',
    text: false,
    createDecoder: (spec) => new ProtobufDecoder(schemas.message(spec.schemaId ?? ''), spec),
    createEncoder: (spec) => new ProtobufEncoder(schemas.message(spec.schemaId ?? ''), spec),
  });
}
