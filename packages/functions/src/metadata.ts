/**
 * `meta(key)` and its older twin `mqtt(key)`. The parser reads their argument as a metadata key and the analyzer turns
 * the call into a reference, so there is nothing to evaluate. Source: behaviour spec, functions §17.
 */
import { rowError } from '@kuiper/base';
import { type ScalarFunction, scalar, t } from '@kuiper/sdk';

const notMetadata = 'only metadata of a source can be read';

const metadata = (name: string, summary: string, checkKey: (key: unknown) => string | null): ScalarFunction =>
  scalar({
    name,
    group: 'context',
    args: [t.any('key')],
    returns: 'any',
    onNull: 'call',
    summary,
    examples: [{ call: `${name}("topic")`, fails: 'Expect meta reference type for parameter 1' }],
    check: (args) => {
      const [key] = args;
      if (args.length !== 1 || key === undefined) return `Expect 1 arguments but found ${args.length}.`;
      if (key.literal !== 'column' && key.literal !== 'wildcard') return 'Expect meta reference type for parameter 1';
      return checkKey(key.value);
    },
    eval: () => rowError(notMetadata),
  });

const mqttKeys = ['topic', 'messageid'];

export const metadataFunctions: readonly ScalarFunction[] = [
  metadata('meta', 'Metadata of the message, such as its topic; a path reads nested values.', () => null),
  metadata('mqtt', 'Metadata of an MQTT message: `topic` or `messageid`.', (key) =>
    mqttKeys.includes(String(key).toLowerCase()) ? null : 'Parameter of mqtt function can be only topic or messageid.',
  ),
];
