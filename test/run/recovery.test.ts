/**
 * A rule with qos 1 that loses its host at any moment goes on as if nothing had happened: what was acknowledged is in
 * its state, its output or its log. Source: DESIGN §9; behaviour spec, runtime §8.
 */
import { ManualClock } from '@kuiper/base';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ruleSpec, type SpecParts } from '../support/rule-specs.ts';
import { CrashingDisk } from './crashing-disk.ts';
import { Drain, ScriptedHost } from './scripted.ts';

const start = 1_700_000_000_000;
const stream = ['CREATE STREAM demo () WITH (TYPE="scripted", DATASOURCE="in", FORMAT="json")', {}] as const;
const checkpointIntervalMs = 10_000;

function rule(sql: string, more: Partial<SpecParts> = {}): Parameters<ScriptedHost['start']>[0] {
  return ruleSpec({
    id: 'r',
    sql,
    streams: [stream],
    actions: [['scripted', { name: 'out', sendSingle: true }]],
    ...more,
    options: { qos: 1, checkpointIntervalMs, sendError: false, ...more.options },
  });
}

const rules = {
  count: 'SELECT collect(a) AS all FROM demo GROUP BY COUNTWINDOW(4)',
  tumbling: 'SELECT collect(a) AS all FROM demo GROUP BY TUMBLINGWINDOW(ss, 1)',
  'tumbling by key': 'SELECT k, sum(a) AS total, count(*) AS n FROM demo GROUP BY k, TUMBLINGWINDOW(ss, 1)',
  hopping: 'SELECT collect(a) AS all FROM demo GROUP BY HOPPINGWINDOW(ss, 2, 1)',
  sliding: 'SELECT collect(a) AS all FROM demo GROUP BY SLIDINGWINDOW(ss, 1)',
  session: 'SELECT collect(a) AS all FROM demo GROUP BY SESSIONWINDOW(ss, 10, 1)',
  state: 'SELECT collect(a) AS all FROM demo GROUP BY STATEWINDOW(k = 1, k = 2)',
  lag: 'SELECT a, lag(a) AS before FROM demo',
  'sum over all': 'SELECT a, acc_sum(a) AS total FROM demo',
} as const;

/** What happens to a rule, step by step. */
type Step =
  | { readonly kind: 'rows'; readonly keys: readonly number[] }
  | { readonly kind: 'time'; readonly ms: number }
  | { readonly kind: 'crash' }
  | { readonly kind: 'restart' }
  | { readonly kind: 'checkpoint' }
  /** The sink takes nothing, or again what comes. */
  | { readonly kind: 'block' }
  | { readonly kind: 'unblock' };

interface Outcome {
  readonly lines: string[];
  readonly acknowledged: number;
}

/** Rows are numbered; what was not acknowledged before a crash is sent again, as a broker does. */
async function play(sql: string, steps: readonly Step[], crashes: boolean, seed: number): Promise<Outcome> {
  let clock = new ManualClock(start);
  const drains = new Map<string, Drain>();
  const random = seeded(seed);
  let disk = new CrashingDisk();
  let run = await ScriptedHost.create({ clock, disk, drains });
  /** Steps are this far apart, so that what a restart takes does not move the next row into another window. */
  const slackMs = 100;
  let dueMs = start;
  let sent: { a: number; k: number }[] = [];
  let next = 0;
  let acknowledged = 0;
  await run.start(rule(sql));
  const again = async (): Promise<void> => {
    await run.start(rule(sql));
    if (sent.length > 0) run.feed('in').send(...sent);
  };
  /** What the broker keeps: everything behind the position heard last. */
  const note = (): void => {
    const feed = run.feed('in');
    const done = feed.committedUpTo + 1 - (feed.position - sent.length);
    if (done <= 0) return;
    sent = sent.slice(done);
    acknowledged += done;
  };
  for (const step of steps) {
    dueMs += slackMs + (step.kind === 'time' ? step.ms : 0);
    clock.advanceTo(dueMs);
    note();
    if (step.kind === 'rows') {
      const rows = step.keys.map((k) => ({ a: next++, k }));
      sent.push(...rows);
      run.feed('in').send(...rows);
      // Group commits take some milliseconds: a crash may come before.
      if (random() < 0.7) await run.settle();
    } else if (step.kind === 'time') {
      await run.settle();
    } else if (step.kind === 'block') {
      run.drain('out').hold();
    } else if (step.kind === 'unblock') {
      run.drain('out').release();
    } else if (step.kind === 'checkpoint') {
      const taken = run.host.checkpoint('r');
      if (!crashes || random() < 0.7) await run.during(taken);
      else taken.catch(() => {});
    } else if (crashes && step.kind === 'crash') {
      disk = disk.crash(() => random() < 0.5);
      // Time stands still for what has been left behind.
      clock = new ManualClock(clock.now());
      run = await ScriptedHost.create({ clock, disk, drains });
      await again();
    } else if (crashes && step.kind === 'restart') {
      await run.stop('r');
      note();
      await again();
    }
  }
  // A write without an answer stays one: only a restart ends it.
  if (steps.some(({ kind }) => kind === 'block')) {
    run.drain('out').release();
    await run.stop('r');
    await again();
  }
  for (let i = 0; i < 12; i++) {
    dueMs += 500;
    clock.advanceTo(dueMs);
    await run.settle();
  }
  note();
  const lines = run.drain('out').written;
  await run.close();
  return { lines, acknowledged };
}

function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1664525 + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Numbers of the rows that took part in any of the lines. */
function taken(lines: readonly string[]): Set<number> {
  const numbers = new Set<number>();
  for (const line of lines) {
    const { all, a } = JSON.parse(line) as { all?: number[]; a?: number };
    for (const number of all ?? [a as number]) numbers.add(number);
  }
  return numbers;
}

const steps: readonly Step[] = [
  { kind: 'rows', keys: [1, 0, 0] },
  { kind: 'time', ms: 300 },
  { kind: 'rows', keys: [0, 2] },
  { kind: 'checkpoint' },
  { kind: 'rows', keys: [1, 0] },
  { kind: 'time', ms: 400 },
  { kind: 'crash' },
  { kind: 'rows', keys: [0, 0, 2, 1] },
  { kind: 'time', ms: 700 },
  { kind: 'rows', keys: [0] },
  { kind: 'crash' },
  { kind: 'time', ms: 900 },
  { kind: 'rows', keys: [2, 1, 0] },
  { kind: 'restart' },
  { kind: 'rows', keys: [0, 0] },
];

describe('a restart from the disk as it was', () => {
  it.each(Object.entries(rules))('changes nothing about a %s', async (_name, sql) => {
    // Whatever is sent is on the disk before the power goes.
    const settled = steps.flatMap((step): Step[] => (step.kind === 'crash' ? [{ kind: 'time', ms: 0 }, step] : [step]));
    const smooth = await play(sql, settled, false, 1);
    const rough = await play(sql, settled, true, 1);
    expect(new Set(rough.lines)).toEqual(new Set(smooth.lines));
    expect(rough.acknowledged).toBe(smooth.acknowledged);
  });

  const step: fc.Arbitrary<Step> = fc.oneof(
    {
      weight: 5,
      arbitrary: fc.array(fc.nat(2), { minLength: 1, maxLength: 5 }).map((keys) => ({ kind: 'rows' as const, keys })),
    },
    { weight: 3, arbitrary: fc.integer({ min: 1, max: 1500 }).map((ms) => ({ kind: 'time' as const, ms })) },
    { weight: 2, arbitrary: fc.constant({ kind: 'checkpoint' as const }) },
    { weight: 2, arbitrary: fc.constant({ kind: 'crash' as const }) },
    { weight: 1, arbitrary: fc.constant({ kind: 'restart' as const }) },
    { weight: 1, arbitrary: fc.constant({ kind: 'block' as const }) },
    { weight: 1, arbitrary: fc.constant({ kind: 'unblock' as const }) },
  );
  it.each([
    ['count', rules.count, 4],
    ['tumbling', rules.tumbling, 0],
    ['lag', rules.lag, 0],
  ])(
    'loses nothing acknowledged whenever it comes, %s window or not',
    { timeout: 60_000 },
    async (_name, sql, heldBack) => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 25 }), fc.nat(), async (random, seed) => {
          const { lines, acknowledged } = await play(sql, random, true, seed);
          const seen = taken(lines);
          const missing = Array.from({ length: acknowledged }, (_, a) => a).filter((a) => !seen.has(a));
          // The last window may not be full yet: then its rows are the newest ones.
          expect(missing.filter((a) => a < acknowledged - heldBack)).toEqual([]);
        }),
        { numRuns: 300 },
      );
    },
  );
});
