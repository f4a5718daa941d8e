/** True for a value of an object kind: a plain object, not a list, bytes or an instant. */
export function isMapValue(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

export function isNil(value: unknown): value is null | undefined {
  return value === null || value === undefined;
}
