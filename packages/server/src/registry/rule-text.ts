/**
 * The stored JSON text of a rule: kept as it was posted until a state change writes it again, then compact with sorted
 * keys. Source: behaviour spec, rest-cli-config §4.3.
 */
import { jsonText } from '@kuiper/base';
import { isMap } from '../http/json-body.ts';
import { modernRule } from './legacy-props.ts';

/** The same text when `triggered` says so already under its own name. */
export function withTriggered(text: string, triggered: boolean): string {
  return withMember(text, 'triggered', triggered);
}

export function withTags(text: string, tags: readonly string[]): string {
  return withMember(text, 'tags', tags);
}

/** With properties of actions under today's names; the same text when nothing changes. */
export function modernized(text: string): string {
  if (!text.includes('kafka') && !text.includes('sql')) return text;
  const rule: unknown = JSON.parse(text);
  const modern = isMap(rule) ? modernRule(rule) : null;
  return modern === null ? text : jsonText(modern);
}

function withMember(text: string, name: string, value: unknown): string {
  const rule = JSON.parse(text) as Record<string, unknown>;
  return jsonText({ ...rule, [name]: value });
}
