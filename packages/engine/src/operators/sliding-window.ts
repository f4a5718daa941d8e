import { ListState } from '../state/list-state.ts';
import { StateGroup } from '../state/state-group.ts';
import type { StateSlot } from '../state/state-slot.ts';
import { holds } from './condition.ts';
import { createSlide, type Slide } from './slide-content.ts';
import type { WindowOperator, WindowSetup } from './types.ts';
import { WakeUp } from './wake-up.ts';
import { windowFingerprint } from './window-fingerprint.ts';

/**
 * Each row that meets the trigger makes a window of the rows around its time t:
 *
 * | form | content | emitted at |
 * |---|---|---|
 * | plain | [t − length, t] | t |
 * | delayed | [t − length, t + delay) | t + delay |
 * | version 2 | (t − length, t], delayed (t − length, t + delay] | t, t + delay |
 * | delayed, twice | (t − length, t], then (t, t + delay] | t, then t + delay |
 *
 * Rows that do not trigger stay for later windows. In event time a window waits for the watermark to reach its moment,
 * so it holds all rows of equal time. Source: behaviour spec, sql §11.3, runtime §15.
 */
export class SlidingWindow<T> implements WindowOperator<T> {
  readonly state: StateSlot;
  readonly #setup: WindowSetup<T>;
  readonly #rows: Slide<T>;
  /** Rows of second windows, when windows are emitted twice. */
  readonly #later: Slide<T> | null;
  /** Times of triggers whose window, or second window, is still to come. */
  readonly #pending: ListState<null>;
  /** Event time, emitted twice: triggers whose first window is still to come. */
  readonly #pendingFirst: ListState<null>;
  readonly #wakeUp: WakeUp;
  readonly #closedLeft: boolean;

  constructor(setup: WindowSetup<T>) {
    const { spec, name } = setup;
    const twice = spec.sendTwice && spec.delayMs > 0;
    this.#setup = setup;
    this.#closedLeft = !twice && !spec.version2;
    this.#rows = createSlide(name, setup.content, setup.codec, 'rounded');
    this.#later = twice ? createSlide(name, setup.content, setup.codec, 'rounded') : null;
    this.#pending = new ListState(name, '', null);
    this.#pendingFirst = new ListState(name, '', null);
    this.#wakeUp = new WakeUp(setup.clock, (nowMs) => this.#tick(nowMs));
    const state = new StateGroup(name, windowFingerprint(setup));
    state.add('rows', this.#rows.state);
    if (this.#later !== null) state.add('later', this.#later.state);
    state.add('pending', this.#pending);
    state.add('pendingFirst', this.#pendingFirst);
    this.state = state;
  }

  start(): void {
    if (!this.#setup.eventTime) this.#tick(this.#setup.clock.now());
  }

  row(item: T, timestampMs: number): void {
    // rows of the past count as of now: windows follow each other in time
    const atMs = Math.max(timestampMs, this.#rows.last);
    if (!this.#setup.eventTime) this.#settle(atMs, false);
    this.#rows.add(item, atMs);
    this.#later?.add(item, atMs);
    if (holds(this.#setup.trigger, item, this.#setup)) this.#trigger(atMs);
    this.#forget(atMs);
  }

  watermark(timestampMs: number): void {
    this.#settle(timestampMs, true);
  }

  stop(): void {
    this.#wakeUp.cancel();
  }

  #trigger(atMs: number): void {
    const { delayMs } = this.#setup.spec;
    if (this.#setup.eventTime) {
      if (this.#later !== null) this.#pendingFirst.push(null, atMs);
      this.#pending.push(null, atMs);
      return;
    }
    if (delayMs === 0) return this.#emit(atMs);
    if (this.#later !== null) this.#emitFirst(atMs);
    this.#pending.push(null, atMs);
    this.#wakeUp.by(this.#nextMs());
  }

  #tick(nowMs: number): void {
    this.#settle(nowMs, true);
    this.#wakeUp.by(this.#nextMs());
  }

  #nextMs(): number {
    const { positions, start } = this.#pending;
    return (positions[start] ?? Number.POSITIVE_INFINITY) + this.#setup.spec.delayMs;
  }

  /**
   * Emits windows whose moment has come.
   * @param complete all rows of this very moment are in; else windows that include it wait
   */
  #settle(timeMs: number, complete: boolean): void {
    for (;;) {
      const dueMs = this.#nextMs();
      const firstMs = this.#later === null ? Number.POSITIVE_INFINITY : headOf(this.#pendingFirst);
      if (firstMs <= dueMs && firstMs <= timeMs) {
        this.#pendingFirst.drop(1);
        this.#emitFirst(firstMs);
      } else if (dueMs < timeMs || (dueMs === timeMs && (complete || this.#closedLeft))) {
        this.#pending.drop(1);
        if (this.#later === null) this.#emit(dueMs - this.#setup.spec.delayMs);
        else this.#emitSecond(dueMs - this.#setup.spec.delayMs);
      } else return;
    }
  }

  #emit(atMs: number): void {
    const { length, delayMs, version2 } = this.#setup.spec;
    const range = { start: atMs - length, end: atMs + delayMs, trigger: atMs + delayMs };
    const view = this.#rows.window(range.start, this.#closedLeft, range.end, delayMs === 0 || version2);
    this.#setup.output(view, range);
  }

  #emitFirst(atMs: number): void {
    const startMs = atMs - this.#setup.spec.length;
    this.#setup.output(this.#rows.window(startMs, false, atMs, true), { start: startMs, end: atMs, trigger: atMs });
  }

  #emitSecond(atMs: number): void {
    const endMs = atMs + this.#setup.spec.delayMs;
    const view = this.#later?.window(atMs, false, endMs, true);
    if (view !== undefined) this.#setup.output(view, { start: atMs, end: endMs, trigger: atMs });
  }

  /** Lets rows go that are too old for any window to come. */
  #forget(nowMs: number): void {
    const { length } = this.#setup.spec;
    const waiting = this.#later === null ? this.#pending : this.#pendingFirst;
    const oldestMs = Math.min(headOf(waiting), nowMs);
    this.#rows.forget(oldestMs - length, this.#closedLeft);
    this.#later?.forget(Math.min(headOf(this.#pending), nowMs), false);
  }
}

function headOf(pending: ListState<null>): number {
  return pending.positions[pending.start] ?? Number.POSITIVE_INFINITY;
}
