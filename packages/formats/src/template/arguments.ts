/** What a value must be to be given to a parameter. Source: behaviour spec, io §7.2 ("Function argument types"). */
import { DateTime } from '@kuiper/base';
import type { ParamType } from './function-table.ts';
import type { Site } from './site.ts';
import { isMap, type PlainMap, SizedInt, typeName } from './values.ts';

function stringArg(value: unknown, site: Site): string {
  return typeof value === 'string' ? value : site.wrongType(value, 'string');
}

function intArg(value: unknown, site: Site): number {
  return value instanceof SizedInt && value.$type === 'int' ? Number(value.$int) : site.wrongType(value, 'int');
}

function floatArg(value: unknown, site: Site): number {
  return typeof value === 'number' ? value : site.wrongType(value, 'float64');
}

function boolArg(value: unknown, site: Site): boolean {
  return typeof value === 'boolean' ? value : site.wrongType(value, 'bool');
}

/** A missing map is an empty one. */
function mapArg(value: unknown, site: Site): PlainMap {
  if (value === undefined) return {};
  if (isMap(value) && typeName(value) === 'map[string]interface {}') return value;
  return site.wrongType(value, 'map[string]interface {}');
}

function timeArg(value: unknown, site: Site): DateTime {
  return value instanceof DateTime ? value : site.wrongType(value, 'time.Time');
}

function anyArg(value: unknown): unknown {
  return value ?? null;
}

/** By type; `value` takes everything as it is. */
export const argumentChecks: Readonly<Record<Exclude<ParamType, 'value'>, (value: unknown, site: Site) => unknown>> = {
  string: stringArg,
  int: intArg,
  float64: floatArg,
  bool: boolArg,
  map: mapArg,
  time: timeArg,
  any: anyArg,
};
