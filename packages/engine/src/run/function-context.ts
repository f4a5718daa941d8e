/** The context of one call site of a function; its state is a slot of the checkpoint. */
import type { Clock, Logger, Timer } from '@kuiper/base';
import type { FunctionContext } from '@kuiper/sdk';
import type { CallSiteName } from '../compile/program.ts';
import { KeptState, type StateTable } from './extension-state.ts';

/** The parts of a function's context that do not depend on the call site. */
export interface FunctionSurroundings {
  readonly clock: Clock;
  readonly timeZone: string;
  readonly ruleId: string;
  readonly qos: 0 | 1 | 2;
  readonly logger: Logger;
  readonly rootPath: string;
  readonly startedMs: number;
  readonly sleepers: Sleepers;
  random(): number;
  keyedState(key: string): unknown;
}

export class CallContext extends KeptState implements FunctionContext {
  readonly startedMs: number;
  readonly timeZone: string;
  readonly ruleId: string;
  readonly qos: 0 | 1 | 2;
  readonly logger: Logger;
  readonly rootPath: string;
  readonly opId: string;
  readonly funcId: number;
  readonly #around: FunctionSurroundings;

  constructor(around: FunctionSurroundings, site: CallSiteName, states: StateTable) {
    super(states, site.stateName);
    this.#around = around;
    this.startedMs = around.startedMs;
    this.timeZone = around.timeZone;
    this.ruleId = around.ruleId;
    this.qos = around.qos;
    this.logger = around.logger;
    this.rootPath = around.rootPath;
    this.opId = site.opId;
    this.funcId = site.funcId;
  }

  now(): number {
    return this.#around.clock.now();
  }

  random(): number {
    return this.#around.random();
  }

  sleep(ms: number): Promise<void> {
    return this.#around.sleepers.sleep(ms);
  }

  keyedState(key: string): unknown {
    return this.#around.keyedState(key);
  }
}

/** Those who wait on the clock of a run. */
export class Sleepers {
  readonly #clock: Clock;
  readonly #waiting = new Map<() => void, Timer>();
  #over = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves `ms` later, or at {@link wakeAll}. */
  sleep(ms: number): Promise<void> {
    if (this.#over) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#waiting.delete(wake);
        resolve();
      };
      this.#waiting.set(wake, this.#clock.setTimer(this.#clock.now() + ms, wake));
    });
  }

  /** The run has ended: nobody sleeps any more. */
  wakeAll(): void {
    this.#over = true;
    for (const [wake, timer] of this.#waiting) {
      timer.cancel();
      wake();
    }
  }
}
