/**
 * Decoding of property bags by a schema. Source: io §1.
 *
 * A name matches exactly first, else in any case. Unknown names are ignored, null counts as absent. Nothing is
 * converted between strings, numbers and booleans; a float for an integer loses its fraction. Durations are texts
 * (`1h30m`) or numbers of milliseconds. All mistakes of a bag are reported together.
 */
import { baseErrors } from '../base-errors.ts';
import { errorText } from '../errors.ts';
import { formatDuration, parseDuration } from '../time/duration.ts';
import { isMapValue } from '../values/map-value.ts';
import { goTypeName, valueText } from '../values/text.ts';
import type { Prop, Props, PropSchema } from './prop.ts';

export type PropBag = Readonly<Record<string, unknown>>;

/**
 * The typed properties of a bag. A property that is absent has its default; an optional one without default is left
 * out. Throws `1 error(s) decoding:\n\n* 'NAME' expected type …`.
 */
export function decodeProps<P extends PropSchema>(bag: PropBag, schema: P): Props<P> {
  const decoded: Record<string, unknown> = {};
  const mistakes: string[] = [];
  for (const [name, prop] of Object.entries(schema)) {
    const value = lookupProp(bag, name);
    if (value === undefined || value === null) {
      const fallback = defaultValue(prop);
      if (fallback !== undefined) decoded[name] = fallback;
      continue;
    }
    decoded[name] = decodeProp(name, value, prop, mistakes);
  }
  if (mistakes.length > 0) {
    throw baseErrors.PROPS_INVALID(
      mistakes.length,
      mistakes
        .sort()
        .map((line) => `* ${line}`)
        .join('\n'),
    );
  }
  return decoded as Props<P>;
}

/** The value of `name`, found exactly or else in any case; undefined when the bag has none. */
export function lookupProp(bag: PropBag, name: string): unknown {
  if (Object.hasOwn(bag, name)) return bag[name];
  const wanted = name.toLowerCase();
  for (const key of Object.keys(bag)) {
    if (key.toLowerCase() === wanted) return bag[key];
  }
  return undefined;
}

/** The decoded form of a property's default; undefined when it has none. */
export function defaultValue(prop: Prop): unknown {
  if (prop.default !== undefined) {
    return prop.kind === 'duration' && typeof prop.default === 'string' ? parseDuration(prop.default) : prop.default;
  }
  return prop.optional === true ? undefined : zeroValue(prop);
}

/** A property that is neither optional nor has a default starts at the zero of its kind. */
function zeroValue(prop: Prop): unknown {
  switch (prop.kind) {
    case 'string':
      return '';
    case 'int':
    case 'float':
    case 'duration':
      return 0;
    case 'bool':
      return false;
    case 'strings':
    case 'list':
      return [];
    case 'map':
      return {};
    case 'any':
      return undefined;
  }
}

function decodeProp(name: string, value: unknown, prop: Prop, mistakes: string[]): unknown {
  const unconvertible = (type: string): undefined => {
    mistakes.push(
      `'${name}' expected type '${type}', got unconvertible type '${goTypeName(value, 'any')}', value: '${valueText(value, 'any')}'`,
    );
  };
  switch (prop.kind) {
    case 'string':
      return typeof value === 'string' ? value : unconvertible('string');
    case 'bool':
      return typeof value === 'boolean' ? value : unconvertible('bool');
    case 'int':
      return isNumber(value) ? Math.trunc(Number(value)) : unconvertible('int');
    case 'float':
      return isNumber(value) ? Number(value) : unconvertible('float64');
    case 'duration':
      if (isNumber(value)) return Math.trunc(Number(value));
      if (typeof value !== 'string') return unconvertible('cast.DurationConf');
      try {
        return parseDuration(value);
      } catch (error) {
        mistakes.push(`error decoding '${name}': ${errorText(error)}`);
        return undefined;
      }
    case 'strings':
      return decodeStrings(name, value, mistakes);
    case 'list':
      if (Array.isArray(value)) return value;
      mistakes.push(`'${name}': source data must be an array or slice, got ${goKindName(value)}`);
      return undefined;
    case 'map':
      if (isMapValue(value)) return value;
      mistakes.push(`'${name}' expected a map, got '${goKindName(value)}'`);
      return undefined;
    case 'any':
      return value;
  }
}

function decodeStrings(name: string, value: unknown, mistakes: string[]): readonly string[] | undefined {
  if (!Array.isArray(value)) {
    mistakes.push(`'${name}': source data must be an array or slice, got ${goKindName(value)}`);
    return undefined;
  }
  value.forEach((element: unknown, i) => {
    if (typeof element === 'string') return;
    mistakes.push(
      `'${name}[${i}]' expected type 'string', got unconvertible type '${goTypeName(element, 'any')}', value: '${valueText(element, 'any')}'`,
    );
  });
  return value as readonly string[];
}

function isNumber(value: unknown): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint';
}

/** The class of a type in the texts about lists and maps: `map` and `slice` without their element types. */
function goKindName(value: unknown): string {
  if (Array.isArray(value) || value instanceof Uint8Array) return 'slice';
  return isMapValue(value) ? 'map' : goTypeName(value, 'any');
}

const SECRET_NAME = /password|pass|token|secret|key|credential|auth/i;

/** What stands for a secret in answers, exports and logs. */
export const SECRET_MASK = '******';

/**
 * A copy of a bag with its secrets masked, nested bags included; for logs, answers and exports. Secret is what the
 * schema declares so; without a schema every name that looks like one. Empty secrets stay empty.
 */
export function maskSecrets(bag: PropBag, schema?: PropSchema): Record<string, unknown> {
  const secrets = schema && new Set(secretNames(schema).map((name) => name.toLowerCase()));
  const masked: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(bag)) {
    const secret = secrets ? secrets.has(name.toLowerCase()) : SECRET_NAME.test(name);
    masked[name] =
      secret && typeof value !== 'boolean' && value !== '' && value !== null
        ? SECRET_MASK
        : isMapValue(value)
          ? maskSecrets(value, schema)
          : value;
  }
  return masked;
}

/** The names of a schema's secret properties. */
export function secretNames(schema: PropSchema): string[] {
  return Object.keys(schema).filter((name) => schema[name]?.secret === true);
}

/** `map[k:v …]`, keys sorted: how a bag is shown in `read properties map[…] fail with error: …`. */
export function bagText(bag: PropBag): string {
  return valueText(bag, 'any');
}

export interface PropDescription {
  readonly name: string;
  readonly kind: Prop['kind'];
  /** The default as users write it: a duration is a text. Absent when there is none. */
  readonly default?: unknown;
  readonly optional: boolean;
  readonly secret: boolean;
  readonly connection: boolean;
  readonly advanced: boolean;
  readonly options?: readonly unknown[];
  readonly example?: string;
  readonly label?: { readonly en: string; readonly zh: string };
  readonly about?: { readonly en: string; readonly zh: string };
}

/** A schema as plain JSON, in declaration order: for `/metadata`, the console's form and the reference pages. */
export function describeProps(schema: PropSchema): PropDescription[] {
  return Object.entries(schema).map(([name, prop]) => ({
    name,
    kind: prop.kind,
    ...(prop.default !== undefined && {
      default:
        prop.kind === 'duration' && typeof prop.default === 'number' ? formatDuration(prop.default) : prop.default,
    }),
    optional: prop.optional === true || prop.default !== undefined,
    secret: prop.secret === true,
    connection: prop.connection === true,
    advanced: prop.advanced === true,
    ...(prop.options && { options: prop.options }),
    ...(prop.example !== undefined && { example: prop.example }),
    ...(prop.label && { label: prop.label }),
    ...(prop.about && { about: prop.about }),
  }));
}
