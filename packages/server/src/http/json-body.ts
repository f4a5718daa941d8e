/**
 * Reading JSON bodies as clients of this API expect: property names in any case, unknown ones ignored, null counts as
 * absent, a value of the wrong type is refused. Source: behaviour spec, rest-cli-config §1.
 */
import { serverErrors } from '../errors.ts';
import { jsonProblem, scanJson } from './json-syntax.ts';

/** Exactly one JSON value. Throws with why it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw serverErrors.JSON(jsonProblem(text));
  }
}

/** The first JSON value of a body; what follows is ignored. Throws `EOF` for an empty body. */
export function parseFirstJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    const scan = scanJson(text);
    if (scan.kind === 'value') return JSON.parse(text.slice(0, scan.end)) as unknown;
    if (scan.kind === 'bad') throw serverErrors.JSON(scan.why);
    throw serverErrors.JSON(text.trim() === '' ? 'EOF' : 'unexpected EOF');
  }
}

export type FieldType = 'string' | 'bool' | 'int' | 'strings' | 'map' | 'maps' | 'any';

interface FieldValues {
  readonly string: string;
  readonly bool: boolean;
  readonly int: number;
  readonly strings: readonly string[];
  readonly map: Readonly<Record<string, unknown>>;
  readonly maps: readonly Readonly<Record<string, unknown>>[];
  readonly any: unknown;
}

export type Fields<F extends Readonly<Record<string, FieldType>>> = { readonly [K in keyof F]?: FieldValues[F[K]] };

/** The known properties of an object. @param path names the object in errors */
export function readFields<const F extends Readonly<Record<string, FieldType>>>(
  value: unknown,
  types: F,
  path = '',
): Fields<F> {
  const fields: Record<string, unknown> = {};
  if (value === null || value === undefined) return fields as Fields<F>;
  if (!isMap(value)) throw mismatch(path, 'object', value);
  for (const [name, type] of Object.entries(types)) {
    const given = property(value, name);
    if (given === undefined || given === null) continue;
    fields[name] = checked(given, type, path === '' ? name : `${path}.${name}`);
  }
  return fields as Fields<F>;
}

/** The property of this name, exactly or else in any case. */
export function property(value: Readonly<Record<string, unknown>>, name: string): unknown {
  if (Object.hasOwn(value, name)) return value[name];
  const wanted = name.toLowerCase();
  let found: unknown;
  for (const key of Object.keys(value)) if (key.toLowerCase() === wanted) found = value[key];
  return found;
}

export function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A JSON object; null is an empty one. */
export function asMap(value: unknown): Record<string, unknown> {
  if (value === null) return {};
  if (!isMap(value)) throw mismatch('', 'object', value);
  return value;
}

function checked(value: unknown, type: FieldType, path: string): unknown {
  switch (type) {
    case 'string':
      if (typeof value !== 'string') throw mismatch(path, 'string', value);
      return value;
    case 'bool':
      if (typeof value !== 'boolean') throw mismatch(path, 'boolean', value);
      return value;
    case 'int':
      if (typeof value !== 'number' || !Number.isInteger(value)) throw mismatch(path, 'integer', value);
      return value;
    case 'strings':
      return elements(value, 'string', path);
    case 'map':
      if (!isMap(value)) throw mismatch(path, 'object', value);
      return value;
    case 'maps':
      return elements(value, 'map', path);
    case 'any':
      return value;
  }
}

function elements(value: unknown, type: 'string' | 'map', path: string): unknown[] {
  if (!Array.isArray(value)) throw mismatch(path, 'array', value);
  return value.map((element: unknown, i) =>
    element === null ? (type === 'string' ? '' : {}) : checked(element, type, `${path}[${i}]`),
  );
}

export function mismatch(path: string, wanted: string, value: unknown): Error {
  const found = value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;
  const shown = typeof value === 'number' && wanted === 'integer' ? `number ${value}` : found;
  return serverErrors.JSON(`json: cannot read ${shown} as ${wanted}${path === '' ? '' : ` in field ${path}`}`);
}
