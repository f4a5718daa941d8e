/**
 * Requests for ranges of time: each leaves when its end has come, with the parts of its range that no request before it
 * has had. Requests leave in the order of their ends. Source: behaviour spec, sql §13.5, runtime §6.3.
 */
import { type Clock, toInt } from '@kuiper/base';
import { SingleState } from '../state/single-state.ts';
import type { StateSlot } from '../state/state-slot.ts';
import type { ItemExpr } from './types.ts';
import { WakeUp } from './wake-up.ts';

export interface DedupTriggerSetup<T> {
  readonly name: string;
  readonly clock: Clock;
  readonly start: ItemExpr<T>;
  readonly end: ItemExpr<T>;
  readonly now: ItemExpr<T>;
  /** Ranges that ended longer ago than this are forgotten. */
  readonly expireMs: number;
  /** @param parts null when nothing is left of the range */
  release(item: T, parts: readonly RangeText[] | null): void;
}

/** Epoch ms as text. */
export interface RangeText {
  readonly start_key: string;
  readonly end_key: string;
}

interface Request<T> {
  readonly item: T;
  readonly start: number;
  readonly end: number;
  /** On the rule's clock: when the end comes if no event tells of it before. */
  readonly dueMs: number;
}

type Range = readonly [start: number, end: number];

export class DedupTrigger<T> {
  readonly state: StateSlot;
  readonly #setup: DedupTriggerSetup<T>;
  readonly #wakeUp: WakeUp;
  /** By end, those of equal ends as they came. */
  #waiting: Request<T>[] = [];
  /** Sorted and apart from each other. */
  #covered: Range[] = [];

  constructor(setup: DedupTriggerSetup<T>) {
    this.#setup = setup;
    this.#wakeUp = new WakeUp(setup.clock, (nowMs) => this.#ring(nowMs));
    const read = (): unknown => [[...this.#waiting], [...this.#covered]];
    this.state = new SingleState(setup.name, 'ranges', read, (stored) => {
      [this.#waiting, this.#covered] = stored as [Request<T>[], Range[]];
    });
  }

  start(): void {
    this.#setTimer();
  }

  stop(): void {
    this.#wakeUp.cancel();
  }

  /** Throws a row error for what is no time. */
  row(item: T): void {
    const { clock } = this.#setup;
    const start = time(this.#setup.start(item));
    const end = time(this.#setup.end(item));
    const now = time(this.#setup.now(item));
    const dueMs = clock.now() + Math.max(0, end - now);
    const after = this.#waiting.findIndex((request) => request.end > end);
    this.#waiting.splice(after < 0 ? this.#waiting.length : after, 0, { item, start, end, dueMs });
    while (this.#waiting[0] !== undefined && this.#waiting[0].end <= now) this.#release(now);
    this.#setTimer();
  }

  #ring(nowMs: number): void {
    for (;;) {
      const [first] = this.#waiting;
      if (first === undefined || first.dueMs > nowMs) break;
      this.#release(first.end);
    }
    this.#setTimer();
  }

  #setTimer(): void {
    const [first] = this.#waiting;
    if (first !== undefined) this.#wakeUp.by(first.dueMs);
  }

  #release(now: number): void {
    const { item, start, end } = this.#waiting.shift() as Request<T>;
    const oldest = now - this.#setup.expireMs;
    this.#covered = this.#covered.filter((range) => range[1] >= oldest);
    const parts = uncovered([start, end], this.#covered);
    this.#covered = merged([start, end], this.#covered);
    const texts = parts.map(([from, to]) => ({ start_key: String(from), end_key: String(to) }));
    this.#setup.release(item, texts.length === 0 ? null : texts);
  }
}

function time(value: unknown): number {
  return Number(toInt(value, 'any', 'all'));
}

function uncovered([start, end]: Range, covered: readonly Range[]): Range[] {
  const parts: Range[] = [];
  let from = start;
  for (const [begin, stop] of covered) {
    if (stop <= from || begin >= end) continue;
    if (begin > from) parts.push([from, begin]);
    from = Math.max(from, stop);
  }
  if (from < end) parts.push([from, end]);
  return parts;
}

function merged(range: Range, covered: readonly Range[]): Range[] {
  let [start, end] = range;
  if (start >= end) return [...covered];
  const apart: Range[] = [];
  for (const other of covered) {
    if (other[1] < start || other[0] > end) apart.push(other);
    else {
      start = Math.min(start, other[0]);
      end = Math.max(end, other[1]);
    }
  }
  return [...apart, [start, end] as Range].sort((a, b) => a[0] - b[0]);
}
