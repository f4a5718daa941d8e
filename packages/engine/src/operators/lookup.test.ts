import { ManualClock } from '@kuiper/base';
import { describe, expect, it } from 'vitest';
import { Lookup } from './lookup.ts';
import type { LookupSetup } from './types.ts';

type Row = { readonly id: number | null };

/** A table that answers when told to. */
class Table {
  readonly asked: unknown[] = [];
  readonly out: string[] = [];
  readonly clock = new ManualClock(0);
  readonly lookup: Lookup<Row, string>;
  #open: { readonly id: unknown; readonly settle: (rows: readonly string[] | Error) => void }[] = [];

  constructor(options: Partial<Pick<LookupSetup<Row, string>, 'cache' | 'concurrency'>> & { sync?: boolean } = {}) {
    this.lookup = new Lookup<Row, string>({
      fetch: ([id]) => {
        this.asked.push(id);
        if (options.sync === true) return answer(id);
        return new Promise((resolve, reject) => {
          this.#open.push({ id, settle: (rows) => (rows instanceof Error ? reject(rows) : resolve(rows)) });
        });
      },
      values: [({ id }) => id],
      cache: options.cache ?? null,
      clock: this.clock,
      concurrency: options.concurrency ?? 10,
      output: (rows, matches, context) => {
        const shown = rows.map(({ id }, i) => `${id}:${matches[i] === null ? '-' : matches[i]?.join('+')}`);
        this.out.push(`${String(context)} ${shown.join(' ')}`);
      },
      onError: (error, rows, context) => this.out.push(`${String(context)} ${rows.length} failed: ${String(error)}`),
    });
  }

  get inFlight(): unknown[] {
    return this.#open.map(({ id }) => id);
  }

  async answer(id: number, rows: readonly string[] | Error = answer(id)): Promise<void> {
    const call = this.#open.find((open) => open.id === id);
    this.#open = this.#open.filter((open) => open !== call);
    call?.settle(rows);
    await Promise.resolve();
    await Promise.resolve();
  }
}

/** Even ids are known once, ids that divide by four twice. */
function answer(id: unknown): readonly string[] {
  const n = Number(id);
  return n % 4 === 0 ? [`a${n}`, `b${n}`] : n % 2 === 0 ? [`a${n}`] : [];
}

describe('A lookup', () => {
  it('answers within the call when the table does, and asks for no nil', () => {
    const table = new Table({ sync: true });
    table.lookup.offer([{ id: 1 }, { id: 2 }, { id: null }, { id: 4 }], 'w');
    expect(table.out).toEqual(['w 1: 2:a2 null:- 4:a4+b4']);
    expect(table.asked).toEqual([1, 2, 4]);
    expect(table.lookup.drain()).toBeUndefined();
  });

  it('keeps the order of batches however long calls take, with a bounded number in flight', async () => {
    const table = new Table({ concurrency: 2 });
    table.lookup.offer([{ id: 1 }, { id: 2 }], 'first');
    table.lookup.offer([{ id: 4 }], 'second');
    table.lookup.offer([{ id: null }], 'third');
    expect(table.inFlight).toEqual([1, 2]);
    await table.answer(2);
    expect(table.inFlight).toEqual([1, 4]);
    await table.answer(4);
    expect(table.out).toEqual([]);
    expect(table.lookup.waiting).toBe(3);
    let drained = false;
    const drain = table.lookup.drain()?.then(() => {
      drained = true;
    });
    expect(drained).toBe(false);
    await table.answer(1);
    await drain;
    expect(table.out).toEqual(['first 1: 2:a2', 'second 4:a4+b4', 'third null:-']);
    expect(drained).toBe(true);
  });

  it('drops a batch with a failed call in its turn', async () => {
    const table = new Table();
    table.lookup.offer([{ id: 1 }], 'first');
    table.lookup.offer([{ id: 2 }, { id: 4 }], 'second');
    await table.answer(2, new Error('gone'));
    await table.answer(4);
    await table.answer(1);
    expect(table.out).toEqual(['first 1:', 'second 2 failed: Error: gone']);
  });

  it('remembers answers for their time, and misses only when asked to', () => {
    const asked = (missing: boolean, ttlMs: number): unknown[] => {
      const table = new Table({ sync: true, cache: { ttlMs, missing } });
      for (const id of [1, 2, 1, 2]) table.lookup.offer([{ id }], '');
      table.clock.advance(1000);
      for (const id of [1, 2]) table.lookup.offer([{ id }], '');
      return table.asked;
    };
    expect(asked(false, 0)).toEqual([1, 2, 1, 1]);
    expect(asked(true, 0)).toEqual([1, 2]);
    expect(asked(true, 1001)).toEqual([1, 2]);
    expect(asked(true, 1000)).toEqual([1, 2, 1, 2]);
  });

  it('drops what is still to come when stopped', async () => {
    const table = new Table();
    table.lookup.offer([{ id: 2 }], 'w');
    const drain = table.lookup.drain();
    table.lookup.stop();
    await drain;
    await table.answer(2);
    expect(table.out).toEqual([]);
  });
});
