/** Fields and methods of values: `.a.b`, `.time.Year`, `.time.Format "2006"`. Source: behaviour spec, io §7.2. */
import { DateTime } from '@kuiper/base';
import { methodOf } from './methods.ts';
import type { Site } from './site.ts';
import { isMap, OpaqueValue, SizedInt, typeName } from './values.ts';

/**
 * The field of a value that was found in a map or list. Nothing has no fields but is no error, nil is one.
 */
export function fieldOf(receiver: unknown, name: string, site: Site): unknown {
  if (receiver === undefined) return undefined;
  if (receiver === null) return site.fail(`nil pointer evaluating interface {}.${name}`);
  if (isMap(receiver)) return Object.hasOwn(receiver, name) ? receiver[name] : undefined;
  return noMapField(receiver, name, site, 'interface {}');
}

/** The field of a value whose type is known where it stands: a variable, a function's result. */
export function fieldOfConcrete(receiver: unknown, name: string, site: Site): unknown {
  if (receiver === undefined || receiver === null) return undefined;
  if (isMap(receiver)) return Object.hasOwn(receiver, name) ? receiver[name] : undefined;
  return noMapField(receiver, name, site, '');
}

/** The field of what is rendered: without `sendSingle` that is a list of rows, which has no fields. */
export function fieldOfData(data: unknown, name: string, site: Site): unknown {
  if (Array.isArray(data)) return site.fail(`can't evaluate field ${name} in type []map[string]interface {}`);
  return fieldOfConcrete(data, name, site);
}

function noMapField(receiver: {}, name: string, site: Site, type: string): unknown {
  if (receiver instanceof OpaqueValue && receiver.$fields.has(name)) return receiver.$fields.get(name);
  const method = methodOf(receiver, name);
  if (method !== undefined) return callMethod(receiver, name, method, [], site);
  return site.fail(
    `can't evaluate field ${name} in type ${type === '' || receiver instanceof SizedInt ? typeName(receiver) : type}`,
  );
}

/** A field that is given arguments must be a method. */
export function methodCall(receiver: unknown, name: string, args: readonly unknown[], site: Site): unknown {
  if (receiver === undefined) return undefined;
  if (receiver === null) return site.fail(`nil pointer evaluating interface {}.${name}`);
  const method = methodOf(receiver, name);
  if (method !== undefined) return callMethod(receiver, name, method, args, site);
  if (isMap(receiver)) return site.fail(`${name} is not a method but has arguments`);
  return site.fail(`can't evaluate field ${name} in type interface {}`);
}

function callMethod(
  receiver: unknown,
  name: string,
  method: NonNullable<ReturnType<typeof methodOf>>,
  args: readonly unknown[],
  site: Site,
): unknown {
  const { params } = method;
  if (args.length !== params.length)
    return site.fail(`wrong number of args for ${name}: want ${params.length} got ${args.length}`);
  for (let i = 0; i < params.length; i++) {
    if (!fits(args[i], params[i] as string)) return site.wrongType(args[i], params[i] as string);
  }
  return method.call(receiver as never, ...(args as never[]));
}

function fits(value: unknown, type: string): boolean {
  if (type === 'time.Time') return value instanceof DateTime;
  if (type === 'string') return typeof value === 'string';
  // an integer literal takes the type asked for
  return value instanceof SizedInt && (value.$type === type || value.$type === 'int');
}
