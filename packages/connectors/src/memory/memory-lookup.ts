/**
 * Lookup `memory`: the newest row per key of a memory topic.
 *
 * Tables of the same topic and key share one store; it collects from the moment the first is created until the last
 * is dropped. Source: behaviour spec, io §16 and runtime §13.
 */
import { type Row, tagValue } from '@kuiper/base';
import { defineLookup, type LookupDeclaration, type OpenLookup } from '@kuiper/sdk';
import { connectorErrors } from '../errors.ts';
import type { MemoryBus, MemoryDelivery } from './memory-bus.ts';
import { sameValue, valueKey } from './same-value.ts';

const props = {};

export function memoryLookup(bus: MemoryBus): LookupDeclaration {
  const stores = new Map<string, KeyedStore>();
  return defineLookup({
    type: 'memory',
    about: { en: 'Looks up the newest row per key of a memory topic.', zh: '按主键查询内存主题中最新的数据。' },
    dataSource: {
      about: { en: 'Topic, or a filter with + and #', zh: '主题，或带有 + 和 # 的过滤器' },
      required: true,
    },
    needsKey: true,
    props,
    open(_context, _props, { dataSource, key }) {
      if (dataSource === '') throw connectorErrors.LOOKUP_TOPIC_REQUIRED();
      if (key === '') throw connectorErrors.LOOKUP_KEY_REQUIRED();
      const name = `${dataSource}\u0000${key}`;
      let store = stores.get(name);
      if (store === undefined) {
        store = new KeyedStore(bus, dataSource, key);
        stores.set(name, store);
      }
      return store.share(() => stores.delete(name));
    },
  });
}

class KeyedStore {
  readonly #key: string;
  readonly #rows = new Map<unknown, Row>();
  readonly #unsubscribe: () => void;
  #tables = 0;

  constructor(bus: MemoryBus, topic: string, key: string) {
    this.#key = key;
    this.#unsubscribe = bus.subscribe(topic, (delivery) => this.#collect(delivery));
  }

  share(onLast: () => void): OpenLookup {
    this.#tables++;
    let closed = false;
    return {
      lookup: (_fields, keys, values) => this.#find(keys, values),
      close: () => {
        if (closed) return;
        closed = true;
        this.#tables--;
        if (this.#tables > 0) return;
        this.#unsubscribe();
        onLast();
      },
    };
  }

  #collect(delivery: MemoryDelivery): undefined {
    for (let i = 0; i < delivery.rows.length; i++) {
      const row = tagValue(delivery.rows[i], delivery.type) as Row;
      const key = row[this.#key];
      if (key === undefined || key === null) continue;
      if (delivery.changes?.[i]?.kind === 'delete') this.#rows.delete(valueKey(key));
      else this.#rows.set(valueKey(key), row);
    }
  }

  #find(keys: readonly string[], values: readonly unknown[]): readonly Row[] {
    const at = keys.indexOf(this.#key);
    if (at !== -1) {
      const row = this.#rows.get(valueKey(values[at]));
      return row !== undefined && matches(row, keys, values) ? [row] : [];
    }
    const found: Row[] = [];
    for (const row of this.#rows.values()) if (matches(row, keys, values)) found.push(row);
    return found;
  }
}

function matches(row: Row, keys: readonly string[], values: readonly unknown[]): boolean {
  for (let i = 0; i < keys.length; i++) {
    const value = row[keys[i] as string];
    if (value === null || value === undefined || !sameValue(value, values[i])) return false;
  }
  return true;
}
