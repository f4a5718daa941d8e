/** Equality of tagged values across number kinds: int 1 equals float 1. */
export function sameValue(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  // biome-ignore lint/suspicious/noDoubleEquals: == compares a bigint with a number by mathematical value
  return typeof a !== typeof b && isNumeric(a) && isNumeric(b) && a == b;
}

/** A map key under which equal numbers of different kinds meet. */
export function valueKey(value: unknown): unknown {
  if (typeof value !== 'bigint') return value;
  const asNumber = Number(value);
  return Number.isSafeInteger(asNumber) ? asNumber : value;
}

function isNumeric(value: unknown): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint';
}
