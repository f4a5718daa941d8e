import { SingleState } from '../state/single-state.ts';
import { StateGroup } from '../state/state-group.ts';
import type { StateSlot } from '../state/state-slot.ts';
import { type Bag, createBag } from './bag-content.ts';
import { Boundaries } from './boundaries.ts';
import type { WindowOperator, WindowSetup } from './types.ts';
import { WakeUp } from './wake-up.ts';
import { windowFingerprint } from './window-fingerprint.ts';

/**
 * Ends when no row has come for the timeout. A session whose first row is a full `length` older than an aligned boundary
 * is cut there; the rest goes on as a session that starts at the cut. A gap of exactly the timeout keeps a session open.
 * Source: behaviour spec, sql §11.3, §12, runtime §15.
 */
export class SessionWindow<T> implements WindowOperator<T> {
  readonly state: StateSlot;
  readonly #setup: WindowSetup<T>;
  readonly #bag: Bag<T>;
  readonly #boundaries: Boundaries;
  readonly #wakeUp: WakeUp;
  /** Time of the oldest row held. */
  #firstMs = Number.NaN;
  /** Time of the newest row, also when it was in the part cut off; NaN when no session is open. */
  #lastMs = Number.NaN;
  /** Where the open session was cut last. */
  #cutMs = Number.NaN;

  constructor(setup: WindowSetup<T>) {
    const { spec } = setup;
    this.#setup = setup;
    this.#bag = createBag(setup.name, setup.content, setup.codec);
    this.#boundaries = new Boundaries(spec.unit ?? 'ms', spec.rawLength, spec.length, setup.timeZone);
    this.#wakeUp = new WakeUp(setup.clock, (nowMs) => this.#tick(nowMs));
    const state = new StateGroup(setup.name, windowFingerprint(setup));
    state.add('rows', this.#bag.state);
    state.add(
      'time',
      new SingleState(
        setup.name,
        '',
        () => [this.#boundaries.nextMs, this.#firstMs, this.#lastMs, this.#cutMs].map(orNull),
        (stored) => {
          const [nextMs, firstMs, lastMs, cutMs] = (stored as (number | null)[]).map(orNaN);
          this.#boundaries.nextMs = nextMs ?? Number.NaN;
          this.#firstMs = firstMs ?? Number.NaN;
          this.#lastMs = lastMs ?? Number.NaN;
          this.#cutMs = cutMs ?? Number.NaN;
        },
      ),
    );
    this.state = state;
  }

  start(): void {
    if (this.#setup.eventTime) return;
    const nowMs = this.#setup.clock.now();
    if (!this.#boundaries.isAligned) this.#boundaries.align(nowMs);
    this.#tick(nowMs);
  }

  row(item: T, timestampMs: number): void {
    if (!this.#boundaries.isAligned) this.#boundaries.align(timestampMs);
    this.#settle(timestampMs);
    if (this.#bag.length === 0) this.#firstMs = timestampMs;
    this.#bag.add(item, timestampMs);
    if (!(timestampMs <= this.#lastMs)) this.#lastMs = timestampMs;
    if (!this.#setup.eventTime) this.#wakeUp.by(this.#nextEndMs());
  }

  watermark(timestampMs: number): void {
    this.#settle(timestampMs);
  }

  stop(): void {
    this.#wakeUp.cancel();
  }

  #tick(nowMs: number): void {
    this.#settle(nowMs);
    // the timer is the sign that the timeout has passed, also when it rings on the dot
    if (this.#endMs() <= nowMs) this.#end();
    this.#wakeUp.by(this.#nextEndMs());
  }

  /** When the open session ends for want of rows; NaN when none is open. */
  #endMs(): number {
    return this.#lastMs + this.#setup.spec.interval;
  }

  #nextEndMs(): number {
    if (Number.isNaN(this.#lastMs)) return Number.POSITIVE_INFINITY;
    return Math.min(this.#endMs(), this.#nextCutMs());
  }

  /** The next boundary at which the rows held are old enough to be cut; Infinity without rows. */
  #nextCutMs(): number {
    if (this.#bag.length === 0) return Number.POSITIVE_INFINITY;
    const { nextMs, periodMs } = this.#boundaries;
    const missingMs = this.#firstMs + this.#setup.spec.length - nextMs;
    return missingMs <= 0 ? nextMs : nextMs + Math.ceil(missingMs / periodMs) * periodMs;
  }

  /** Ends and cuts what is known to be over when a row of this time has come, or none before it will. */
  #settle(timeMs: number): void {
    for (;;) {
      const cutMs = this.#nextCutMs();
      const endMs = this.#endMs();
      if (timeMs > endMs && !(cutMs < endMs)) this.#end();
      else if (cutMs <= timeMs) this.#cut(cutMs);
      else break;
    }
    this.#boundaries.skipTo(timeMs);
  }

  #end(): void {
    if (this.#bag.length > 0) this.#emit(this.#endMs());
    this.#lastMs = Number.NaN;
    this.#cutMs = Number.NaN;
  }

  #cut(atMs: number): void {
    this.#emit(atMs);
    this.#cutMs = atMs;
    this.#boundaries.skipTo(atMs);
  }

  #emit(endMs: number): void {
    const start = Number.isNaN(this.#cutMs) ? this.#firstMs : this.#cutMs;
    this.#setup.output(this.#bag.take(), { start, end: endMs, trigger: endMs });
  }
}

function orNull(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}

function orNaN(value: number | null): number {
  return value ?? Number.NaN;
}
