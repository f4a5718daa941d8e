/**
 * Which received messages may be acknowledged, in the order they came.
 *
 * MQTT wants acknowledgements in the order of the messages, and several subscriptions of one connection can share a
 * message: it is acknowledged when all of them have committed it and everything before it is acknowledged too.
 */
export class AcknowledgementLedger {
  #ids = new Uint16Array(64);
  #isQos2 = new Uint8Array(64);
  /** How many subscriptions have not committed the entry yet. */
  #open = new Uint16Array(64);
  #mask = 63;
  /** Sequence numbers of the oldest entry and of the next one; they go on counting over reconnects. */
  #head = 0;
  #tail = 0;

  /** Messages received and not acknowledged. */
  get length(): number {
    return this.#tail - this.#head;
  }

  /** @param subscriptions how many must commit; 0 when nobody wants the message. @returns the sequence number */
  add(id: number, isQos2: boolean, subscriptions: number): number {
    if (this.#tail - this.#head > this.#mask) this.#grow();
    const slot = this.#tail & this.#mask;
    this.#ids[slot] = id;
    this.#isQos2[slot] = isQos2 ? 1 : 0;
    this.#open[slot] = subscriptions;
    return this.#tail++;
  }

  /** One more subscription has committed entries `[from, to)`. Entries of a lost connection are ignored. */
  commit(from: number, to: number): void {
    for (let sequence = Math.max(from, this.#head); sequence < to; sequence++) {
      const slot = sequence & this.#mask;
      const open = this.#open[slot] as number;
      if (open > 0) this.#open[slot] = open - 1;
    }
  }

  /** Takes every entry at the head that nobody is waiting for. */
  take(entry: (id: number, isQos2: boolean) => void): void {
    while (this.#head < this.#tail) {
      const slot = this.#head & this.#mask;
      if (this.#open[slot] !== 0) return;
      this.#head++;
      entry(this.#ids[slot] as number, this.#isQos2[slot] === 1);
    }
  }

  /** The connection is lost: the broker sends everything that is not acknowledged again. */
  forget(): void {
    this.#head = this.#tail;
  }

  #grow(): void {
    const capacity = (this.#mask + 1) * 2;
    const ids = new Uint16Array(capacity);
    const isQos2 = new Uint8Array(capacity);
    const open = new Uint16Array(capacity);
    for (let sequence = this.#head; sequence < this.#tail; sequence++) {
      const from = sequence & this.#mask;
      const to = sequence & (capacity - 1);
      ids[to] = this.#ids[from] as number;
      isQos2[to] = this.#isQos2[from] as number;
      open[to] = this.#open[from] as number;
    }
    this.#ids = ids;
    this.#isQos2 = isQos2;
    this.#open = open;
    this.#mask = capacity - 1;
  }
}
