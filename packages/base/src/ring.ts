/**
 * A first-in first-out queue in one array that doubles until it reaches its bound. Adding and taking cost O(1) and
 * allocate nothing once the array has grown. Slots are cleared when taken, so items are not kept alive.
 */
export class Ring<T> {
  /** The most items it holds. */
  readonly capacity: number;
  #slots: (T | undefined)[];
  #mask: number;
  #head = 0;
  #length = 0;

  constructor(capacity: number = Number.POSITIVE_INFINITY, initial = 8) {
    this.capacity = capacity;
    let size = 1;
    while (size < initial) size *= 2;
    this.#slots = new Array<T | undefined>(size).fill(undefined);
    this.#mask = size - 1;
  }

  get length(): number {
    return this.#length;
  }

  get isFull(): boolean {
    return this.#length >= this.capacity;
  }

  /** False, and nothing changes, when the ring is full. */
  push(item: T): boolean {
    if (this.#length >= this.capacity) return false;
    if (this.#length > this.#mask) this.#grow();
    this.#slots[(this.#head + this.#length) & this.#mask] = item;
    this.#length++;
    return true;
  }

  /** Puts an item in front of all others; false when the ring is full. */
  unshift(item: T): boolean {
    if (this.#length >= this.capacity) return false;
    if (this.#length > this.#mask) this.#grow();
    this.#head = (this.#head - 1) & this.#mask;
    this.#slots[this.#head] = item;
    this.#length++;
    return true;
  }

  /** Takes the oldest item, undefined when there is none. */
  shift(): T | undefined {
    if (this.#length === 0) return undefined;
    const item = this.#slots[this.#head];
    this.#slots[this.#head] = undefined;
    this.#head = (this.#head + 1) & this.#mask;
    this.#length--;
    return item;
  }

  /** The item at `index`, 0 for the oldest; undefined when out of range. */
  at(index: number): T | undefined {
    return index < 0 || index >= this.#length ? undefined : this.#slots[(this.#head + index) & this.#mask];
  }

  clear(): void {
    this.#slots.fill(undefined);
    this.#head = 0;
    this.#length = 0;
  }

  *[Symbol.iterator](): IterableIterator<T> {
    for (let i = 0; i < this.#length; i++) yield this.#slots[(this.#head + i) & this.#mask] as T;
  }

  #grow(): void {
    const size = this.#slots.length * 2;
    const slots = new Array<T | undefined>(size).fill(undefined);
    for (let i = 0; i < this.#length; i++) slots[i] = this.#slots[(this.#head + i) & this.#mask];
    this.#slots = slots;
    this.#mask = size - 1;
    this.#head = 0;
  }
}
