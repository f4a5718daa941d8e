import { DateTime } from './date-time.ts';
import { setMember } from './tagging.ts';

/** Below this length the platform copies the characters of a slice instead of pointing into the longer string. */
const SHORTEST_SLICE = 13;

/**
 * A string with the same characters and memory of its own. A string cut out of a larger text keeps all of that text
 * alive (a whole socket read): whatever is kept beyond its batch goes through here.
 */
export function detachString(text: string): string {
  return text.length < SHORTEST_SLICE ? text : ` ${text}`.slice(1);
}

/** {@link detachString} for all strings in a value. Lists and maps are copied, instants and bytes are shared. */
export function detachValue(value: unknown): unknown {
  if (typeof value === 'string') return detachString(value);
  if (typeof value !== 'object' || value === null || value instanceof DateTime || value instanceof Uint8Array)
    return value;
  if (Array.isArray(value)) return value.map(detachValue);
  const copy: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(value)) setMember(copy, key, detachValue(member));
  return copy;
}
