/**
 * The properties of a source that its runtime heeds, whatever the source: what turns its bytes into rows.
 * Source: behaviour spec, io §1, §3.1.
 */
import { decodeProps, errorText, type PropSchema, type Props, prop } from '@kuiper/base';
import { runErrors } from './errors.ts';
import type { SourceSpec } from './rule-spec.ts';

const schema = {
  interval: prop.duration({ default: 0 }),
  mergeField: prop.string({ default: '' }),
  merger: prop.string({ default: '' }),
  decompression: prop.string({ default: '' }),
  payloadFormat: prop.string({ default: '' }),
  payloadField: prop.string({ default: '' }),
  payloadBatchField: prop.string({ default: '' }),
  payloadSchemaId: prop.string({ default: '' }),
  payloadDelimiter: prop.string({ default: '' }),
} satisfies PropSchema;

/** The interval in ms. */
export type SplitProps = Props<typeof schema>;

/** Throws what creating the rule answers when one is of the wrong kind. */
export function splitProps({ props }: SourceSpec): SplitProps {
  try {
    return decodeProps(props, schema);
  } catch (error) {
    throw runErrors.SOURCE_INVALID(errorText(error), { cause: error });
  }
}
