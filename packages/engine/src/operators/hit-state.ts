import { SingleState } from '../state/single-state.ts';
import type { StateSlot } from '../state/state-slot.ts';
import type { HitStateOperator } from './types.ts';

/** How often and when a condition held last. Both start at 0. Source: behaviour spec, sql §13.4. */
export class HitState implements HitStateOperator {
  readonly state: StateSlot;
  #count = 0;
  #timeMs = 0;

  constructor(name: string) {
    const load = (stored: unknown): void => {
      [this.#count, this.#timeMs] = stored as [number, number];
    };
    this.state = new SingleState(name, 'hits', () => [this.#count, this.#timeMs], load);
  }

  get count(): number {
    return this.#count;
  }

  get timeMs(): number {
    return this.#timeMs;
  }

  /** @param timeMs time of the row, or of the window's trigger */
  hit(timeMs: number): void {
    this.#count++;
    this.#timeMs = timeMs;
  }
}
