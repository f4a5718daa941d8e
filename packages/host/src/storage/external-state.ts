/** What programs outside keep for rules to read, by key. Source: behaviour spec, runtime §9.2. */
import type { Kv } from '../store/index.ts';

/** Values are texts as they were written; who reads them says what they are. */
const table = 'keyed_state';

/** Null deletes the key. Rules see the value from their next event on. */
export async function putExternalState(kv: Kv, key: string, value: string | null): Promise<void> {
  await kv.batch([value === null ? { type: 'delete', table, key } : { type: 'set', table, key, value }]);
}

/** Undefined when there is none, or it cannot be read: a rule then goes on with its default. */
export function externalStateReader(kv: Kv): (key: string) => string | undefined {
  const values = kv.textTable(table);
  return (key) => {
    try {
      return values.getSync(key);
    } catch {
      return undefined;
    }
  };
}
