import { SingleState } from '../state/single-state.ts';
import { StateGroup } from '../state/state-group.ts';
import type { StateSlot } from '../state/state-slot.ts';
import { type Bag, createBag } from './bag-content.ts';
import { createSlide, type Slide } from './slide-content.ts';
import type { WindowOperator, WindowSetup } from './types.ts';
import { windowFingerprint } from './window-fingerprint.ts';

/**
 * Every n-th row makes a window of the last n rows; with a step, every step-th row once there are n. Both ends of the
 * range are the moment of emission. Source: behaviour spec, sql §11.3.
 */
export class CountWindow<T> implements WindowOperator<T> {
  readonly state: StateSlot;
  readonly #setup: WindowSetup<T>;
  readonly #length: number;
  readonly #step: number;
  readonly #content: { readonly bag: Bag<T> } | { readonly bag: null; readonly slide: Slide<T> };
  /** Rows since the start. */
  #count = 0;

  constructor(setup: WindowSetup<T>) {
    const { spec, name } = setup;
    this.#setup = setup;
    this.#length = spec.length;
    this.#step = spec.interval === 0 ? spec.length : spec.interval;
    this.#content =
      this.#step === this.#length
        ? { bag: createBag(name, setup.content, setup.codec) }
        : { bag: null, slide: createSlide(name, setup.content, setup.codec, 'rounded') };
    const state = new StateGroup(name, windowFingerprint(setup));
    state.add('rows', this.#content.bag === null ? this.#content.slide.state : this.#content.bag.state);
    const load = (stored: unknown): void => {
      this.#count = stored as number;
    };
    state.add('count', new SingleState(name, '', () => this.#count, load));
    this.state = state;
  }

  start(): void {}

  row(item: T, timestampMs: number): void {
    this.#count++;
    const content = this.#content;
    const isFull = this.#count % this.#step === 0 && this.#count >= this.#length;
    if (content.bag !== null) {
      content.bag.add(item, timestampMs);
      if (isFull) this.#setup.output(content.bag.take(), this.#range(timestampMs));
      return;
    }
    const oldest = this.#count - this.#length + 1;
    content.slide.add(item, this.#count);
    if (isFull) this.#setup.output(content.slide.window(oldest, true, this.#count, true), this.#range(timestampMs));
    else content.slide.forget(oldest, true);
  }

  watermark(): void {}

  stop(): void {}

  #range(timestampMs: number): { start: number; end: number; trigger: number } {
    const nowMs = this.#setup.eventTime ? timestampMs : this.#setup.clock.now();
    return { start: nowMs, end: nowMs, trigger: nowMs };
  }
}
