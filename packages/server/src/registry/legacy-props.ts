/**
 * Properties under the names and in the form that connectors know today: `saslPassword` is `password`, `url` of SQL is
 * `dburl`, durations in bare milliseconds become texts. Source: behaviour spec, io §2.1, rest-cli-config §4.3.
 */
import { formatDuration } from '@kuiper/base';
import { isMap } from '../http/json-body.ts';

type Bag = Readonly<Record<string, unknown>>;

const durations = ['timeout', 'expiration', 'interval'];

/** Returns the same object when there is nothing to change. */
export function modernProps(type: string, props: Bag): Bag {
  let result = renamed(props, 'saslPassword', 'password');
  if (type.toLowerCase() === 'sql') result = renamed(result, 'url', 'dburl');
  for (const name of durations) result = withDuration(result, name);
  if (isMap(result.lookup)) {
    const lookup = withDuration(result.lookup, 'cacheTtl');
    if (lookup !== result.lookup) result = { ...result, lookup };
  }
  return result;
}

/** Rewrites the `kafka` and `sql` actions of a rule's JSON; null when there is nothing to change. */
export function modernRule(rule: Bag): Bag | null {
  const key = Object.keys(rule).find((name) => name.toLowerCase() === 'actions');
  const actions = key === undefined ? undefined : rule[key];
  if (key === undefined || !Array.isArray(actions)) return null;
  let changed = false;
  const rewritten = actions.map((action: unknown) => {
    if (!isMap(action)) return action;
    const entries = Object.entries(action).map(([type, props]) => {
      if ((type !== 'kafka' && type !== 'sql') || !isMap(props)) return [type, props] as const;
      const modern = modernProps(type, props);
      if (modern !== props) changed = true;
      return [type, modern] as const;
    });
    return Object.fromEntries(entries);
  });
  return changed ? { ...rule, [key]: rewritten } : null;
}

function renamed(props: Bag, from: string, to: string): Bag {
  if (!Object.hasOwn(props, from)) return props;
  const { [from]: value, ...rest } = props;
  return { ...rest, [to]: value };
}

function withDuration(props: Bag, name: string): Bag {
  const value = props[name];
  const isNumber = typeof value === 'number' || (typeof value === 'string' && /^-?\d+$/.test(value));
  return isNumber ? { ...props, [name]: formatDuration(Math.trunc(Number(value))) } : props;
}
