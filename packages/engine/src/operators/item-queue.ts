/** A queue whose items lie side by side in one array; taking from the front costs O(1) amortised. */
export class ItemQueue<T> {
  #items: T[] = [];
  #start = 0;

  get length(): number {
    return this.#items.length - this.#start;
  }

  push(item: T): void {
    this.#items.push(item);
  }

  /** The item at `index` from the front; there must be one. */
  at(index: number): T {
    return this.#items[this.#start + index] as T;
  }

  shift(): T {
    const item = this.#items[this.#start++] as T;
    if (this.#start === this.#items.length) {
      this.#items = [];
      this.#start = 0;
    } else if (this.#start >= 32 && this.#start * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#start);
      this.#start = 0;
    }
    return item;
  }
}
