/**
 * Topic filters in MQTT style: levels parted by `/`, `+` stands for one level, a last `#` for the level above it and
 * everything below. Anchored: `a/+/b` does not match `x/a/1/b`.
 */
import { connectorErrors } from './errors.ts';

/** True when the text is a filter rather than one topic. */
export function hasWildcard(filter: string): boolean {
  return filter.includes('+') || filter.includes('#');
}

/** Throws `invalid topic T: # must at the last level`. Source: behaviour spec, io §14.5. */
export function checkTopicFilter(filter: string): void {
  const hash = filter.indexOf('#');
  if (hash !== -1 && hash !== filter.length - 1) throw connectorErrors.TOPIC_FILTER(filter);
}

/** The filter that topics are matched against: `$share/group/filter` delivers under `filter`. */
export function sharedFilterTopic(filter: string): string {
  if (!filter.startsWith('$share/')) return filter;
  const end = filter.indexOf('/', 7);
  return end === -1 ? filter : filter.slice(end + 1);
}

export type TopicMatcher = (topic: string) => boolean;

export function compileTopicFilter(filter: string): TopicMatcher {
  if (!hasWildcard(filter)) return (topic) => topic === filter;
  const levels = filter.split('/');
  const open = levels.at(-1) === '#';
  if (open) levels.pop();
  return (topic) => {
    const parts = topic.split('/');
    if (open ? parts.length < levels.length : parts.length !== levels.length) return false;
    for (let i = 0; i < levels.length; i++) {
      const level = levels[i];
      if (level !== '+' && level !== parts[i]) return false;
    }
    return true;
  };
}
