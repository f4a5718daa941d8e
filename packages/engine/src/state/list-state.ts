import type { StateEntry, StateSlot } from './state-slot.ts';

/** Turns items into plain data and back. */
export interface ListCodec<T> {
  pack(item: T): unknown;
  unpack(stored: unknown): T;
}

/** Items per stored entry: a checkpoint rewrites at most this many old items. */
const chunkLength = 64;
/** Dropped items are cut off when there are this many and they are the majority. */
const compactAt = 1024;

interface StoredChunk {
  readonly from: number;
  readonly at: readonly number[];
  readonly items: readonly unknown[];
}

/** What is left to hand out of a checkpoint: a fixed range of sequence numbers in arrays that only grow. */
interface Drain<T> {
  readonly items: readonly T[];
  readonly at: readonly number[];
  /** Sequence number of `items[0]`. */
  readonly base: number;
  readonly head: number;
  readonly end: number;
  headIsOut: boolean;
  deadChunk: number;
  chunk: number;
}

/**
 * A list that grows at its end and shrinks from its front, each item with a position (a time, a number). Appending and
 * dropping cost O(1); items lie side by side in one array. Checkpoints hold new items and the new front, not the list.
 */
export class ListState<T> implements StateSlot {
  readonly name: string;
  readonly fingerprint: string;
  readonly #codec: ListCodec<T> | null;
  /** Live items are `items[start]` to the end; `at` lies beside. Replaced, never spliced: drains keep the old arrays. */
  #items: T[] = [];
  #at: number[] = [];
  #start = 0;
  /** Sequence number of `#items[0]`. */
  #base = 0;
  #tracking = false;
  /** Items before this one are stored, as far as they are not dead. */
  #storedEnd = 0;
  /** First chunk that the store may hold. */
  #storedChunk = 0;
  #drain: Drain<T> | null = null;

  constructor(name: string, fingerprint: string, codec: ListCodec<T> | null) {
    this.name = name;
    this.fingerprint = fingerprint;
    this.#codec = codec;
  }

  get length(): number {
    return this.#items.length - this.#start;
  }

  /** All items; live are those from {@link start} on. Valid until the list changes. */
  get items(): readonly T[] {
    return this.#items;
  }

  /** Positions, parallel to {@link items}. */
  get positions(): readonly number[] {
    return this.#at;
  }

  /** Index of the first live item in {@link items}. */
  get start(): number {
    return this.#start;
  }

  push(item: T, position: number): void {
    this.#items.push(item);
    this.#at.push(position);
  }

  /** Drops the oldest `count` items. */
  drop(count: number): void {
    this.#start += count;
    if (this.#start === this.#items.length) this.#reset();
    else if (this.#start >= compactAt && this.#start * 2 >= this.#items.length) this.#compact();
  }

  /** Empties the list and hands over its arrays. */
  take(): { readonly items: readonly T[]; readonly start: number } {
    const taken = { items: this.#items, start: this.#start };
    this.#reset();
    return taken;
  }

  begin(full: boolean): void {
    const left = this.#drain;
    if (left !== null) {
      this.#storedEnd = Math.min(this.#storedEnd, left.chunk * chunkLength);
      this.#storedChunk = Math.min(this.#storedChunk, left.deadChunk);
    }
    const head = this.#base + this.#start;
    const end = this.#base + this.#items.length;
    const everything = full || !this.#tracking;
    const from = everything ? head : Math.max(head, this.#storedEnd);
    this.#drain = {
      items: this.#items,
      at: this.#at,
      base: this.#base,
      head,
      end,
      headIsOut: false,
      deadChunk: this.#tracking ? this.#storedChunk : chunkOf(head),
      chunk: chunkOf(from < end ? from : end + chunkLength - 1),
    };
    this.#tracking = true;
    this.#storedEnd = end;
    this.#storedChunk = chunkOf(head);
  }

  /** Counts items, not entries, towards `limit`: an entry holds many. */
  drain(limit: number): readonly StateEntry[] | null {
    const drain = this.#drain;
    if (drain === null) return null;
    const entries: StateEntry[] = [];
    let items = 0;
    if (!drain.headIsOut) {
      drain.headIsOut = true;
      entries.push({ key: 'range', value: [drain.head, drain.end] });
    }
    while (drain.deadChunk < chunkOf(drain.head) && entries.length < limit) {
      entries.push({ key: String(drain.deadChunk++), value: undefined });
    }
    while (drain.chunk * chunkLength < drain.end && entries.length + items < limit) {
      const chunk = this.#chunk(drain);
      entries.push({ key: String(drain.chunk++), value: chunk });
      items += chunk.items.length;
    }
    if (entries.length > 0) return entries;
    this.#drain = null;
    return null;
  }

  restore(entries: Iterable<StateEntry>): void {
    let head = 0;
    let end = 0;
    const chunks: StoredChunk[] = [];
    for (const { key, value } of entries) {
      if (value === undefined) continue;
      if (key === 'range') [head, end] = value as [number, number];
      else chunks.push(value as StoredChunk);
    }
    chunks.sort((a, b) => a.from - b.from);
    this.#base = head;
    for (const chunk of chunks) {
      chunk.items.forEach((stored, i) => {
        const sequence = chunk.from + i;
        if (sequence < head || sequence >= end) return;
        this.push(this.#codec === null ? (stored as T) : this.#codec.unpack(stored), chunk.at[i] as number);
      });
    }
    this.#tracking = true;
    this.#storedEnd = end;
    this.#storedChunk = chunkOf(head);
  }

  #chunk(drain: Drain<T>): StoredChunk {
    const from = Math.max(drain.chunk * chunkLength, drain.head);
    const first = from - drain.base;
    const last = Math.min((drain.chunk + 1) * chunkLength, drain.end) - drain.base;
    const items: readonly unknown[] = drain.items.slice(first, last);
    const codec = this.#codec;
    return {
      from,
      at: drain.at.slice(first, last),
      items: codec === null ? items : items.map((item) => codec.pack(item as T)),
    };
  }

  #reset(): void {
    this.#base += this.#items.length;
    this.#items = [];
    this.#at = [];
    this.#start = 0;
  }

  #compact(): void {
    this.#items = this.#items.slice(this.#start);
    this.#at = this.#at.slice(this.#start);
    this.#base += this.#start;
    this.#start = 0;
  }
}

function chunkOf(sequence: number): number {
  return Math.floor(sequence / chunkLength);
}
