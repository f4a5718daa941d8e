/**
 * Settings from the environment: `KUIPER__BASIC__RESTPORT=9090` sets `basic.restPort` of `kuiper.yaml`, and likewise for
 * every other YAML file by its name. Source: behaviour spec, rest-cli-config §12.
 */

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Lays the variables of one file over its content; levels and keys are matched in any case and made where missing.
 * @param file name without extension, such as `kuiper` or `mqtt_source`
 * @param bag changed in place
 */
export function applyEnvironment(file: string, bag: Record<string, unknown>, environment: Environment): void {
  const prefix = `${file.toUpperCase()}__`;
  for (const [name, value] of Object.entries(environment)) {
    if (value === undefined || !name.toUpperCase().startsWith(prefix)) continue;
    const path = name
      .slice(prefix.length)
      .split('__')
      .filter((part) => part !== '');
    const key = path.pop();
    if (key !== undefined) setIn(bag, path, key, typedValue(value));
  }
}

function setIn(bag: Record<string, unknown>, path: readonly string[], key: string, value: unknown): void {
  let level = bag;
  for (const part of path) {
    const name = sameKey(level, part);
    let next = level[name];
    if (typeof next !== 'object' || next === null || Array.isArray(next)) {
      next = {};
      level[name] = next;
    }
    level = next as Record<string, unknown>;
  }
  level[sameKey(level, key)] = value;
}

function sameKey(level: Readonly<Record<string, unknown>>, wanted: string): string {
  const lower = wanted.toLowerCase();
  return Object.keys(level).find((key) => key.toLowerCase() === lower) ?? lower;
}

/** `[a,b]` is a list; then integer, boolean, float, text. */
export function typedValue(text: string): unknown {
  const trimmed = text.trim();
  if (trimmed.startsWith('[') && trimmed.endsWith(']')) {
    const inner = trimmed.slice(1, -1).trim();
    return inner === '' ? [] : inner.split(',').map(typedValue);
  }
  if (/^[+-]?\d+$/.test(trimmed) && Number.isSafeInteger(Number(trimmed))) return Number(trimmed);
  if (/^(true|t)$/i.test(trimmed)) return true;
  if (/^(false|f)$/i.test(trimmed)) return false;
  if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(trimmed)) return Number(trimmed);
  return trimmed;
}
