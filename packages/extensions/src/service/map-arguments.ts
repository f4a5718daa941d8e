/** The arguments of a call as an input message. Source: behaviour spec, extension §6.3. */
import { isMapValue, rowError } from '@kuiper/base';
import type { CallArgument } from '@kuiper/sdk';
import { convertField, convertMembers, convertMessage, setField } from './convert-argument.ts';
import type { FieldType, MessageType, MessageValue } from './message-type.ts';

const texts = {
  none: (count: number) => `require ${count} parameters but none`,
  only: (count: number, found: number) => `require ${count} parameters but only got ${found}`,
};

/** Fields by position; one map alone gives them by name. Throws a row error for what does not fit. */
export function mapArguments(type: MessageType, args: readonly unknown[]): MessageValue {
  const { fields } = type;
  if (args.length === 0) return fields.length === 0 ? [] : rowError(texts.none(fields.length));
  if (args.length === 1) return mapOne(type, args[0]);
  if (args.length !== fields.length) return rowError(texts.only(fields.length, args.length));
  const value: MessageValue = new Array<unknown>(fields.length).fill(undefined);
  for (let i = 0; i < fields.length; i++) {
    const field = fields[i] as FieldType;
    setField(type, value, field, convertField(field, args[i]));
  }
  return value;
}

function mapOne(type: MessageType, arg: unknown): MessageValue {
  if (type.form !== 'plain' && type.form !== 'empty' && type.form !== 'wrapper') {
    return arg === null || arg === undefined ? [] : convertMessage(type, arg);
  }
  if (isMapValue(arg)) {
    const { value, matched } = convertMembers(type, arg);
    if (matched > 0) return value;
  }
  if (type.fields.length !== 1) return rowError(texts.only(type.fields.length, 1));
  return [convertField(type.fields[0] as FieldType, arg)];
}

/** What of {@link mapArguments} shows before any row is seen; null when nothing is wrong yet. */
export function checkArgumentsOf(type: MessageType, args: readonly CallArgument[]): string | null {
  const count = type.fields.length;
  if (args.length === 0) return count === 0 ? null : texts.none(count);
  if (args.length > 1) return args.length === count ? null : texts.only(count, args.length);
  const literal = args[0]?.literal ?? null;
  const isScalar = literal !== null && literal !== 'wildcard' && literal !== 'column';
  const isPlain = type.form === 'plain' || type.form === 'empty';
  return isScalar && isPlain && count !== 1 ? texts.only(count, 1) : null;
}
