/**
 * The memory bus: rows from rule to rule within one process, by reference, with the type they were made under.
 *
 * A message reaches whoever subscribes to its topic at that moment, exactly or through a filter; nobody there, nothing
 * happens. Topics need no registration, so those made by a template are seen by filters too.
 */
import type { Row, RowType } from '@kuiper/base';
import type { Meta } from '@kuiper/sdk';
import { compileTopicFilter, type TopicMatcher } from '../topic-filter.ts';

export type RowKind = 'insert' | 'update' | 'upsert' | 'delete';

/** What an updatable sink wants done with one row. */
export interface RowChange {
  readonly kind: RowKind;
  readonly key: unknown;
}

/** One publication: rows are handed over and not changed by anybody afterwards. */
export interface MemoryDelivery {
  readonly topic: string;
  readonly rows: readonly Row[];
  readonly type: RowType;
  readonly meta: Meta;
  /** One per row when the sink is updatable, else null. */
  readonly changes: readonly RowChange[] | null;
}

/** A promise means "full": the publisher waits for it before it publishes again. */
export type MemorySubscriber = (delivery: MemoryDelivery) => Promise<void> | undefined;

interface Entry {
  readonly matches: TopicMatcher;
  readonly subscriber: MemorySubscriber;
}

/** Routes kept per topic; a topic made from data must not grow the map for ever. */
const maxRoutes = 4096;

export class MemoryBus {
  readonly #entries = new Set<Entry>();
  readonly #routes = new Map<string, readonly MemorySubscriber[]>();

  /** @returns the way to unsubscribe; harmless when called twice */
  subscribe(filter: string, subscriber: MemorySubscriber): () => void {
    const entry: Entry = { matches: compileTopicFilter(filter), subscriber };
    this.#entries.add(entry);
    this.#routes.clear();
    return () => {
      if (this.#entries.delete(entry)) this.#routes.clear();
    };
  }

  /**
   * Delivers to every subscriber, synchronously and in the order they subscribed.
   * @returns a promise that settles when all full subscribers have room again, undefined when none is full
   */
  publish(delivery: MemoryDelivery): Promise<void> | undefined {
    let waiting: Promise<void>[] | null = null;
    for (const subscriber of this.#route(delivery.topic)) {
      const full = subscriber(delivery);
      if (full !== undefined) waiting = waiting === null ? [full] : [...waiting, full];
    }
    return waiting === null ? undefined : waiting.length === 1 ? waiting[0] : Promise.all(waiting).then(() => {});
  }

  #route(topic: string): readonly MemorySubscriber[] {
    const known = this.#routes.get(topic);
    if (known !== undefined) return known;
    const found: MemorySubscriber[] = [];
    for (const entry of this.#entries) if (entry.matches(topic)) found.push(entry.subscriber);
    if (this.#routes.size >= maxRoutes) this.#routes.clear();
    this.#routes.set(topic, found);
    return found;
  }
}
