/** The messages of Google that stand for one value: moments, lengths of time, JSON values. */
import { asInt, DateTime, isIntValue, parseDateTime, parseDuration, rowError, setMember } from '@kuiper/base';
import type { FieldType, MessageType, MessageValue } from './message-type.ts';

const nanosPerMs = 1_000_000;

/** Seconds since the epoch and nanoseconds beyond them, as `Timestamp` and `Duration` have them. */
export function timestampOf(moment: DateTime): MessageValue {
  const seconds = Math.floor(moment.ms / 1000);
  return [seconds, (moment.ms - seconds * 1000) * nanosPerMs + moment.subMsNanos];
}

/** Of an RFC 3339 text. Throws a row error for another one. */
export function timestampOfText(text: string): MessageValue {
  return timestampOf(parseDateTime(text, { zone: 'UTC', nowMs: 0 }));
}

/** Of `1.5s`, or of a duration as rules write it. */
export function durationOfText(text: string): MessageValue {
  const exact = /^(-?)(\d+)(?:\.(\d{1,9}))?s$/.exec(text);
  if (exact === null) return durationOfMs(parseDuration(text));
  const sign = exact[1] === '-' ? -1 : 1;
  return [sign * Number(exact[2]) + 0, sign * Number((exact[3] ?? '').padEnd(9, '0')) + 0];
}

function durationOfMs(lengthMs: number): MessageValue {
  const seconds = Math.trunc(lengthMs / 1000);
  return [seconds, Math.round((lengthMs - seconds * 1000) * nanosPerMs)];
}

export function timestampText([seconds, nanos]: MessageValue): string {
  const ms = Number(seconds ?? 0) * 1000 + Math.floor(Number(nanos ?? 0) / nanosPerMs);
  return new DateTime(ms, 'UTC', Number(nanos ?? 0) % nanosPerMs).rfc3339();
}

export function durationText([seconds, nanos]: MessageValue): string {
  const sign = Number(seconds ?? 0) < 0 || Number(nanos ?? 0) < 0 ? '-' : '';
  const fraction = String(Math.abs(Number(nanos ?? 0)))
    .padStart(9, '0')
    .replace(/0+$/, '');
  return `${sign}${Math.abs(Number(seconds ?? 0))}${fraction === '' ? '' : `.${fraction}`}s`;
}

/** Numbers of the fields of a `google.protobuf.Value`. */
const valueField = { null: 1, number: 2, string: 3, bool: 4, struct: 5, list: 6 } as const;

/** A `google.protobuf.Value` of a tagged value. */
export function jsonValueOf(type: MessageType, value: unknown): MessageValue {
  const made: MessageValue = new Array<unknown>(type.fields.length).fill(undefined);
  const put = (name: keyof typeof valueField, content: unknown): MessageValue => {
    made[fieldOf(type, name).index] = content;
    return made;
  };
  if (value === null || value === undefined) return put('null', 0);
  if (typeof value === 'number' || isIntValue(value, 'any')) return put('number', Number(value));
  if (typeof value === 'string') return put('string', value);
  if (typeof value === 'boolean') return put('bool', value);
  if (value instanceof DateTime) return put('string', value.rfc3339());
  if (value instanceof Uint8Array) return put('string', Buffer.from(value).toString('base64'));
  const isList = Array.isArray(value);
  const field = fieldOf(type, isList ? 'list' : 'struct');
  const inner = field.message as MessageType;
  made[field.index] = isList ? jsonListOf(inner, value) : jsonStructOf(inner, value as object);
  return made;
}

export function jsonListOf(type: MessageType, list: readonly unknown[]): MessageValue {
  const element = type.fields[0]?.message as MessageType;
  return [list.map((value) => jsonValueOf(element, value))];
}

export function jsonStructOf(type: MessageType, map: object): MessageValue {
  const member = type.fields[0]?.message as MessageType;
  return [Object.entries(map).map(([key, value]) => [key, jsonValueOf(member, value)])];
}

/** The tagged value of a `google.protobuf.Value`, `Struct` or `ListValue`. */
export function plainJsonOf(type: MessageType, value: MessageValue): unknown {
  if (type.form === 'list') return jsonItems(type, value);
  if (type.form === 'struct') return jsonMembers(type, value);
  const at = value.findIndex((member) => member !== undefined);
  const field = type.fields[at];
  if (field === undefined || field.type === 'enum') return null;
  return field.message === null ? value[at] : plainJsonOf(field.message, value[at] as MessageValue);
}

function jsonItems(type: MessageType, value: MessageValue): unknown[] {
  const element = type.fields[0]?.message as MessageType;
  return ((value[0] as MessageValue[] | undefined) ?? []).map((item) => plainJsonOf(element, item));
}

function jsonMembers(type: MessageType, value: MessageValue): Record<string, unknown> {
  const member = type.fields[0]?.message as MessageType;
  const made: Record<string, unknown> = {};
  for (const [key, item] of (value[0] as [string, MessageValue][] | undefined) ?? []) {
    setMember(made, key, plainJsonOf(member, item));
  }
  return made;
}

function fieldOf(type: MessageType, name: keyof typeof valueField): FieldType {
  return type.byNumber.get(valueField[name]) ?? rowError(`${type.name} has no field ${valueField[name]}`);
}

/** A whole number of an answer in text or number form; undefined for what is none. */
export function intOfJson(value: unknown): ReturnType<typeof asInt> {
  if (typeof value === 'string' && /^-?\d+$/.test(value))
    return asInt(BigInt.asIntN(64, BigInt(value)), 'any', 'strict');
  return asInt(value, 'any', 'strict');
}
