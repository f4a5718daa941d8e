/**
 * A copy of plain data that later changes in place do not reach: arrays and plain objects are copied all the way down,
 * everything else (bytes, instants, numbers, strings) never changes and is shared.
 */
export function copyValue(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const copy = new Array<unknown>(value.length);
    for (let i = 0; i < value.length; i++) copy[i] = copyValue(value[i]);
    return copy;
  }
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return value;
  const source = value as Record<string, unknown>;
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(source)) {
    // an own `__proto__` is data like any other
    if (key === '__proto__') Object.defineProperty(copy, key, { value: copyValue(source[key]), ...member });
    else copy[key] = copyValue(source[key]);
  }
  return copy;
}

const member = { enumerable: true, configurable: true, writable: true };
