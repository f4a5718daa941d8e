import { ManualClock } from '@kuiper/base';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MemoryFileSystem } from '../files/memory-file-system.ts';
import type { Log } from './log.ts';
import { openLog } from './open-log.ts';

type Step =
  | { readonly do: 'append'; readonly sizes: readonly number[] }
  | { readonly do: 'sync' | 'reopen' | 'read' }
  | { readonly do: 'trim' | 'readFrom'; readonly share: number }
  /** Begins to sync or trim and goes on after so many turns. */
  | { readonly do: 'syncMeanwhile' | 'trimMeanwhile'; readonly turns: number }
  /** Loses power so many turns after a sync began. */
  | { readonly do: 'crash'; readonly turns: number; readonly seed: number }
  | { readonly do: 'fail'; readonly on: 'write' | 'shortWrite' | 'sync' | 'truncate'; readonly afterBytes: number };

const share = fc.double({ min: 0, max: 1.1, noNaN: true });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constant('append'),
    sizes: fc.array(fc.oneof(fc.nat(40), fc.nat(300), fc.nat(6000)), { maxLength: 9 }),
  }),
  fc.record({ do: fc.constantFrom('sync', 'sync', 'reopen', 'read') }),
  fc.record({ do: fc.constantFrom('trim', 'readFrom'), share }),
  fc.record({ do: fc.constantFrom('syncMeanwhile', 'trimMeanwhile'), turns: fc.nat(12) }),
  fc.record({ do: fc.constant('crash'), turns: fc.nat(40), seed: fc.integer() }),
  fc.record({
    do: fc.constant('fail'),
    on: fc.constantFrom('write', 'shortWrite', 'sync', 'truncate'),
    afterBytes: fc.integer({ min: 1, max: 3000 }),
  }),
);

// Once failed: a trim overtook the first write of the segment that was to remain.
const examples: [Step[], number][] = [
  [
    [
      { do: 'append', sizes: [2977, 0] },
      { do: 'crash', turns: 16, seed: 0 },
      { do: 'append', sizes: [0, 0] },
      { do: 'syncMeanwhile', turns: 0 },
      { do: 'trimMeanwhile', turns: 0 },
      { do: 'crash', turns: 4, seed: 0 },
    ],
    60,
  ],
];

test('whatever happens, the log holds what was synced and nothing else', { timeout: 180_000 }, async () => {
  const property = fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.integer({ min: 60, max: 5000 }), run);
  await fc.assert(property, { numRuns: 1500, examples });
});

/** Walks the steps with a plain array beside the log. */
async function run(steps: readonly Step[], segmentBytes: number): Promise<void> {
  let files = new MemoryFileSystem();
  const clock = new ManualClock();
  const open = (): Promise<Log> => openLog({ directory: '/log', files, clock, segmentBytes, reserveBytes: 0 });
  let log = await open();
  const model: Uint8Array[] = [];
  let syncedSeq = 0;
  let trimmedSeq = 0;
  let epoch = 0;
  const pending: Promise<void>[] = [];

  /** Syncs, and notes the outcome unless the power went first. */
  const sync = (): Promise<void> => {
    const seq = model.length;
    const from = epoch;
    const synced = log.sync().then(
      () => {
        if (from === epoch) syncedSeq = Math.max(syncedSeq, seq);
      },
      (error) => expect(error).toMatchObject({ code: 1003, retry: true }),
    );
    clock.advance(10);
    return synced;
  };
  const trim = async (beforeSeq: number): Promise<void> => {
    trimmedSeq = Math.max(trimmedSeq, Math.min(beforeSeq, model.length));
    await log.trim(beforeSeq).catch((error) => expect(error).toMatchObject({ retry: true }));
  };
  const turn = async (turns: number): Promise<void> => {
    for (let i = 0; i < turns; i++) await null;
  };
  const settle = async (): Promise<void> => {
    let isDone = false;
    const all = Promise.all(pending.splice(0)).then(() => (isDone = true));
    while (!isDone) {
      clock.advance(10);
      await turn(20);
    }
    await all;
  };
  const checkRead = async (fromSeq: number): Promise<void> => {
    await settle();
    expect(log.nextSeq).toBe(model.length);
    expect(log.firstSeq).toBeLessThanOrEqual(Math.min(trimmedSeq, model.length));
    let seq = Math.max(fromSeq, log.firstSeq);
    try {
      for await (const record of log.read(fromSeq)) {
        expect(record.seq).toBe(seq);
        expect(Buffer.compare(record.data, model[seq] as Uint8Array)).toBe(0);
        seq++;
      }
      expect(seq).toBe(Math.max(fromSeq, log.firstSeq, model.length));
    } catch (error) {
      // Reading the newest records writes them first, and that may hit an injected fault.
      if ((error as { retry?: boolean }).retry !== true) throw error;
    }
  };

  for (const s of steps) {
    switch (s.do) {
      case 'append':
        for (const size of s.sizes) {
          const data = new Uint8Array(size).fill(model.length % 256);
          const seq = log.append(size % 2 === 0 ? data : { parts: [data.subarray(0, 3), data.subarray(3)] });
          expect(seq).toBe(model.length);
          model.push(data);
        }
        break;
      case 'sync':
        pending.push(sync());
        await settle();
        break;
      case 'read':
        await checkRead(0);
        break;
      case 'readFrom':
        await checkRead(Math.floor(s.share * model.length));
        break;
      case 'trim':
        await trim(Math.floor(s.share * model.length));
        break;
      case 'syncMeanwhile':
        pending.push(sync());
        await turn(s.turns);
        break;
      case 'trimMeanwhile':
        pending.push(trim(model.length));
        await turn(s.turns);
        break;
      case 'fail':
        files.fault(
          s.on === 'write' || s.on === 'shortWrite' ? { ...s, on: s.on, code: 'ENOSPC' } : { on: s.on, code: 'EIO' },
        );
        break;
      case 'reopen':
        await settle();
        await closed(log);
        log = await reopened(open);
        syncedSeq = model.length;
        await checkRead(0);
        break;
      case 'crash': {
        pending.push(sync());
        await turn(s.turns);
        epoch++;
        let state = s.seed | 1;
        files = files.crash(() => (state = Math.imul(state, 1664525) + 1013904223) < 0);
        log = await open();
        expect(log.recovery.lostRecords).toBe(0);
        expect(log.nextSeq).toBeGreaterThanOrEqual(syncedSeq);
        expect(log.nextSeq).toBeLessThanOrEqual(model.length);
        model.length = log.nextSeq;
        syncedSeq = model.length;
        trimmedSeq = Math.min(trimmedSeq, model.length);
        await checkRead(0);
        break;
      }
    }
  }
  await checkRead(0);
}

/** Injected faults may make the first attempts fail. */
async function closed(log: Log): Promise<void> {
  for (;;) {
    try {
      return await log.close();
    } catch (error) {
      expect(error).toMatchObject({ retry: true });
    }
  }
}

/** Opening truncates and syncs, so an injected fault may hit it too. */
async function reopened(open: () => Promise<Log>): Promise<Log> {
  for (;;) {
    try {
      return await open();
    } catch (error) {
      expect(error).toMatchObject({ retry: true });
    }
  }
}
