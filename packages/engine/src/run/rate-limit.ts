/** What `interval`, `mergeField` and `merger` make of a push source. Source: behaviour spec, runtime §5.3, io §3.1, §3.2. */
import type { SourceDeclaration } from '@kuiper/sdk';
import { runErrors } from './errors.ts';
import type { SourceSpec } from './rule-spec.ts';
import { splitProps } from './split-props.ts';

/** Ms between the messages that go on; 0: all of them go on. */
export function limitInterval(declaration: SourceDeclaration, spec: SourceSpec): number {
  if (declaration.mode === 'pull' || declaration.ratelimits === true || declaration.emits !== 'bytes') return 0;
  return splitProps(spec).interval;
}

/** The field whose values keep a message each; null where messages are not merged. */
export function mergeField(spec: SourceSpec, declaration: SourceDeclaration): string | null {
  const field = splitProps(spec).mergeField;
  return field === '' || limitInterval(declaration, spec) <= 0 ? null : field;
}

/** Refuses combinations that make no sense; called when a rule is planned. */
export function checkRateLimit(spec: SourceSpec, declaration: SourceDeclaration): void {
  const props = splitProps(spec);
  const { merger } = props;
  const refuse = (why: string): never => {
    throw runErrors.RATE_LIMIT(why);
  };
  if (merger !== '' && props.mergeField !== '') refuse('mergeField and merger cannot set together');
  const intervalMs = limitInterval(declaration, spec);
  if (merger !== '')
    refuse(intervalMs > 0 ? `merger ${merger} not found` : 'merger is set but rate limit is not required');
  if (intervalMs > 0 && intervalMs < 1) refuse('interval should be larger than 1ms');
  if (mergeField(spec, declaration) === null) return;
  if (props.payloadFormat !== '') refuse('do not support rate limit merge together with payloadFormat');
  if (props.decompression !== '') refuse('do not support rate limit merge together with decompression');
  const format = (spec.options.format ?? 'json').toLowerCase();
  if (format !== 'json') refuse(`format ${format} does not support partial decode`);
}
