import { KeyedState, StateCell } from '../state/keyed-state.ts';
import type { StateEntry, StateSlot } from '../state/state-slot.ts';
import { ItemQueue } from './item-queue.ts';
import type { WatermarkSetup } from './types.ts';

/** A row that waits for the watermark; its key is the number of its arrival. */
class HeldRow<T> extends StateCell {
  readonly item: T;
  readonly timestampMs: number;
  readonly stream: number;
  readonly arrival: number;

  constructor(arrival: number, item: T, timestampMs: number, stream: number) {
    super(String(arrival));
    this.arrival = arrival;
    this.item = item;
    this.timestampMs = timestampMs;
    this.stream = stream;
  }
}

/**
 * Rows that wait for the watermark. Those that come in order, as most do, stand in a queue; a row older than the queue's
 * end goes to a heap, which holds the rows out of order within the tolerance.
 */
export class HeldRows<T> implements StateSlot {
  readonly name: string;
  readonly fingerprint = 'held';
  readonly #setup: WatermarkSetup<T>;
  readonly #store: KeyedState<HeldRow<T>>;
  readonly #queue = new ItemQueue<HeldRow<T>>();
  readonly #heap: HeldRow<T>[] = [];
  #newestMs = Number.NEGATIVE_INFINITY;
  #arrivals = 0;

  constructor(setup: WatermarkSetup<T>) {
    const { codec } = setup;
    this.name = setup.name;
    this.#setup = setup;
    this.#store = new KeyedState<HeldRow<T>>({
      name: setup.name,
      fingerprint: this.fingerprint,
      save: (row) => [row.timestampMs, row.stream, codec === null ? row.item : codec.pack(row.item)],
      load: (key, stored) => {
        const [timestampMs, stream, item] = stored as [number, number, unknown];
        return new HeldRow(Number(key), codec === null ? (item as T) : codec.unpack(item), timestampMs, stream);
      },
    });
  }

  get length(): number {
    return this.#queue.length + this.#heap.length;
  }

  add(item: T, timestampMs: number, stream: number): void {
    const row = new HeldRow(this.#arrivals++, item, timestampMs, stream);
    this.#store.add(row);
    this.#place(row);
  }

  /** Hands rows up to a time to the setup's `release`, in order. */
  release(toMs: number): void {
    for (;;) {
      const queued = this.#queue.length > 0 ? this.#queue.at(0) : undefined;
      const heaped = this.#heap[0];
      const fromHeap = heaped !== undefined && (queued === undefined || isBefore(heaped, queued));
      const row = fromHeap ? heaped : queued;
      if (row === undefined || row.timestampMs > toMs) return;
      if (fromHeap) this.#popHeap();
      else this.#queue.shift();
      this.#store.delete(row);
      this.#setup.release(row.item, row.timestampMs, row.stream);
    }
  }

  begin(full: boolean): void {
    this.#store.begin(full);
  }

  drain(limit: number): readonly StateEntry[] | null {
    return this.#store.drain(limit);
  }

  restore(entries: Iterable<StateEntry>): void {
    this.#store.restore(entries);
    const rows = [...this.#store.values()].sort((a, b) => a.arrival - b.arrival);
    for (const row of rows) this.#place(row);
    this.#arrivals = (rows.at(-1)?.arrival ?? -1) + 1;
  }

  #place(row: HeldRow<T>): void {
    if (row.timestampMs >= this.#newestMs) {
      this.#newestMs = row.timestampMs;
      this.#queue.push(row);
    } else this.#pushHeap(row);
  }

  #pushHeap(row: HeldRow<T>): void {
    const heap = this.#heap;
    let i = heap.push(row) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!isBefore(row, heap[parent] as HeldRow<T>)) break;
      heap[i] = heap[parent] as HeldRow<T>;
      i = parent;
    }
    heap[i] = row;
  }

  #popHeap(): void {
    const heap = this.#heap;
    const row = heap.pop() as HeldRow<T>;
    if (heap.length === 0) return;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1] as HeldRow<T>, heap[child] as HeldRow<T>)) child++;
      if (!isBefore(heap[child] as HeldRow<T>, row)) break;
      heap[i] = heap[child] as HeldRow<T>;
      i = child;
    }
    heap[i] = row;
  }
}

function isBefore(a: HeldRow<unknown>, b: HeldRow<unknown>): boolean {
  return a.timestampMs < b.timestampMs || (a.timestampMs === b.timestampMs && a.arrival < b.arrival);
}
