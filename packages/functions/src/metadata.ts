/**
 * `meta(key)` and its older twin `mqtt(key)`. The parser reads their argument as a metadata key and the analyzer turns
 * the call into a reference, so there is nothing to evaluate. Source: behaviour spec, functions §17.
 */
import { rowError } from '@kuiper/base';
import { type ScalarFunction, scalar, t } from '@kuiper/sdk';

const metadata = (name: string, summary: string): ScalarFunction =>
  scalar({
    name,
    group: 'other',
    args: [t.any('key')],
    returns: 'any',
    onNull: 'call',
    summary,
    examples: [],
    eval: () => rowError(`${name} can only read metadata of a source`),
  });

export const metadataFunctions: readonly ScalarFunction[] = [
  metadata('meta', 'Metadata of the message, such as its topic; a path reads nested values.'),
  metadata('mqtt', 'Metadata of an MQTT message: topic, messageid.'),
];
