/**
 * The queue in front of one sink: bounded memory, then disk, one write at a time, in order.
 *
 * - A write takes everything that waits, so a slow sink gets larger batches, not more calls.
 * - A recoverable failure (I/O) is retried with the same item until it succeeds; anything else drops that one item,
 *   counted.
 * - When memory is full: `wait` asks the source to pause (the items at hand are still accepted); `spill` moves all of it
 *   to the disk log, for sinks with a cache and where pausing would stall other rules. There a sink that does not answer
 *   must not hold back acknowledgements either: after a second memory goes to the disk. See {@link SpillLog}.
 * - Tickets of the batches that made the items are released when the items are safe: written, or synced to the log.
 *
 * Source: behaviour spec, runtime §10; DESIGN §3 and §9.
 */
import { type Clock, errorText, type Logger, type RowType, type Timer } from '@kuiper/base';
import {
  type ItemProps,
  type OpenSink,
  type Payload,
  type RowsItem,
  type SinkItems,
  SinkWriteError,
} from '@kuiper/sdk';
import type { Ticket } from './ack.ts';
import type { RecordLog } from './services.ts';
import { SpillLog, type SpillPage } from './spill-log.ts';
import type { Work } from './work.ts';

/** One item: a payload for sinks that take bytes, rows for the others. */
export type OutputItem = Payload | RowsItem;

/** An item with its dynamic properties, as it is kept. */
export interface UnsafeItem {
  readonly item: OutputItem;
  readonly props: ItemProps;
}

export interface SinkQueueOptions {
  readonly kind: 'bytes' | 'rows';
  readonly type: RowType;
  /** Items in memory. */
  readonly limit: number;
  readonly overflow: 'wait' | 'spill';
  /** Whether the source can be held back, for `spill` when the disk does not take what comes. */
  readonly canHoldBack: boolean;
  /** Items on disk. */
  readonly spillLimit: number;
  readonly pageSize: number;
  /** Fixed pause between retries; 0: backoff from 100 ms to 10 s. */
  readonly retryIntervalMs: number;
  /** Retry recoverable failures; without, they go to `onFailed`. */
  readonly retries: boolean;
  /** Whom the sink works for. */
  readonly work: Work;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly codec: { pack(value: unknown): Uint8Array; unpack(bytes: Uint8Array): unknown };
  /** Opens the log for spilled items. */
  readonly openLog: () => Promise<RecordLog>;
  readonly onException: (text: string) => void;
  readonly onDrop: (reason: string, count: number) => void;
  readonly onWritten: (count: number) => void;
  /** Items accepted and not yet written, whenever that settles. */
  readonly onLength: (length: number) => void;
  /** An item that failed and is not retried here; true when somebody else takes care of it. */
  readonly onFailed?: (item: OutputItem, props: ItemProps) => boolean;
}

const firstRetryMs = 100;
const longestRetryMs = 10_000;
/** Where others depend on the source, a write may take this long before what waits goes to the disk. */
const parkAfterMs = 1000;
/** Items that may wait for a disk that lags, where the source cannot be held back. */
const leastStuckLimit = 8192;

export class SinkQueue {
  private readonly options: SinkQueueOptions;
  private readonly spill: SpillLog;
  private sink: OpenSink | null = null;
  private waiting: OutputItem[] = [];
  private waitingProps: ItemProps[] | null = null;
  private waitingTickets: Ticket[] = [];
  private writing: OutputItem[] | null = null;
  private writingProps: ItemProps[] | null = null;
  private writingTickets: Ticket[] = [];
  /** Set when the items being written came from the log. */
  private writingPage: SpillPage | null = null;
  private parkTimer: Timer | null = null;
  /** Counts items dealt with, whatever became of them. */
  private progress = 0;
  private retryTimer: Timer | null = null;
  private retryMs = 0;
  private failedItem: OutputItem | null = null;
  private reading = false;
  private roomWaiters: (() => void)[] = [];
  private idleWaiters: (() => void)[] = [];
  private stopped = false;
  private refuses = false;
  private dealtWith = 0;

  constructor(options: SinkQueueOptions) {
    this.options = options;
    this.spill = new SpillLog({
      open: options.openLog,
      codec: options.codec,
      limit: options.spillLimit,
      pageSize: options.pageSize,
      stuckLimit: options.canHoldBack ? null : Math.max(options.limit, leastStuckLimit),
      clock: options.clock,
      onException: options.onException,
      onDrop: options.onDrop,
      onReady: () => {
        this.flush();
        this.tellRoom();
      },
    });
  }

  /** Items accepted and not yet written. */
  get length(): number {
    return this.waiting.length + (this.writing?.length ?? 0) + this.spill.length;
  }

  get isIdle(): boolean {
    return this.writing === null && this.waiting.length === 0 && this.spill.length === 0 && !this.reading;
  }

  /** Items of memory written or given up so far, in order; tells which of the unsafe items of a moment are done. */
  get writtenCount(): number {
    return this.dealtWith;
  }

  /** Called when the sink is open; what has been queued so far starts to flow. */
  connect(sink: OpenSink): void {
    this.sink = sink;
    this.flush();
  }

  /** Continues with what an earlier run left in its log; what has been pushed so far is older. */
  resume(log: RecordLog): void {
    this.spill.resume(log);
  }

  push(item: OutputItem, props: ItemProps, ticket: Ticket | null): void {
    if (this.stopped) return;
    if (this.isFull && this.options.overflow === 'spill' && this.spill.length === 0) {
      // A batch larger than memory is no reason to go to the disk, when the sink takes it.
      this.pump();
      if (this.isFull) this.park();
    }
    if (this.spill.length > 0) {
      this.spill.append(item, props);
      if (ticket !== null) this.spill.cover(ticket);
      return;
    }
    if (props !== null && this.waitingProps === null) this.waitingProps = this.waiting.map(() => null);
    this.waiting.push(item);
    if (this.waitingProps !== null) this.waitingProps.push(props);
    if (ticket !== null && this.waitingTickets[this.waitingTickets.length - 1] !== ticket) {
      ticket.hold();
      this.waitingTickets.push(ticket);
    }
  }

  /** What memory holds goes to the disk, which has nothing newer: from there on it is safe. */
  private park(): void {
    if (this.writing !== null && this.writingPage === null) {
      this.dealtWith += this.writing.length;
      this.writingPage = this.spill.adopt(pair(this.writing, this.writingProps));
    }
    this.dealtWith += this.waiting.length;
    for (const { item, props } of pair(this.waiting, this.waitingProps)) this.spill.append(item, props);
    for (const ticket of [...this.writingTickets, ...this.waitingTickets]) {
      this.spill.cover(ticket);
      ticket.release();
    }
    this.waiting = [];
    this.waitingProps = null;
    this.waitingTickets = [];
    this.writingTickets = [];
  }

  /** One timer looks after slow writes: it goes on while there are any. */
  private watchWrite(): void {
    if (this.parkTimer !== null || this.options.canHoldBack || this.options.overflow !== 'spill') return;
    const { clock } = this.options;
    const { progress } = this;
    this.parkTimer = clock.setTimer(clock.now() + parkAfterMs, () => {
      this.parkTimer = null;
      if (this.stopped || this.writing === null) return;
      if (this.progress === progress && this.spill.length === 0) {
        this.park();
        this.flush();
      }
      this.watchWrite();
    });
  }

  /** The ticket is held until everything accepted so far is safe. */
  cover(ticket: Ticket): void {
    if (this.stopped) return;
    this.spill.cover(ticket);
    const holders =
      this.waiting.length > 0
        ? this.waitingTickets
        : this.writing !== null && this.writingPage === null
          ? this.writingTickets
          : null;
    if (holders === null || holders[holders.length - 1] === ticket) return;
    ticket.hold();
    holders.push(ticket);
  }

  /** The memory bound is reached. With `spill` this is dealt with here; with `wait` the source should pause. */
  get isFull(): boolean {
    return this.waiting.length >= this.options.limit;
  }

  /** Starts a write when none is under way. Called once after each batch and on each completion. */
  flush(): void {
    if (this.stopped) return;
    this.pump();
    this.options.onLength(this.length);
  }

  private pump(): void {
    this.spill.flush();
    if (this.writing !== null || this.sink === null || this.retryTimer !== null) return;
    if (this.waiting.length === 0) {
      if (this.spill.logged > 0) this.readLog();
      else this.settleIdle();
      return;
    }
    this.writing = this.waiting;
    this.writingProps = this.waitingProps;
    this.writingTickets = this.waitingTickets;
    this.waiting = [];
    this.waitingProps = null;
    this.waitingTickets = [];
    this.write();
  }

  private get hasRoom(): boolean {
    if (this.options.overflow === 'wait') return !this.isFull;
    return !this.options.canHoldBack || !this.spill.isStuck;
  }

  /** Resolves when there is room again; undefined when there is. */
  whenRoom(): Promise<void> | undefined {
    if (this.refuses || this.stopped || this.hasRoom) return undefined;
    return new Promise((resolve) => this.roomWaiters.push(resolve));
  }

  /** The source is gone: nobody needs to wait for room any more. */
  refuseInput(): void {
    this.refuses = true;
    this.tellRoom();
  }

  /** Resolves when everything accepted so far is written, or the queue has stopped. */
  whenIdle(): Promise<void> | undefined {
    if (this.isIdle || this.stopped) return undefined;
    return new Promise((resolve) => this.idleWaiters.push(resolve));
  }

  /** Resolves when everything that has gone to the log so far is on the disk. */
  logSynced(): Promise<void> {
    return this.spill.synced();
  }

  /** The source has ended and everything is written: the sink flushes what it holds. */
  async end(): Promise<void> {
    await this.options.work.run(() => this.sink?.end?.());
  }

  /** Items accepted and not yet safe, oldest first, without those in the log. */
  unsafeItems(): UnsafeItem[] {
    const written = this.writing === null || this.writingPage !== null ? [] : pair(this.writing, this.writingProps);
    return [...written, ...pair(this.waiting, this.waitingProps)];
  }

  /**
   * Ends: cancels retries, keeps what is wanted, closes the sink, lets go of all tickets.
   * @param keep what the next run gets: the items in memory (younger than those in the log), and those in the log
   * @returns items given up
   */
  async stop(keep: { readonly memory: boolean; readonly log: boolean }): Promise<number> {
    this.stopped = true;
    this.retryTimer?.cancel();
    this.retryTimer = null;
    this.parkTimer?.cancel();
    this.parkTimer = null;
    const unsafe = this.unsafeItems();
    const kept = keep.memory && keep.log ? unsafe : [];
    const { sink } = this;
    this.sink = null;
    let lost = unsafe.length - kept.length;
    if (this.writingPage !== null && !keep.log) lost += this.writing?.length ?? 0;
    try {
      lost += await this.spill.close(kept, keep.log);
    } finally {
      for (const ticket of [...this.writingTickets, ...this.waitingTickets]) ticket.release();
      this.writingTickets = [];
      this.waitingTickets = [];
      this.spill.letGo();
      this.tellRoom();
      for (const resolve of this.idleWaiters.splice(0)) resolve();
      await this.options.work.run(() => sink?.close());
    }
    return lost;
  }

  private write(): void {
    const { work } = this.options;
    while (this.writing !== null && this.sink !== null) {
      let result: Promise<void> | undefined;
      const before = work.enter();
      try {
        result = this.sink.write(this.sinkItems(this.writing));
        work.leave(before);
      } catch (error) {
        work.leave(before);
        if (this.failed(error)) continue;
        return;
      }
      if (result === undefined) {
        this.written();
        return;
      }
      this.watchWrite();
      result.then(this.onWritten, this.onWriteError);
      return;
    }
  }

  private readonly onWritten = (): void => {
    this.written();
  };

  private readonly onWriteError = (error: unknown): void => {
    if (this.failed(error)) this.write();
  };

  private sinkItems(items: readonly OutputItem[]): SinkItems {
    if (this.options.kind === 'bytes') {
      return { kind: 'bytes', payloads: items as readonly Payload[], props: this.writingProps };
    }
    return { kind: 'rows', items: items as readonly RowsItem[], props: this.writingProps, type: this.options.type };
  }

  private written(): void {
    const items = this.writing;
    if (items === null || this.stopped) return;
    this.options.onWritten(items.length);
    this.dealt(items.length);
    this.completed();
  }

  /** The items being written are dealt with, one way or the other. */
  private completed(): void {
    this.writing = null;
    this.writingProps = null;
    this.failedItem = null;
    this.retryMs = 0;
    const tickets = this.writingTickets;
    this.writingTickets = [];
    if (this.writingPage !== null) {
      this.spill.done(this.writingPage);
      this.writingPage = null;
    }
    for (const ticket of tickets) ticket.release();
    if (this.stopped) return;
    this.flush();
    this.tellRoom();
  }

  private tellRoom(): void {
    if (this.roomWaiters.length === 0 || !(this.refuses || this.stopped || this.hasRoom)) return;
    for (const resolve of this.roomWaiters.splice(0)) resolve();
  }

  private dealt(count: number): void {
    this.progress += count;
    if (this.writingPage === null) this.dealtWith += count;
  }

  /** @returns whether the rest is to be written now */
  private failed(error: unknown): boolean {
    const items = this.writing;
    if (items === null || this.stopped) return false;
    const known = error instanceof SinkWriteError ? error : null;
    const index = Math.max(0, Math.min(known?.index ?? 0, items.length - 1));
    if (index > 0) {
      this.options.onWritten(index);
      this.dealt(index);
      items.splice(0, index);
      this.writingProps?.splice(0, index);
    }
    const item = items[0] as OutputItem;
    // Only the first failure of an item is counted: retrying it is not another exception.
    if (this.failedItem !== item) this.options.onException(errorText(error));
    this.failedItem = item;
    if (known?.recoverable === true && this.options.retries) {
      this.watchWrite();
      this.retryLater();
      return false;
    }
    const taken = this.options.onFailed?.(item, this.writingProps?.[0] ?? null) ?? false;
    if (!taken) this.options.onDrop('sink error', 1);
    this.dealt(1);
    items.shift();
    this.writingProps?.shift();
    this.failedItem = null;
    if (items.length > 0) return true;
    this.completed();
    return false;
  }

  private retryLater(): void {
    const { retryIntervalMs } = this.options;
    this.retryMs =
      retryIntervalMs > 0 ? retryIntervalMs : Math.min(longestRetryMs, Math.max(firstRetryMs, this.retryMs * 1.5));
    this.after(this.retryMs, () => this.write());
  }

  private after(delayMs: number, act: () => void): void {
    const { clock } = this.options;
    this.retryTimer = clock.setTimer(clock.now() + delayMs, () => {
      this.retryTimer = null;
      if (!this.stopped) act();
    });
  }

  private readLog(): void {
    if (this.reading) return;
    this.reading = true;
    this.spill.read().then(
      (page) => {
        this.reading = false;
        if (this.stopped) return;
        if (page === null || page.items.length === 0) {
          if (page !== null) this.spill.done(page);
          this.flush();
          return;
        }
        this.writing = page.items;
        this.writingProps = page.props.some((props) => props !== null) ? page.props : null;
        this.writingPage = page;
        this.write();
      },
      (error: unknown) => {
        this.reading = false;
        if (this.stopped) return;
        this.options.onException(errorText(error));
        this.after(longestRetryMs, () => this.flush());
      },
    );
  }

  private settleIdle(): void {
    if (this.idleWaiters.length === 0 || !this.isIdle) return;
    for (const resolve of this.idleWaiters.splice(0)) resolve();
  }
}

function pair(items: readonly OutputItem[], props: readonly ItemProps[] | null): UnsafeItem[] {
  return items.map((item, i) => ({ item, props: props?.[i] ?? null }));
}
