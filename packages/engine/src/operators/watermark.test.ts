import { ManualClock } from '@kuiper/base';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TestStore } from './testing.ts';
import { Watermark } from './watermark.ts';

interface Options {
  readonly streams?: number;
  readonly tolerance?: number;
  readonly idle?: number;
}

class Trial {
  readonly clock = new ManualClock(0);
  readonly out: string[] = [];
  readonly watermark: Watermark<string>;
  late = 0;

  constructor({ streams = 1, tolerance = 0, idle = 0 }: Options) {
    this.watermark = new Watermark<string>({
      name: '3_watermark',
      fingerprint: '',
      clock: this.clock,
      streams,
      lateToleranceMs: tolerance,
      idleTimeoutMs: idle,
      codec: null,
      release: (item, timestampMs, stream) => this.out.push(`${timestampMs}${item}${stream > 0 ? `@${stream}` : ''}`),
      advance: (ms) => this.out.push(`|${ms}`),
      onLate: (count) => {
        this.late += count;
      },
    });
    this.watermark.start();
  }

  /** `1500a` is a row of stream 0, `1500a@1` of stream 1, `+500` moves the clock. */
  play(text: string): this {
    for (const step of text.split(' ').filter((part) => part !== '')) {
      if (step.startsWith('+')) {
        this.clock.advance(Number(step));
        continue;
      }
      const [, ts, item, stream] = /^(\d+)([a-z])(?:@(\d))?$/.exec(step) as unknown as string[];
      this.watermark.row(item as string, Number(ts), Number(stream ?? 0));
    }
    return this;
  }
}

const cases: readonly { name: string; options: Options; input: string; gives: string; late?: number }[] = [
  {
    name: 'rows go out in order once the watermark reaches them, then the watermark (84)',
    options: { tolerance: 1000 },
    input: '1000a 3000b 1500c 2000d 5000e',
    gives: '|0 1000a |2000 2000d 3000b |4000',
    late: 1,
  },
  {
    name: 'a row at the watermark is kept, one before it is late',
    options: {},
    input: '1500a 5000b 5000c 4999d 11000e',
    gives: '1500a |1500 5000b |5000 5000c 11000e |11000',
    late: 1,
  },
  {
    name: 'rows of equal time keep the order of arrival',
    options: { tolerance: 5000 },
    input: '3000a 2000b 3000c 2000d 3000e 15000f',
    gives: '|-2000 2000b 2000d 3000a 3000c 3000e |10000',
  },
  {
    name: 'there is no watermark until every stream has spoken',
    options: { streams: 2 },
    input: '1000a 9000b 2000c@1',
    gives: '1000a 2000c@1 |2000',
  },
  {
    name: 'the slowest stream holds the others back',
    options: { streams: 2 },
    input: '1000a@1 9000b 3000c@1 12000d@1',
    gives: '1000a@1 |1000 3000c@1 |3000 9000b |9000',
  },
  {
    name: 'a stream that is silent for the idle timeout holds nobody back until it speaks again',
    options: { streams: 2, idle: 1000 },
    input: '1000a 2000b +999 3000c +1 4000d +1000 5000e@1 6000f 5500g@1',
    gives: '1000a 2000b 3000c |3000 4000d |4000 5000e@1 |5000 5500g@1 |5500',
  },
];

describe('The watermark', () => {
  for (const { name, options, input, gives, late = 0 } of cases) {
    it(name, () => {
      const trial = new Trial(options).play(input);
      expect(trial.out.join(' ')).toBe(gives);
      expect(trial.late).toBe(late);
    });
  }

  it('is the definition: rows sorted by time, none before the watermark, also after a restart', () => {
    const rows = fc.array(fc.record({ ts: fc.nat(60), stream: fc.nat(1) }), { maxLength: 60 });
    fc.assert(
      fc.property(rows, fc.nat(20), fc.nat(60), (all, tolerance, restart) => {
        let trial = new Trial({ streams: 2, tolerance });
        const out = (): string[] => trial.out;
        let emitted: string[] = [];
        let late = 0;
        const newest = [-Infinity, -Infinity];
        let watermark = -Infinity;
        let held: { ts: number; stream: number }[] = [];
        const expected: string[] = [];
        let expectedLate = 0;
        all.forEach(({ ts, stream }, i) => {
          if (i === restart) {
            const store = new TestStore();
            store.begin(trial.watermark.state);
            store.finish();
            emitted = out();
            late = trial.late;
            trial = new Trial({ streams: 2, tolerance });
            store.restore(trial.watermark.state);
          }
          trial.watermark.row('r', ts, stream);
          newest[stream] = Math.max(newest[stream] as number, ts);
          if (ts < watermark) {
            expectedLate++;
            return;
          }
          held.push({ ts, stream });
          const next = Math.min(...newest) - tolerance;
          if (next <= watermark) return;
          watermark = next;
          const due = held.filter((row) => row.ts <= next).sort((a, b) => a.ts - b.ts);
          held = held.filter((row) => row.ts > next);
          expected.push(...due.map((row) => `${row.ts}r${row.stream > 0 ? `@${row.stream}` : ''}`), `|${next}`);
        });
        expect([...emitted, ...out()]).toEqual(expected);
        expect(late + trial.late).toBe(expectedLate);
        expect(trial.watermark.held).toBe(held.length);
      }),
      { numRuns: 300 },
    );
  });
});
