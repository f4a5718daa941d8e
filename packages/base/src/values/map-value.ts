import { DateTime } from './date-time.ts';

/** True for maps among the values of rows: objects that are neither lists nor bytes nor moments. */
export function isMapValue(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Uint8Array) &&
    !(value instanceof DateTime)
  );
}
