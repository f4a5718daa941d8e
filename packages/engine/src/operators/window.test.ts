import { describe, expect, it } from 'vitest';
import { allAggregates, byKey, type Emitted, type TestRow, TestStore, testSpec, WindowRun } from './testing.ts';
import type { WindowSetup } from './types.ts';

type Setup = Pick<WindowSetup<TestRow>, 'spec'> & Partial<WindowSetup<TestRow>>;

const tumbling10 = testSpec({ type: 'tumbling', unit: 'ss', length: 10_000, rawLength: 10 });
const session = (maxSeconds: number, timeoutSeconds: number): Setup['spec'] =>
  testSpec({
    type: 'session',
    unit: 'ss',
    length: maxSeconds * 1000,
    rawLength: maxSeconds,
    interval: timeoutSeconds * 1000,
    rawInterval: timeoutSeconds,
  });
const hopping = (length: number, hop: number): Setup['spec'] =>
  testSpec({
    type: 'hopping',
    unit: 'ss',
    length: length * 1000,
    rawLength: length,
    interval: hop * 1000,
    rawInterval: hop,
  });
const sliding = (seconds: number, delaySeconds = 0): Setup['spec'] =>
  testSpec({ type: 'sliding', unit: 'ss', length: seconds * 1000, delayMs: delaySeconds * 1000 });
const count = (length: number, interval = 0): Setup['spec'] => testSpec({ type: 'count', length, interval });
const state = testSpec({ type: 'state', length: 0 });

/** `t:a`, t in seconds; each `!t` is a watermark. */
function play(setup: Setup, text: string, startMs = 0): WindowRun {
  const run = new WindowRun(setup, startMs);
  run.window.start();
  for (const step of text.split(' ').filter((part) => part !== '')) {
    const [t, a = '0', k = 'x'] = step.replace('!', '').split(':');
    const ts = Math.round(Number(t) * 1000);
    if (!step.startsWith('!')) run.row({ ts, a: Number(a), k });
    else if (setup.eventTime) run.window.watermark(ts);
    else run.clock.advanceTo(ts);
  }
  return run;
}

/** `[start, end] a a a`, times in seconds. */
function printed({ start, end, content }: Emitted): string {
  const values = (content as string[]).map((row) => row.split(':')[1]);
  return [`[${start / 1000}, ${end / 1000}]`, ...values].join(' ');
}

const cases: readonly { name: string; setup: Setup; input: string; startMs?: number; gives: string[] }[] = [
  {
    name: 'a count window emits every n-th row with the last n (71)',
    setup: { spec: count(3) },
    input: '0:1 0:2 0:3 0:4 0:5 0:6 0:7',
    gives: ['[0, 0] 1 2 3', '[0, 0] 4 5 6'],
  },
  {
    name: 'a count window with a step emits every step-th row once there are n (72)',
    setup: { spec: count(5, 2) },
    input: '0:1 0:2 0:3 0:4 0:5 0:6 0:7 0:8',
    gives: ['[0, 0] 2 3 4 5 6', '[0, 0] 4 5 6 7 8'],
  },
  {
    name: 'a tumbling window without rows is emitted empty (75)',
    setup: { spec: tumbling10 },
    input: '!25',
    gives: ['[0, 10]', '[10, 20]'],
  },
  {
    name: 'a tumbling window without rows is not emitted under an incremental plan',
    setup: { spec: tumbling10, emitEmpty: false },
    input: '!25 32:1 !71',
    gives: ['[30, 40] 1'],
  },
  {
    name: 'a row on a boundary belongs to the window that starts there (78)',
    setup: { spec: tumbling10 },
    startMs: 3000,
    input: '9.999:1 10:2 19:3 !20',
    gives: ['[3, 10] 1', '[10, 20] 2 3'],
  },
  {
    name: 'a sliding window includes both ends (79)',
    setup: { spec: sliding(10) },
    input: '0:1 10:2 10.001:3',
    gives: ['[-10, 0] 1', '[0, 10] 1 2', '[0.001, 10.001] 2 3'],
  },
  {
    name: 'a delayed sliding window is open on the right (80)',
    setup: { spec: sliding(5, 1), trigger: (row) => row.a === 2 },
    input: '5:3 5.8:6 6.6:2 7.4:4 7.6:9 8.3:1 !20',
    gives: ['[1.6, 7.6] 3 6 2 4'],
  },
  {
    name: 'a session ends after the timeout or is cut at a boundary (81)',
    setup: { spec: session(2, 1) },
    startMs: 485_000,
    input: '486.013:1 486.823:2 487.932:3 488.442:4 489.252:5 490.062:6 490.872:7 !500',
    gives: ['[486.013, 487.823] 1 2', '[487.932, 490] 3 4 5', '[490, 491.872] 6 7'],
  },
  {
    name: 'a state window goes from begin to emit (82)',
    setup: { spec: state, begin: (row) => row.a === 1, emit: (row) => row.a === 5 },
    input: '1:9 2:1 3:3 4:5 5:7 6:1 7:5',
    gives: ['[2, 4] 1 3 5', '[6, 7] 1 5'],
  },
  {
    name: 'a state window of one condition ends before the next row that meets it (83)',
    setup: { spec: state, begin: (row) => row.k === 'new' },
    input: '1:1:new 2:1 3:1 4:2:new 5:2 6:3:new',
    gives: ['[1, 4] 1 1 1', '[4, 6] 2 2'],
  },
  {
    name: 'the first window in event time starts at the first row',
    setup: { spec: tumbling10, eventTime: true },
    input: '1:1 4:2 9.999:3 10:4 15:5 !20',
    gives: ['[1, 10] 1 2 3', '[10, 20] 4 5'],
  },
  {
    name: 'empty windows between rows are emitted in event time',
    setup: { spec: tumbling10, eventTime: true },
    input: '2:1 35:2 !40',
    gives: ['[2, 10] 1', '[10, 20]', '[20, 30]', '[30, 40] 2'],
  },
  {
    name: 'a first row in the second equal to the interval has its window before it (D26)',
    setup: { spec: tumbling10, eventTime: true },
    input: '10.5:1 12:2 20.5:3 !30.5',
    gives: ['[10.5, 20] 1 2', '[20, 30] 3'],
  },
  {
    name: 'a hopping window starts its length before its end (D8)',
    setup: { spec: hopping(6, 2), eventTime: true },
    input: '21:1 22.5:2 24:3 25:4 27:5 !28.5',
    gives: ['[16, 22] 1', '[18, 24] 1 2', '[20, 26] 1 2 3 4', '[22, 28] 2 3 4 5'],
  },
  {
    name: 'an empty hopping window loses nothing (D9)',
    setup: { spec: hopping(4, 2), eventTime: true },
    input: '21:1 22.5:2 33:3 34.5:4 !37',
    gives: [
      '[18, 22] 1',
      '[20, 24] 1 2',
      '[22, 26] 2',
      '[24, 28]',
      '[26, 30]',
      '[28, 32]',
      '[30, 34] 3',
      '[32, 36] 3 4',
    ],
  },
  {
    name: 'rows between hopping windows belong to none',
    setup: { spec: hopping(2, 5), eventTime: true },
    input: '21:1 22.9:2 23:3 24:4 26:5 28:6 29:7 !30',
    gives: ['[23, 25] 3 4', '[28, 30] 6 7'],
  },
  {
    name: 'rows of equal event time see each other in a sliding window',
    setup: { spec: sliding(2), eventTime: true },
    input: '21:1 21:2 !21 22:3 22:4 !22',
    gives: ['[19, 21] 1 2', '[19, 21] 1 2', '[20, 22] 1 2 3 4', '[20, 22] 1 2 3 4'],
  },
  {
    name: 'a delayed sliding window in event time waits for trigger plus delay',
    setup: { spec: sliding(3, 2), trigger: (row) => row.a === 7, eventTime: true },
    input: '20:0 21:1 22.5:2 24:7 25:3 25.999:4 !25.999 26:5 !26',
    gives: ['[21, 26] 1 2 7 3 4'],
  },
  {
    name: 'a gap of exactly the timeout keeps a session open',
    setup: { spec: session(30, 2), eventTime: true },
    input: '21:1 23:2 25.001:3 27.001:4 !30',
    gives: ['[21, 25] 1 2', '[25.001, 29.001] 3 4'],
  },
  {
    name: 'a long session is cut at boundaries and goes on from there',
    setup: { spec: session(5, 3), eventTime: true },
    input: '21:1 23:2 25:3 27:4 29:5 31:6 33:7 35.5:8 !42',
    gives: ['[21, 30] 1 2 3 4 5', '[30, 38.5] 6 7 8'],
  },
];

describe('A window', () => {
  for (const { name, setup, input, startMs, gives } of cases) {
    it(name, () => {
      const run = play(setup, input, startMs);
      expect(run.emitted.map(printed)).toEqual(gives);
    });
  }

  it('ends its own boundary when the tick comes late: rows belong by their time', () => {
    const run = new WindowRun({ spec: tumbling10 }, 0);
    run.window.start();
    run.window.row({ ts: 9000, a: 1, k: 'x' }, 9000);
    run.window.row({ ts: 12_000, a: 2, k: 'x' }, 12_000);
    run.clock.advanceTo(13_000);
    run.clock.advanceTo(20_000);
    expect(run.emitted.map(printed)).toEqual(['[0, 10] 1', '[10, 20] 2']);
  });

  for (const [name, spec] of Object.entries({ tumbling: tumbling10, hopping: hopping(4, 2), session: session(5, 1) })) {
    it(`goes over a jump of a year at once (${name})`, () => {
      const run = new WindowRun({ spec }, 0);
      run.window.start();
      run.window.row({ ts: 1000, a: 1, k: 'x' }, 1000);
      const later = 365 * 86_400_000 + 3000;
      run.window.row({ ts: later, a: 2, k: 'x' }, later);
      expect(run.emitted.length).toBeLessThan(5);
      run.clock.advanceTo(3000);
      run.window.stop();
      expect(run.clock.pendingTimers).toBe(0);
    });
  }

  it('counts an error in a condition as false and reports it', () => {
    const trigger = (row: TestRow): unknown => (row.a === 2 ? BigInt('x') : row.a);
    const run = play({ spec: sliding(1), trigger }, '1:1 2:2 3:3');
    expect(run.emitted).toEqual([]);
    expect(run.conditionErrors).toHaveLength(1);
  });

  it('keeps its partitions apart, also those with a slash in their key', () => {
    const setup: Setup = {
      spec: state,
      begin: (row) => row.a === 1,
      emit: (row) => row.a === 5,
      partitionBy: [{ value: (row) => row.k, kind: 'string' }],
    };
    const before = play(setup, '1:1:a/b 2:1:a%2Fb 3:2:a/b');
    const store = new TestStore();
    store.begin(before.window.state);
    store.finish();
    const after = new WindowRun(setup);
    store.restore(after.window.state);
    after.row({ ts: 4000, a: 5, k: 'a%2Fb' });
    after.row({ ts: 5000, a: 5, k: 'a/b' });
    expect(after.emitted.map(printed)).toEqual(['[2, 4] 1 5', '[1, 5] 1 2 5']);
  });

  it('emits the windows it missed while it was stopped', () => {
    const before = play({ spec: tumbling10 }, '3:1 12:2');
    const store = new TestStore();
    store.begin(before.window.state);
    store.finish();
    const after = new WindowRun({ spec: tumbling10 }, 41_000);
    store.restore(after.window.state);
    after.window.start();
    expect(after.emitted.map(printed)).toEqual(['[10, 20] 2', '[20, 30]', '[30, 40]']);
  });

  it.each([
    ['tumbling', tumbling10, ['[0, 10] 1']],
    ['hopping', hopping(10, 5), ['[-5, 5] 1', '[0, 10] 1']],
  ] as const)('a %s window without rows starts anew when the clock was set back', (_, spec, gives) => {
    const before = play({ spec }, '!995', 991_000);
    const store = new TestStore();
    store.begin(before.window.state);
    store.finish();
    const after = new WindowRun({ spec });
    store.restore(after.window.state);
    after.window.start();
    after.row({ ts: 1000, a: 1, k: 'x' });
    after.clock.advanceTo(10_000);
    expect(after.emitted.map(printed)).toEqual(gives);
  });

  describe('that keeps groups', () => {
    const where = (row: TestRow): boolean => row.a > 1 || (row.a === 0 && JSON.parse('{') !== null);
    const setup = (spec: Setup['spec']): { run: WindowRun; shown: unknown[] } => {
      const shown: unknown[] = [];
      const run = new WindowRun({
        spec,
        content: { kind: 'groups', program: { ...byKey(allAggregates), where } },
        output: (view) => {
          if (view.kind === 'groups')
            shown.push([view.rows, view.kept, view.whereFailure !== null, view.groups.length]);
        },
      });
      return { run, shown };
    };

    it('tells rows that WHERE drops from rows that never came, and an error in WHERE', () => {
      const tumbled = setup(tumbling10);
      tumbled.run.window.start();
      tumbled.run.row({ ts: 1000, a: 1, k: 'x' });
      tumbled.run.row({ ts: 11_000, a: 2, k: 'x' });
      tumbled.run.row({ ts: 12_000, a: 0, k: 'x' });
      tumbled.run.clock.advanceTo(30_000);
      expect(tumbled.shown).toEqual([
        [1, 0, false, 0],
        [2, 1, true, 1],
        [0, 0, false, 0],
      ]);
    });

    it('forgets an error in WHERE when its row leaves', () => {
      const slid = setup(sliding(5));
      for (const [ts, a] of [
        [1000, 1],
        [2000, 0],
        [6000, 2],
        [7500, 3],
      ] as const) {
        slid.run.row({ ts, a, k: 'x' });
      }
      expect(slid.shown).toEqual([
        [1, 0, false, 0],
        [2, 0, true, 0],
        [3, 1, true, 1],
        [2, 2, false, 1],
      ]);
    });
  });
});
