/**
 * The life of one rule: its state, the queue of what was asked while it was changing, and the host's part in it.
 * Source: behaviour spec, runtime §3.
 *
 * Starting and stopping take time. What is asked meanwhile waits in a queue, of which one entry is carried out when the
 * next resting state is entered. An entry equal to the one before it is dropped.
 */
import { errorText } from '@kuiper/base';
import type { RuleHost, RunEnd } from '@kuiper/host';

export type RuleState = 'stopped' | 'starting' | 'running' | 'stopping' | 'scheduled' | 'failed';

/** What clients read as `status`. */
export const stateTexts: Readonly<Record<RuleState, string>> = {
  stopped: 'stopped',
  starting: 'starting',
  running: 'running',
  stopping: 'stopping',
  scheduled: 'stopped: waiting for next schedule.',
  failed: 'stopped by error',
};

type Action = 'start' | 'stop' | 'scheduledStart' | 'scheduledStop';

export const stopMessages = {
  manual: 'canceled manually',
  update: 'stopped by update',
  schedule: 'schedule terminated',
  duration: 'duration terminated',
} as const;

export class RuleLifecycle {
  state: RuleState = 'stopped';
  /** Why it is in this state. */
  message = '';
  /** ms since the epoch, 0 never. */
  lastStartMs = 0;
  lastStopMs = 0;
  readonly #ruleId: string;
  readonly #host: RuleHost;
  readonly #now: () => number;
  readonly #queue: Action[] = [];
  #endedEarly: RunEnd | null = null;
  #resting: (() => void)[] = [];

  constructor(ruleId: string, host: RuleHost, now: () => number) {
    this.#ruleId = ruleId;
    this.#host = host;
    this.#now = now;
  }

  get isChanging(): boolean {
    return this.state === 'starting' || this.state === 'stopping';
  }

  /** Nothing has ever been asked of it. */
  get isUntouched(): boolean {
    return this.state === 'stopped' && this.lastStartMs === 0 && this.lastStopMs === 0 && this.#queue.length === 0;
  }

  /** Resolves when nothing is changing any more. */
  settled(): Promise<void> {
    if (!this.isChanging) return Promise.resolve();
    return new Promise((resolve) => this.#resting.push(resolve));
  }

  start(): void {
    this.#ask('start', stopMessages.manual);
  }

  stop(message: string = stopMessages.manual): void {
    this.#ask('stop', message);
  }

  scheduledStart(): void {
    this.#ask('scheduledStart', stopMessages.schedule);
  }

  scheduledStop(): void {
    this.#ask('scheduledStop', stopMessages.schedule);
  }

  /** Waits for the patrol to start it. */
  awaitSchedule(): void {
    if (this.state === 'stopped' || this.state === 'failed') this.#enter('scheduled', '');
  }

  /** Takes part in a start that the host carries out for many rules at once. */
  startedBy(work: Promise<void>): void {
    void this.#starting(work);
  }

  /** It could not be planned. */
  fail(message: string): void {
    if (!this.isChanging) this.#enter('failed', message);
  }

  /** The host says that the run has ended by itself. */
  ended(end: RunEnd): void {
    if (this.state === 'starting') this.#endedEarly = end;
    else if (this.state === 'running') this.#enter(end.kind === 'done' ? 'stopped' : 'failed', end.message);
  }

  #ask(action: Action, message: string): void {
    const waits = this.#queue.length > 0 || this.#mustWait(action);
    if (waits) {
      if (this.#queue.at(-1) !== action) this.#queue.push(action);
    } else if (this.#applies(action)) this.#carryOut(action, message);
  }

  #mustWait(action: Action): boolean {
    const starts = action === 'start' || action === 'scheduledStart';
    return this.state === 'stopping' || (this.state === 'starting' && !starts);
  }

  #applies(action: Action): boolean {
    switch (action) {
      case 'start':
        return this.state === 'stopped' || this.state === 'failed';
      case 'scheduledStart':
        return this.state === 'stopped' || this.state === 'failed' || this.state === 'scheduled';
      case 'stop':
        return this.state === 'running' || this.state === 'scheduled';
      case 'scheduledStop':
        return this.state === 'running';
    }
  }

  #carryOut(action: Action, message: string): void {
    if (action === 'start' || action === 'scheduledStart') {
      if (this.state !== 'running') void this.#starting(this.#host.start(this.#ruleId));
      return;
    }
    const target = action === 'scheduledStop' ? 'scheduled' : 'stopped';
    if (this.state === 'running') void this.#stopping(target, message);
    else this.#enter(target, message);
  }

  async #starting(work: Promise<void>): Promise<void> {
    this.state = 'starting';
    this.#endedEarly = null;
    try {
      await work;
      const early = this.#endedEarly as RunEnd | null;
      if (early?.kind !== 'error') this.lastStartMs = this.#now();
      if (early === null) this.#enter('running', '');
      else this.#enter(early.kind === 'done' ? 'stopped' : 'failed', early.message);
    } catch (error) {
      this.#enter('failed', errorText(error));
    }
  }

  async #stopping(target: 'stopped' | 'scheduled', message: string): Promise<void> {
    this.state = 'stopping';
    await this.#host.stop(this.#ruleId).catch(() => {});
    this.#enter(target, message);
  }

  #enter(state: Exclude<RuleState, 'starting' | 'stopping'>, message: string): void {
    const wasUp = this.state === 'running' || this.state === 'stopping' || this.state === 'starting';
    this.state = state;
    this.message = message;
    if (state !== 'running' && wasUp) this.lastStopMs = this.#now();
    const next = this.#queue.shift();
    if (next !== undefined) this.#carryOut(next, stopMessages.manual);
    if (this.isChanging) return;
    const resting = this.#resting;
    this.#resting = [];
    for (const resolve of resting) resolve();
  }
}

/** How long a request waits for a rule to come to rest. */
const settleLimitMs = 5000;

/** Resolves when nothing changes any more, or after 5 s. */
export async function settled(life: RuleLifecycle): Promise<void> {
  if (!life.isChanging) return;
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, settleLimitMs);
  });
  await Promise.race([life.settled(), limit]);
  clearTimeout(timer);
}
