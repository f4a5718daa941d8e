/** The text and byte work in front of sinks and behind sources, from the formats and functions packages. */
import type { Clock } from '@kuiper/base';
import type { TransformServices } from '@kuiper/engine';
import { compileTemplate, compressor, decompressor, type SchemaStore } from '@kuiper/formats';
import { compiledPattern } from '@kuiper/functions';

export interface TransformSurroundings {
  readonly schemas: SchemaStore;
  readonly clock: Clock;
  readonly random: () => number;
  readonly timeZone: string;
}

export function makeTransformServices({ schemas, clock, random, timeZone }: TransformSurroundings): TransformServices {
  const environment = { now: () => clock.now(), random, zone: timeZone, pattern: compiledPattern };
  return {
    template: (text) => compileTemplate(text, environment),
    compressor,
    decompressor,
    encryptor: () => undefined,
    schemaProblem: (format, schemaId) => (format === 'protobuf' ? schemas.problem(schemaId) : null),
  };
}
