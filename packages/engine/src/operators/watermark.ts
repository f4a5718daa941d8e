import { SingleState } from '../state/single-state.ts';
import { StateGroup } from '../state/state-group.ts';
import type { StateSlot } from '../state/state-slot.ts';
import { HeldRows } from './held-rows.ts';
import type { WatermarkOperator, WatermarkSetup } from './types.ts';
import { WakeUp } from './wake-up.ts';

/**
 * Holds event-time rows back until nothing older can come. The watermark is the least of the streams' largest times,
 * minus the tolerance, and only moves forward; there is none until every stream has delivered. A row before it is late
 * and dropped, one at it is kept. When it advances, rows up to it go out in order of time, rows of equal time in order
 * of arrival, then the watermark itself.
 *
 * With an idle timeout, a stream that has been silent for so long holds the others back no more, until it speaks again.
 * Source: behaviour spec, runtime §14, sql §12.
 */
export class Watermark<T> implements WatermarkOperator<T> {
  readonly state: StateSlot;
  readonly #setup: WatermarkSetup<T>;
  readonly #held: HeldRows<T>;
  /** Largest time per stream; -Infinity before its first row. */
  readonly #newestMs: number[];
  /** Clock time of each stream's last row. */
  readonly #heardMs: number[];
  readonly #idle: boolean[];
  readonly #wakeUp: WakeUp;
  #watermarkMs = Number.NEGATIVE_INFINITY;

  constructor(setup: WatermarkSetup<T>) {
    this.#setup = setup;
    this.#newestMs = new Array<number>(setup.streams).fill(Number.NEGATIVE_INFINITY);
    this.#heardMs = new Array<number>(setup.streams).fill(0);
    this.#idle = new Array<boolean>(setup.streams).fill(false);
    this.#held = new HeldRows(setup);
    this.#wakeUp = new WakeUp(setup.clock, (nowMs) => this.#lookForIdle(nowMs));
    const state = new StateGroup(setup.name, `${setup.streams} ${setup.fingerprint}`);
    state.add('rows', this.#held);
    const saved = (): unknown => [this.#watermarkMs, ...this.#newestMs].map((ms) => (Number.isFinite(ms) ? ms : null));
    const load = (stored: unknown): void => {
      const times = (stored as (number | null)[]).map((ms) => ms ?? Number.NEGATIVE_INFINITY);
      this.#watermarkMs = times.shift() ?? Number.NEGATIVE_INFINITY;
      for (let i = 0; i < setup.streams; i++) this.#newestMs[i] = times[i] ?? Number.NEGATIVE_INFINITY;
    };
    state.add('time', new SingleState(setup.name, '', saved, load));
    this.state = state;
  }

  get held(): number {
    return this.#held.length;
  }

  start(): void {
    const { idleTimeoutMs, clock } = this.#setup;
    if (idleTimeoutMs === 0) return;
    this.#heardMs.fill(clock.now());
    this.#wakeUp.by(clock.now() + idleTimeoutMs);
  }

  row(item: T, timestampMs: number, stream: number): void {
    const { idleTimeoutMs, clock } = this.#setup;
    if (idleTimeoutMs > 0) {
      this.#heardMs[stream] = clock.now();
      this.#idle[stream] = false;
      this.#wakeUp.by(clock.now() + idleTimeoutMs);
    }
    const isNewest = timestampMs > (this.#newestMs[stream] as number);
    if (isNewest) this.#newestMs[stream] = timestampMs;
    if (timestampMs < this.#watermarkMs) {
      this.#setup.onLate(1);
      return;
    }
    this.#held.add(item, timestampMs, stream);
    if (isNewest) this.#advance();
  }

  stop(): void {
    this.#wakeUp.cancel();
  }

  #advance(): void {
    let leastMs = Number.POSITIVE_INFINITY;
    let newestMs = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < this.#newestMs.length; i++) {
      const ms = this.#newestMs[i] as number;
      if (ms > newestMs) newestMs = ms;
      if (ms < leastMs && !this.#idle[i]) leastMs = ms;
    }
    // with all streams idle the fastest of them counts
    const watermarkMs = (leastMs === Number.POSITIVE_INFINITY ? newestMs : leastMs) - this.#setup.lateToleranceMs;
    if (!(watermarkMs > this.#watermarkMs)) return;
    this.#watermarkMs = watermarkMs;
    this.#held.release(watermarkMs);
    this.#setup.advance(watermarkMs);
  }

  #lookForIdle(nowMs: number): void {
    let next = Number.POSITIVE_INFINITY;
    for (let i = 0; i < this.#idle.length; i++) {
      const idleAtMs = (this.#heardMs[i] as number) + this.#setup.idleTimeoutMs;
      if (idleAtMs <= nowMs) this.#idle[i] = true;
      else if (idleAtMs < next) next = idleAtMs;
    }
    this.#advance();
    this.#wakeUp.by(next);
  }
}
