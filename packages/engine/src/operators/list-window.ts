import type { StateSlot } from '../state/state-slot.ts';
import { type Bag, createBag } from './bag-content.ts';
import type { WindowOperator, WindowSetup } from './types.ts';

/** Rows that come as lists stay lists: whoever feeds them says where one ends. Inside graphs. */
export class ListWindow<T> implements WindowOperator<T> {
  readonly state: StateSlot;
  readonly #setup: WindowSetup<T>;
  readonly #rows: Bag<T>;

  constructor(setup: WindowSetup<T>) {
    this.#setup = setup;
    this.#rows = createBag(setup.name, setup.content, setup.codec);
    this.state = this.#rows.state;
  }

  start(): void {}

  row(item: T, timestampMs: number): void {
    this.#rows.add(item, timestampMs);
  }

  watermark(): void {}

  endList(): void {
    const nowMs = this.#setup.clock.now();
    this.#setup.output(this.#rows.take(), { start: nowMs, end: nowMs, trigger: nowMs });
  }

  stop(): void {}
}
