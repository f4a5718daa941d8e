import type { RuleHost } from '@kuiper/host';
import { describe, expect, it } from 'vitest';
import { RuleLifecycle } from './rule-lifecycle.ts';

/** Notes what it is asked to do, and does it when told. */
class Steps {
  readonly asked: string[] = [];
  readonly #waiting: (() => void)[] = [];
  #failure: string | null = null;

  readonly host = {
    start: (id: string) => this.#step(`start ${id}`),
    stop: (id: string) => this.#step(`stop ${id}`),
  } as RuleHost;

  failNext(why: string): void {
    this.#failure = why;
  }

  /** Lets the step under way come to its end. */
  async finish(): Promise<void> {
    this.#waiting.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
  }

  #step(what: string): Promise<void> {
    this.asked.push(what);
    const failure = this.#failure;
    this.#failure = null;
    return new Promise((resolve, reject) =>
      this.#waiting.push(() => (failure === null ? resolve() : reject(new Error(failure)))),
    );
  }
}

function lifecycle(): { life: RuleLifecycle; steps: Steps } {
  const steps = new Steps();
  let now = 100;
  return { life: new RuleLifecycle('r', steps.host, () => now++), steps };
}

describe('the life of a rule', () => {
  it('starts, runs and stops', async () => {
    const { life, steps } = lifecycle();
    expect([life.state, life.message, life.lastStartMs]).toEqual(['stopped', '', 0]);
    life.start();
    expect(life.state).toBe('starting');
    await steps.finish();
    expect([life.state, life.message, life.lastStartMs]).toEqual(['running', '', 100]);
    life.stop();
    expect(life.state).toBe('stopping');
    await steps.finish();
    expect([life.state, life.message, life.lastStopMs]).toEqual(['stopped', 'canceled manually', 101]);
  });

  it('ignores a stop when stopped and a start when running', async () => {
    const { life, steps } = lifecycle();
    life.stop();
    expect([life.state, life.message]).toEqual(['stopped', '']);
    life.start();
    await steps.finish();
    life.start();
    life.scheduledStart();
    expect(steps.asked).toEqual(['start r']);
  });

  it('carries out later what is asked while it is changing, doubles once', async () => {
    const { life, steps } = lifecycle();
    life.start();
    life.stop();
    life.stop();
    life.start();
    life.start();
    await steps.finish();
    expect(steps.asked).toEqual(['start r', 'stop r']);
    await steps.finish();
    expect(steps.asked).toEqual(['start r', 'stop r', 'start r']);
    await steps.finish();
    expect(life.state).toBe('running');
  });

  it('says why it could not start', async () => {
    const { life, steps } = lifecycle();
    steps.failNext('no broker');
    life.start();
    await steps.finish();
    expect([life.state, life.message]).toEqual(['failed', 'no broker']);
    life.start();
    await steps.finish();
    expect([life.state, life.message]).toEqual(['running', '']);
  });

  it('takes note of a run that ends by itself, also while it starts', async () => {
    const { life, steps } = lifecycle();
    life.start();
    life.ended({ ruleId: 'r', kind: 'done', message: 'done' });
    expect(life.state).toBe('starting');
    await steps.finish();
    expect([life.state, life.message]).toEqual(['stopped', 'done']);
    life.start();
    await steps.finish();
    life.ended({ ruleId: 'r', kind: 'error', message: 'source is gone' });
    expect([life.state, life.message]).toEqual(['failed', 'source is gone']);
  });

  it('waits for its schedule', async () => {
    const { life, steps } = lifecycle();
    life.awaitSchedule();
    expect(life.state).toBe('scheduled');
    life.start();
    expect(life.state).toBe('scheduled');
    life.scheduledStart();
    await steps.finish();
    life.scheduledStop();
    await steps.finish();
    expect([life.state, life.message]).toEqual(['scheduled', 'schedule terminated']);
    life.stop();
    expect([life.state, life.message]).toEqual(['stopped', 'canceled manually']);
  });

  it('settles when nothing is changing any more, queue included', async () => {
    const { life, steps } = lifecycle();
    let settled = false;
    life.start();
    life.stop();
    void life.settled().then(() => {
      settled = true;
    });
    await steps.finish();
    expect(settled).toBe(false);
    await steps.finish();
    expect(settled).toBe(true);
  });
});
