/**
 * Who may start a process now. Hundreds at once would take the machine from the engine, so a few start at a time, those
 * first that somebody waits for. A start gives its place up after two seconds, whether or not it has come to its end: one
 * that hangs holds back nobody.
 */
import type { Clock } from '@kuiper/base';

const HELD_MS = 2000;

export interface StartTurn {
  /** Resolves when the start may begin. */
  readonly come: Promise<void>;
  /** Somebody waits for it: it goes before those that nobody waits for. */
  hurry(): void;
  /** The start has come to its end. */
  leave(): void;
}

interface Waiting {
  readonly begin: () => void;
}

export class StartTurns {
  readonly #clock: Clock;
  #free: number;
  readonly #urgent: Waiting[] = [];
  readonly #others: Waiting[] = [];

  /** @param places starts at a time */
  constructor(clock: Clock, places: number) {
    this.#clock = clock;
    this.#free = places;
  }

  enter(): StartTurn {
    let isHeld = false;
    const leave = (): void => {
      if (!isHeld) return;
      isHeld = false;
      timer?.cancel();
      this.#free++;
      this.#next();
    };
    let timer: { cancel(): void } | null = null;
    let begin: () => void = () => {};
    const come = new Promise<void>((resolve) => {
      begin = () => {
        isHeld = true;
        timer = this.#clock.setTimer(this.#clock.now() + HELD_MS, leave);
        resolve();
      };
    });
    const waiting: Waiting = { begin };
    this.#others.push(waiting);
    this.#next();
    return {
      come,
      leave,
      hurry: () => {
        const index = this.#others.indexOf(waiting);
        if (index >= 0) this.#urgent.push(...this.#others.splice(index, 1));
      },
    };
  }

  #next(): void {
    while (this.#free > 0) {
      const waiting = this.#urgent.shift() ?? this.#others.shift();
      if (waiting === undefined) return;
      this.#free--;
      waiting.begin();
    }
  }
}
