import { anyMap, ManualClock, silentLogger } from '@kuiper/base';
import { type OpenSink, type SinkItems, SinkWriteError } from '@kuiper/sdk';
import { describe, expect, it } from 'vitest';
import { AckLedger } from './ack.ts';
import type { RecordLog } from './services.ts';
import { SinkQueue, type SinkQueueOptions } from './sink-queue.ts';
import { Work } from './work.ts';

/** A sink whose writes settle when the test says so. */
class ManualSink implements OpenSink {
  readonly writes: string[][] = [];
  private settle: { resolve: () => void; reject: (error: Error) => void } | null = null;

  write(items: SinkItems): Promise<void> {
    this.writes.push([...(items.kind === 'bytes' ? (items.payloads as string[]) : [])]);
    return new Promise((resolve, reject) => {
      this.settle = { resolve, reject };
    });
  }

  async succeed(): Promise<void> {
    this.settle?.resolve();
    await turn();
  }

  async fail(error: Error): Promise<void> {
    this.settle?.reject(error);
    await turn();
  }

  close(): void {}
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

class ListLog implements RecordLog {
  readonly records: Uint8Array[] = [];
  firstSeq = 0;

  get nextSeq(): number {
    return this.records.length;
  }

  append(record: Uint8Array): number {
    return this.records.push(record) - 1;
  }

  async sync(): Promise<void> {}

  async read(from: number, limit: number): Promise<{ seq: number; data: Uint8Array }[]> {
    return this.records.slice(from, from + limit).map((data, i) => ({ seq: from + i, data }));
  }

  trim(before: number): void {
    this.firstSeq = before;
  }

  async close(): Promise<void> {}
  async destroy(): Promise<void> {}
}

function makeQueue(more: Partial<SinkQueueOptions> = {}) {
  const clock = new ManualClock(0);
  const log = new ListLog();
  const seen = { exceptions: [] as string[], drops: [] as [string, number][], written: 0 };
  const queue = new SinkQueue({
    kind: 'bytes',
    type: anyMap,
    limit: 3,
    overflow: 'wait',
    canHoldBack: true,
    spillLimit: 1000,
    pageSize: 10,
    retryIntervalMs: 0,
    retries: true,
    work: new Work({ current: new Int32Array(1), numberOf: () => 1 }, 'r'),
    clock,
    logger: silentLogger,
    codec: {
      pack: (value) => Buffer.from(JSON.stringify(value)),
      unpack: (bytes) => JSON.parse(Buffer.from(bytes).toString()),
    },
    openLog: async () => log,
    onException: (text) => void seen.exceptions.push(text),
    onDrop: (reason, count) => void seen.drops.push([reason, count]),
    onWritten: (count) => {
      seen.written += count;
    },
    onLength: () => {},
    ...more,
  });
  const sink = new ManualSink();
  queue.connect(sink);
  return { queue, sink, clock, log, seen };
}

describe('SinkQueue', () => {
  it('writes one batch at a time, taking everything that waits', async () => {
    const { queue, sink, seen } = makeQueue();
    queue.push('a', null, null);
    queue.flush();
    queue.push('b', null, null);
    queue.push('c', null, null);
    queue.flush();
    expect(sink.writes).toEqual([['a']]);
    await sink.succeed();
    expect(sink.writes).toEqual([['a'], ['b', 'c']]);
    await sink.succeed();
    expect(seen.written).toBe(3);
    expect(queue.isIdle).toBe(true);
  });

  it('releases tickets when their items are written', async () => {
    const { queue, sink } = makeQueue();
    const committed: number[] = [];
    const ledger = new AckLedger((position) => committed.push(position));
    const ticket = ledger.issue(5);
    queue.push('a', null, ticket);
    queue.push('b', null, ticket);
    queue.flush();
    ticket.release();
    expect(committed).toEqual([]);
    await sink.succeed();
    expect(committed).toEqual([5]);
  });

  it('retries a recoverable failure with the same items, counting it once', async () => {
    const { queue, sink, clock, seen } = makeQueue();
    for (const item of ['a', 'b', 'c']) queue.push(item, null, null);
    queue.flush();
    await sink.fail(new SinkWriteError('io error: down', { index: 1, recoverable: true }));
    expect(seen.written).toBe(1);
    clock.advance(100);
    expect(sink.writes[1]).toEqual(['b', 'c']);
    await sink.fail(new SinkWriteError('io error: down', { index: 0, recoverable: true }));
    clock.advance(150);
    await sink.succeed();
    expect(seen).toEqual({ exceptions: ['io error: down'], drops: [], written: 3 });
  });

  it('drops only the item that can never be written', async () => {
    const { queue, sink, seen } = makeQueue();
    for (const item of ['a', 'bad', 'c']) queue.push(item, null, null);
    queue.flush();
    await sink.fail(new SinkWriteError('refused', { index: 1, recoverable: false }));
    expect(sink.writes[1]).toEqual(['c']);
    await sink.succeed();
    expect(seen).toEqual({ exceptions: ['refused'], drops: [['sink error', 1]], written: 2 });
  });

  it('asks the source to wait while it is full', async () => {
    const { queue, sink } = makeQueue();
    queue.push('0', null, null);
    queue.flush();
    for (const item of ['1', '2', '3']) queue.push(item, null, null);
    const room = queue.whenRoom();
    expect(room).toBeInstanceOf(Promise);
    let open = false;
    void room?.then(() => {
      open = true;
    });
    await turn();
    expect(open).toBe(false);
    await sink.succeed();
    expect(open).toBe(true);
    expect(queue.whenRoom()).toBeUndefined();
  });

  it('does not spill what the sink takes at once, however much comes', () => {
    const { queue, log } = makeQueue({ overflow: 'spill' });
    const writes: unknown[] = [];
    queue.connect({
      write: (items) => {
        if (items.kind === 'bytes') writes.push(...items.payloads);
        return undefined;
      },
      close: () => {},
    });
    for (let i = 0; i < 50; i++) queue.push(String(i), null, null);
    queue.flush();
    expect(writes).toHaveLength(50);
    expect(log.records).toEqual([]);
  });

  it('spills to the log instead of waiting, and keeps the order', async () => {
    const { queue, sink, seen } = makeQueue({ overflow: 'spill' });
    queue.push('0', null, null);
    queue.flush();
    for (let i = 1; i <= 20; i++) {
      queue.push(String(i), null, null);
      queue.flush();
      await turn();
    }
    expect(queue.whenRoom()).toBeUndefined();
    for (let i = 0; i < 20 && !queue.isIdle; i++) {
      await sink.succeed();
      await turn();
    }
    expect(sink.writes.flat()).toEqual(Array.from({ length: 21 }, (_, i) => String(i)));
    expect(seen.drops).toEqual([]);
  });

  it('drops the oldest page, counted, when the disk bound is reached', async () => {
    const { queue, seen } = makeQueue({ overflow: 'spill', spillLimit: 20 });
    queue.push('0', null, null);
    queue.flush();
    for (let i = 1; i <= 40; i++) {
      queue.push(String(i), null, null);
      queue.flush();
      await turn();
    }
    expect(seen.drops).toEqual([
      ['cache full', 10],
      ['cache full', 10],
    ]);
  });
});
