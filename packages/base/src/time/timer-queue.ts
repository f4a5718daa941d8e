import type { Timer } from './clock.ts';

/**
 * Timers ordered by moment, then by the order in which they were set: a binary heap whose entries are the handles
 * themselves. Cancelling only marks an entry; marked ones are swept out when they are the majority, so both setting
 * and cancelling stay cheap with many thousands of timers.
 */
export class TimerQueue {
  #heap: TimerEntry[] = [];
  #sequence = 0;
  #cancelled = 0;

  /** Timers that will still run. */
  get size(): number {
    return this.#heap.length - this.#cancelled;
  }

  add(atMs: number, callback: () => void): Timer {
    const entry = new TimerEntry(this, atMs, this.#sequence++, callback);
    this.#heap.push(entry);
    this.#rise(this.#heap.length - 1);
    return entry;
  }

  /** The moment of the earliest timer, Infinity when there is none. */
  nextMs(): number {
    this.#dropCancelledHead();
    return this.#heap[0]?.atMs ?? Number.POSITIVE_INFINITY;
  }

  /**
   * Takes the earliest timer due at `nowMs` out of the queue and returns its callback, null when none is due.
   * @param before only timers set before this mark, see {@link mark}
   */
  takeDue(nowMs: number, before: number = Number.POSITIVE_INFINITY): (() => void) | null {
    this.#dropCancelledHead();
    const head = this.#heap[0];
    if (head === undefined || head.atMs > nowMs || head.sequence >= before) return null;
    this.#removeHead();
    const { callback } = head;
    head.callback = null;
    return callback;
  }

  /** Timers set from now on are not before this mark. */
  mark(): number {
    return this.#sequence;
  }

  /** Called by an entry that has just been cancelled. */
  noteCancelled(): void {
    this.#cancelled++;
    if (this.#cancelled > 64 && this.#cancelled * 2 > this.#heap.length) this.#sweep();
  }

  #dropCancelledHead(): void {
    while (this.#heap.length > 0 && this.#heap[0]?.callback === null) {
      this.#cancelled--;
      this.#removeHead();
    }
  }

  #sweep(): void {
    this.#heap = this.#heap.filter((entry) => entry.callback !== null);
    this.#cancelled = 0;
    for (let i = (this.#heap.length >> 1) - 1; i >= 0; i--) this.#sink(i);
  }

  #removeHead(): void {
    const last = this.#heap.pop() as TimerEntry;
    if (this.#heap.length === 0) return;
    this.#heap[0] = last;
    this.#sink(0);
  }

  #rise(from: number): void {
    const heap = this.#heap;
    const entry = heap[from] as TimerEntry;
    let index = from;
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = heap[parentIndex] as TimerEntry;
      if (!isBefore(entry, parent)) break;
      heap[index] = parent;
      index = parentIndex;
    }
    heap[index] = entry;
  }

  #sink(from: number): void {
    const heap = this.#heap;
    const entry = heap[from] as TimerEntry;
    const { length } = heap;
    let index = from;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= length) break;
      if (child + 1 < length && isBefore(heap[child + 1] as TimerEntry, heap[child] as TimerEntry)) child++;
      const smaller = heap[child] as TimerEntry;
      if (!isBefore(smaller, entry)) break;
      heap[index] = smaller;
      index = child;
    }
    heap[index] = entry;
  }
}

class TimerEntry implements Timer {
  readonly atMs: number;
  readonly sequence: number;
  /** null once it has run or was cancelled. */
  callback: (() => void) | null;
  readonly #queue: TimerQueue;

  constructor(queue: TimerQueue, atMs: number, sequence: number, callback: () => void) {
    this.#queue = queue;
    this.atMs = atMs;
    this.sequence = sequence;
    this.callback = callback;
  }

  cancel(): void {
    if (this.callback === null) return;
    this.callback = null;
    this.#queue.noteCancelled();
  }
}

function isBefore(a: TimerEntry, b: TimerEntry): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.sequence < b.sequence);
}
