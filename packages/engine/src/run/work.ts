/**
 * Marks the moments in which the thread works for one rule: when it never comes back, it is that rule's fault.
 *
 * Every way into code of a rule or of its extensions sets the mark: rows, timers, and what goes on when an answer comes.
 * It is put back afterwards, not cleared: a rule that writes to a memory topic is in the middle of its work when the
 * next one has had its row.
 */
import type { Clock } from '@kuiper/base';
import type { Activity } from './services.ts';

export class Work {
  readonly number: number;
  readonly #current: Int32Array;

  /** @param owner the rule; `$$subtopo_<stream>` for what belongs to all rules on a shared stream */
  constructor(activity: Activity, owner: string) {
    this.number = activity.numberOf(owner);
    this.#current = activity.current;
  }

  /** @returns what {@link leave} has to be given */
  enter(): number {
    const before = this.#current[0] as number;
    this.#current[0] = this.number;
    return before;
  }

  leave(before: number): void {
    this.#current[0] = before;
  }

  /** What is awaited inside is not covered: only what happens before `step` returns. */
  run<T>(step: () => T): T {
    const before = this.enter();
    try {
      return step();
    } finally {
      this.leave(before);
    }
  }

  /** Timers whose callbacks count as work; what these throw goes to `threw`. */
  clock(clock: Clock, threw: (error: unknown) => void): Clock {
    return {
      now: () => clock.now(),
      setTimer: (atMs, callback) => clock.setTimer(atMs, () => this.resume(callback, threw)),
    };
  }

  /** Goes on with work for the rule outside of any call for it: nobody else would hear what is thrown. */
  resume(step: () => void, threw: (error: unknown) => void): void {
    const before = this.enter();
    try {
      step();
    } catch (error) {
      threw(error);
    }
    this.leave(before);
  }
}
