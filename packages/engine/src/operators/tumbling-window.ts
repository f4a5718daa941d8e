import { SingleState } from '../state/single-state.ts';
import { StateGroup } from '../state/state-group.ts';
import type { StateSlot } from '../state/state-slot.ts';
import { type Bag, createBag } from './bag-content.ts';
import { Boundaries, mostEmptyWindows } from './boundaries.ts';
import type { WindowOperator, WindowSetup } from './types.ts';
import { WakeUp } from './wake-up.ts';
import { windowFingerprint } from './window-fingerprint.ts';

/**
 * Ends at each boundary with the rows whose time is before it, empty or not. A row at or after the next boundary ends
 * the windows before it first, so rows belong by their time however late a tick comes.
 *
 * The first window starts when the run starts, in event time at the first row; later ones at the boundary before.
 * Source: behaviour spec, sql §11.3, runtime §15.
 */
export class TumblingWindow<T> implements WindowOperator<T> {
  readonly state: StateSlot;
  readonly #setup: WindowSetup<T>;
  readonly #bag: Bag<T>;
  readonly #boundaries: Boundaries;
  readonly #wakeUp: WakeUp;
  #startMs = Number.NaN;

  constructor(setup: WindowSetup<T>) {
    const { spec } = setup;
    this.#setup = setup;
    this.#bag = createBag(setup.name, setup.content, setup.codec);
    this.#boundaries = new Boundaries(spec.unit ?? 'ms', spec.rawLength, spec.length, setup.timeZone);
    this.#wakeUp = new WakeUp(setup.clock, (nowMs) => this.#tick(nowMs));
    const state = new StateGroup(setup.name, windowFingerprint(setup));
    state.add('rows', this.#bag.state);
    const saved = (): unknown => (this.#boundaries.isAligned ? [this.#startMs, this.#boundaries.nextMs] : undefined);
    const load = (stored: unknown): void => {
      [this.#startMs, this.#boundaries.nextMs] = stored as [number, number];
    };
    state.add('time', new SingleState(setup.name, '', saved, load));
    this.state = state;
  }

  start(): void {
    if (this.#setup.eventTime) return;
    const nowMs = this.#setup.clock.now();
    if (!this.#boundaries.isAligned) this.#align(nowMs);
    this.#tick(nowMs);
  }

  row(item: T, timestampMs: number): void {
    if (!(timestampMs < this.#boundaries.nextMs)) {
      if (this.#boundaries.isAligned) this.#advance(timestampMs);
      else this.#align(timestampMs);
    }
    this.#bag.add(item, timestampMs);
  }

  watermark(timestampMs: number): void {
    this.#advance(timestampMs);
  }

  stop(): void {
    this.#wakeUp.cancel();
  }

  #tick(nowMs: number): void {
    // a clock that was set back would keep this window open until it has caught up
    if (this.#boundaries.nextMs - nowMs > 2 * this.#boundaries.periodMs) this.#align(nowMs);
    this.#advance(nowMs);
    this.#wakeUp.by(this.#boundaries.nextMs);
  }

  #align(timeMs: number): void {
    this.#boundaries.align(timeMs);
    this.#startMs = timeMs;
  }

  #advance(timeMs: number): void {
    const boundaries = this.#boundaries;
    while (timeMs >= boundaries.nextMs) {
      const endMs = boundaries.nextMs;
      if (this.#bag.length > 0 || this.#setup.emitEmpty) {
        // a run on a clock that counts from zero has no start
        const startMs = this.#startMs > 0 ? this.#startMs : endMs - boundaries.periodMs;
        this.#setup.output(this.#bag.take(), { start: startMs, end: endMs, trigger: endMs });
      }
      boundaries.advance();
      if (!this.#setup.emitEmpty || boundaries.passedAt(timeMs) > mostEmptyWindows) boundaries.skipTo(timeMs);
      this.#startMs = boundaries.nextMs - boundaries.periodMs;
    }
  }
}
