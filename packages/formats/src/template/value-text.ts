/** How values print. Source: behaviour spec, io §7.2. */
import { compareStrings, DateTime, floatText, formatDuration, MONTHS, WEEKDAYS } from '@kuiper/base';
import { keysOf, OpaqueValue, type PlainMap, SizedInt } from './values.ts';

/** The text of a printed action: nil is `<no value>`, everything else as {@link valueText}. */
export function actionText(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return value;
    case 'number':
      return floatText(value);
    case 'object':
      return value === null ? '<no value>' : valueText(value);
    case 'undefined':
      return '<no value>';
    default:
      return String(value);
  }
}

/** `%v`: nil is `<nil>`, floats as `floatText`, lists `[1 2]`, maps `map[a:1 b:2]` with keys sorted. */
export function valueText(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return value;
    case 'number':
      return floatText(value);
    case 'undefined':
      return '<nil>';
    case 'object':
      return value === null ? '<nil>' : objectText(value);
    default:
      return String(value);
  }
}

function objectText(value: object): string {
  if (Array.isArray(value)) return `[${value.map(valueText).join(' ')}]`;
  if (value instanceof SizedInt) return sizedIntText(value);
  if (value instanceof DateTime) return value.goText();
  if (value instanceof Uint8Array) return `[${value.join(' ')}]`;
  if (value instanceof OpaqueValue) return value.$text;
  const map = value as PlainMap;
  return `map[${sortedKeys(map)
    .map((key) => `${key}:${valueText(map[key])}`)
    .join(' ')}]`;
}

function sizedIntText(value: SizedInt): string {
  if (value.$type === 'time.Duration') return durationText(value.$int);
  return namedText(value) ?? value.$int.toString();
}

/** The name of a month or weekday. */
function namedText(value: SizedInt): string | undefined {
  if (value.$type === 'time.Month') return MONTHS[Number(value.$int) - 1];
  return value.$type === 'time.Weekday' ? WEEKDAYS[Number(value.$int)] : undefined;
}

/** True for integers that print as a text of their own. */
export function hasOwnText(value: unknown): boolean {
  return value instanceof SizedInt && (value.$type === 'time.Duration' || namedText(value) !== undefined);
}

export function durationText(nanos: bigint): string {
  return formatDuration(Number(nanos) / 1e6);
}

/** The keys of a map in the order of their bytes. */
export function sortedKeys(map: PlainMap): string[] {
  return keysOf(map).sort(compareStrings);
}

/** The values one after another, with a space between two that are both no strings. */
export function printed(values: readonly unknown[]): string {
  let text = '';
  for (let i = 0; i < values.length; i++) {
    if (i > 0 && typeof values[i] !== 'string' && typeof values[i - 1] !== 'string') text += ' ';
    text += valueText(values[i]);
  }
  return text;
}

/** A value as its `toString`: texts and bytes as they are, everything else as it prints. */
export function stringOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return value instanceof Uint8Array ? Buffer.from(value).toString('utf8') : valueText(value);
}
