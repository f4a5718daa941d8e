import type { StateSlot } from '../state/state-slot.ts';
import { Boundaries } from './boundaries.ts';
import type { WindowOperator, WindowSetup } from './types.ts';
import { WakeUp } from './wake-up.ts';

/**
 * A window that ends at aligned boundaries. A row at or after the next boundary ends the windows before it first, so
 * rows belong by their time however late a tick comes.
 */
export abstract class BoundaryWindow<T> implements WindowOperator<T> {
  abstract readonly state: StateSlot;
  protected readonly setup: WindowSetup<T>;
  protected readonly boundaries: Boundaries;
  readonly #wakeUp: WakeUp;

  /** @param period from boundary to boundary, in the window's unit and in ms */
  constructor(setup: WindowSetup<T>, period: { readonly units: number; readonly ms: number }) {
    this.setup = setup;
    this.boundaries = new Boundaries(setup.spec.unit ?? 'ms', period.units, period.ms, setup.timeZone);
    this.#wakeUp = new WakeUp(setup.clock, (nowMs) => this.#tick(nowMs));
  }

  start(): void {
    if (this.setup.eventTime) return;
    const nowMs = this.setup.clock.now();
    if (!this.boundaries.isAligned) this.align(nowMs);
    this.#tick(nowMs);
  }

  row(item: T, timestampMs: number): void {
    if (!(timestampMs < this.boundaries.nextMs)) {
      if (this.boundaries.isAligned) this.advance(timestampMs);
      else this.align(timestampMs);
    }
    this.add(item, timestampMs);
  }

  watermark(timestampMs: number): void {
    this.advance(timestampMs);
  }

  stop(): void {
    this.#wakeUp.cancel();
  }

  #tick(nowMs: number): void {
    const { nextMs, periodMs } = this.boundaries;
    // a clock that was set back would keep this window open until it has caught up
    if (nextMs - nowMs > 2 * periodMs && this.isMovable) this.align(nowMs);
    this.advance(nowMs);
    this.#wakeUp.by(this.boundaries.nextMs);
  }

  /** The next boundary may be set anew. */
  protected abstract get isMovable(): boolean;

  protected abstract add(item: T, timestampMs: number): void;

  /** Sets the first boundary after `timeMs`. */
  protected abstract align(timeMs: number): void;

  /** Ends the windows whose boundaries are not after `timeMs`. */
  protected abstract advance(timeMs: number): void;
}
