import { SingleState } from '../state/single-state.ts';
import { StateGroup } from '../state/state-group.ts';
import type { StateSlot } from '../state/state-slot.ts';
import { type Bag, createBag } from './bag-content.ts';
import { mostEmptyWindows } from './boundaries.ts';
import { BoundaryWindow } from './boundary-window.ts';
import type { WindowSetup } from './types.ts';
import { windowFingerprint } from './window-fingerprint.ts';

/**
 * Ends at each boundary with the rows whose time is before it, empty or not.
 *
 * The first window starts when the run starts, in event time at the first row; later ones at the boundary before.
 * Source: behaviour spec, sql §11.3, runtime §15.
 */
export class TumblingWindow<T> extends BoundaryWindow<T> {
  override readonly state: StateSlot;
  readonly #bag: Bag<T>;
  #startMs = Number.NaN;

  constructor(setup: WindowSetup<T>) {
    const { spec } = setup;
    super(setup, { units: spec.rawLength, ms: spec.length });
    this.#bag = createBag(setup.name, setup.content, setup.codec);
    const state = new StateGroup(setup.name, windowFingerprint(setup));
    state.add('rows', this.#bag.state);
    const saved = (): unknown => (this.boundaries.isAligned ? [this.#startMs, this.boundaries.nextMs] : undefined);
    const load = (stored: unknown): void => {
      [this.#startMs, this.boundaries.nextMs] = stored as [number, number];
    };
    state.add('time', new SingleState(setup.name, '', saved, load));
    this.state = state;
  }

  protected override add(item: T, timestampMs: number): void {
    this.#bag.add(item, timestampMs);
  }

  protected override get isMovable(): boolean {
    return true;
  }

  protected override align(timeMs: number): void {
    this.boundaries.align(timeMs);
    this.#startMs = timeMs;
  }

  protected override advance(timeMs: number): void {
    const boundaries = this.boundaries;
    while (timeMs >= boundaries.nextMs) {
      const endMs = boundaries.nextMs;
      if (this.#bag.length > 0 || this.setup.emitEmpty) {
        // a run on a clock that counts from zero has no start
        const startMs = this.#startMs > 0 ? this.#startMs : endMs - boundaries.periodMs;
        this.setup.output(this.#bag.take(), { start: startMs, end: endMs, trigger: endMs });
      }
      boundaries.advance();
      if (!this.setup.emitEmpty || boundaries.passedAt(timeMs) > mostEmptyWindows) boundaries.skipTo(timeMs);
      this.#startMs = boundaries.nextMs - boundaries.periodMs;
    }
  }
}
