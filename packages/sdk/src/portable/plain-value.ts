/** Tagged values as plugins see them. Source: `plugin.ts`. */
import { DateTime, setMember } from '@kuiper/base';

const { MAX_SAFE_INTEGER, MIN_SAFE_INTEGER } = Number;

/** An int as a number where that is exact, a moment as `Date`. Lists and maps are new. */
export function plainValue(value: unknown): unknown {
  if (typeof value === 'bigint') return value <= MAX_SAFE_INTEGER && value >= MIN_SAFE_INTEGER ? Number(value) : value;
  if (typeof value !== 'object' || value === null) return value ?? null;
  if (value instanceof DateTime) return new Date(value.ms);
  if (value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return value.map(plainValue);
  const members: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(value)) setMember(members, key, plainValue(member));
  return members;
}
