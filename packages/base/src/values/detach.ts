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

/**
 * {@link detachString} for all strings in a value. Lists and maps that hold a longer one are copied, others, instants and
 * bytes are shared.
 */
export function detachValue(value: unknown): unknown {
  if (typeof value === 'string') return detachString(value);
  return isContainer(value) && holdsSlices(value) ? copied(value) : value;
}

function isContainer(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !(value instanceof DateTime) && !(value instanceof Uint8Array);
}

function isSlice(value: unknown): boolean {
  return typeof value === 'string' ? value.length >= SHORTEST_SLICE : isContainer(value) && holdsSlices(value);
}

function holdsSlices(value: object): boolean {
  if (Array.isArray(value)) return value.some(isSlice);
  for (const key in value) if (isSlice((value as Record<string, unknown>)[key])) return true;
  return false;
}

function copied(value: object): unknown {
  if (Array.isArray(value)) return value.map(detachValue);
  const copy: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(value)) setMember(copy, key, detachValue(member));
  return copy;
}
