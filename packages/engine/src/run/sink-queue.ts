/**
 * The queue in front of one sink: bounded memory, then disk, one write at a time, in order.
 *
 * - A write takes everything that waits, so a slow sink gets larger batches, not more calls.
 * - A recoverable failure (I/O) is retried with the same item until it succeeds; anything else drops that one item,
 *   counted.
 * - When memory is full: `wait` asks the source to pause (the items at hand are still accepted); `spill` appends to the
 *   disk log, for sinks with a cache and where pausing would stall other rules. Only when the disk log is full too is
 *   the oldest page dropped, counted.
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

/** One item: a payload for sinks that take bytes, rows for the others. */
export type OutputItem = Payload | RowsItem;

export interface SinkQueueOptions {
  readonly kind: 'bytes' | 'rows';
  readonly type: RowType;
  /** Items in memory. */
  readonly limit: number;
  readonly overflow: 'wait' | 'spill';
  /** Items on disk. */
  readonly spillLimit: number;
  readonly pageSize: number;
  /** Fixed pause between retries; 0: backoff from 100 ms to 10 s. */
  readonly retryIntervalMs: number;
  /** Retry recoverable failures; without, they go to `onFailed`. */
  readonly retries: boolean;
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

export class SinkQueue {
  private readonly options: SinkQueueOptions;
  private sink: OpenSink | null = null;
  private waiting: OutputItem[] = [];
  private waitingProps: ItemProps[] | null = null;
  private waitingTickets: Ticket[] = [];
  private writing: OutputItem[] | null = null;
  private writingProps: ItemProps[] | null = null;
  private writingTickets: Ticket[] = [];
  /** Log sequence number after the items being written, when they came from the log. */
  private writingFromLog = -1;
  private retryTimer: Timer | null = null;
  private retryMs = 0;
  private failedItem: OutputItem | null = null;
  private log: RecordLog | null = null;
  private logReadAt = 0;
  private logTickets: Ticket[] = [];
  private unsynced = false;
  private reading = false;
  private roomWaiters: (() => void)[] = [];
  private idleWaiters: (() => void)[] = [];
  private stopped = false;
  private dealtWith = 0;

  constructor(options: SinkQueueOptions) {
    this.options = options;
  }

  /** Items accepted and not yet written. */
  get length(): number {
    return this.waiting.length + (this.writing?.length ?? 0) + this.spilled;
  }

  private get spilled(): number {
    return this.log === null ? 0 : this.log.nextSeq - this.logReadAt;
  }

  get isIdle(): boolean {
    return this.writing === null && this.waiting.length === 0 && this.spilled === 0 && !this.reading;
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

  /** Continues with what an earlier run left in the log. */
  resume(log: RecordLog): void {
    this.log = log;
    this.logReadAt = log.firstSeq;
  }

  push(item: OutputItem, props: ItemProps, ticket: Ticket | null): void {
    if (this.log !== null && (this.spilled > 0 || this.isFull)) {
      this.spill(item, props, ticket);
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

  /** The memory bound is reached. With `spill` this is dealt with here; with `wait` the source should pause. */
  get isFull(): boolean {
    return this.waiting.length >= this.options.limit;
  }

  /** Starts a write when none is under way. Called once after each batch and on each completion. */
  flush(): void {
    this.pump();
    this.options.onLength(this.length);
  }

  private pump(): void {
    if (this.unsynced) this.syncLog();
    if (this.isFull && this.options.overflow === 'spill' && this.log === null) this.openLog();
    if (this.writing !== null || this.sink === null || this.retryTimer !== null) return;
    if (this.waiting.length === 0) {
      if (this.spilled > 0) this.readLog();
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

  /** Resolves when there is room again; undefined when there is. */
  whenRoom(): Promise<void> | undefined {
    if (this.options.overflow === 'spill' || !this.isFull) return undefined;
    return new Promise((resolve) => this.roomWaiters.push(resolve));
  }

  /** Resolves when everything accepted so far is written. */
  whenIdle(): Promise<void> | undefined {
    if (this.isIdle) return undefined;
    return new Promise((resolve) => this.idleWaiters.push(resolve));
  }

  /** Items accepted and not yet safe, oldest first, without those in the log. */
  unsafeItems(): readonly OutputItem[] {
    return this.writing === null || this.writingFromLog >= 0 ? this.waiting : [...this.writing, ...this.waiting];
  }

  /**
   * Ends: cancels retries, keeps what waits in the log when there is one (and `keep`), closes the sink.
   * @returns items given up
   */
  async stop(keep: boolean): Promise<number> {
    this.stopped = true;
    this.retryTimer?.cancel();
    this.retryTimer = null;
    const unsafe = this.unsafeItems();
    let lost = unsafe.length;
    if (keep && this.log !== null) {
      for (const item of unsafe) this.log.append(this.pack(item, null));
      await this.log.sync();
      lost = 0;
    }
    const sink = this.sink;
    this.sink = null;
    await sink?.close();
    if (this.log !== null) await (keep ? this.log.close() : this.log.destroy());
    this.roomWaiters.splice(0).forEach((resolve) => {
      resolve();
    });
    this.idleWaiters.splice(0).forEach((resolve) => {
      resolve();
    });
    return lost;
  }

  private write(): void {
    const items = this.writing as OutputItem[];
    let result: Promise<void> | undefined;
    try {
      result = (this.sink as OpenSink).write(this.sinkItems(items));
    } catch (error) {
      this.failed(error);
      return;
    }
    if (result === undefined) this.written();
    else result.then(this.onWritten, this.onWriteError);
  }

  private readonly onWritten = (): void => {
    this.written();
  };

  private readonly onWriteError = (error: unknown): void => {
    this.failed(error);
  };

  private sinkItems(items: readonly OutputItem[]): SinkItems {
    if (this.options.kind === 'bytes') {
      return { kind: 'bytes', payloads: items as readonly Payload[], props: this.writingProps };
    }
    return { kind: 'rows', items: items as readonly RowsItem[], props: this.writingProps, type: this.options.type };
  }

  private written(): void {
    const items = this.writing;
    if (items === null) return;
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
    for (const ticket of tickets) ticket.release();
    if (this.writingFromLog >= 0) {
      void this.log?.trim(this.writingFromLog);
      this.writingFromLog = -1;
    }
    if (this.stopped) return;
    this.flush();
    if (this.roomWaiters.length > 0 && this.waiting.length < this.options.limit) {
      for (const resolve of this.roomWaiters.splice(0)) resolve();
    }
  }

  private dealt(count: number): void {
    if (this.writingFromLog < 0) this.dealtWith += count;
  }

  private failed(error: unknown): void {
    const items = this.writing;
    if (items === null || this.stopped) return;
    const known = error instanceof SinkWriteError ? error : null;
    const index = Math.min(known?.index ?? 0, items.length - 1);
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
      this.retryLater();
      return;
    }
    const taken = this.options.onFailed?.(item, this.writingProps?.[0] ?? null) ?? false;
    if (!taken) this.options.onDrop('sink error', 1);
    this.dealt(1);
    items.shift();
    this.writingProps?.shift();
    this.failedItem = null;
    if (items.length === 0) this.completed();
    else this.write();
  }

  private retryLater(): void {
    const { clock, retryIntervalMs } = this.options;
    this.retryMs =
      retryIntervalMs > 0 ? retryIntervalMs : Math.min(longestRetryMs, Math.max(firstRetryMs, this.retryMs * 1.5));
    this.retryTimer = clock.setTimer(clock.now() + this.retryMs, () => {
      this.retryTimer = null;
      if (this.stopped || this.writing === null) return;
      // What has come since joins in, so that one success empties the queue.
      this.write();
    });
  }

  private openLog(): void {
    if (this.reading) return;
    this.reading = true;
    this.options.openLog().then(
      (log) => {
        this.log = log;
        this.logReadAt = log.firstSeq;
        this.reading = false;
        this.flush();
      },
      (error: unknown) => {
        this.reading = false;
        this.options.logger.error(`cannot open the sink cache: ${errorText(error)}`);
        this.dropOldest();
      },
    );
  }

  private dropOldest(): void {
    const surplus = this.waiting.length - this.options.limit;
    if (surplus <= 0) return;
    this.waiting.splice(0, surplus);
    this.waitingProps?.splice(0, surplus);
    this.dealtWith += surplus;
    this.options.onDrop('buffer full', surplus);
  }

  private spill(item: OutputItem, props: ItemProps, ticket: Ticket | null): void {
    const log = this.log as RecordLog;
    try {
      log.append(this.pack(item, props));
    } catch (error) {
      this.options.onException(errorText(error));
      this.options.onDrop('cache error', 1);
      return;
    }
    this.unsynced = true;
    if (ticket !== null && this.logTickets[this.logTickets.length - 1] !== ticket) {
      ticket.hold();
      this.logTickets.push(ticket);
    }
    if (this.spilled <= this.options.spillLimit) return;
    const page = Math.min(this.options.pageSize, this.spilled);
    this.logReadAt += page;
    void log.trim(this.logReadAt);
    this.options.onDrop('cache full', page);
  }

  private syncLog(): void {
    this.unsynced = false;
    const tickets = this.logTickets;
    this.logTickets = [];
    const release = (): void => {
      for (const ticket of tickets) ticket.release();
    };
    (this.log as RecordLog).sync().then(release, (error: unknown) => {
      // Not safe on disk: the messages stay unacknowledged and come again.
      this.options.onException(errorText(error));
    });
  }

  private readLog(): void {
    if (this.reading) return;
    this.reading = true;
    const log = this.log as RecordLog;
    log.read(this.logReadAt, this.options.pageSize).then(
      (records) => {
        this.reading = false;
        if (this.stopped) return;
        const last = records[records.length - 1];
        if (last === undefined) {
          this.logReadAt = log.nextSeq;
          this.flush();
          return;
        }
        this.writing = [];
        this.writingProps = [];
        for (const { data } of records) {
          const [item, props] = this.options.codec.unpack(data) as [OutputItem, ItemProps];
          this.writing.push(item);
          this.writingProps.push(props);
        }
        this.logReadAt = last.seq + 1;
        this.writingFromLog = this.logReadAt;
        this.write();
      },
      (error: unknown) => {
        this.reading = false;
        this.options.onException(errorText(error));
        this.logReadAt = log.nextSeq;
        this.flush();
      },
    );
  }

  private pack(item: OutputItem, props: ItemProps): Uint8Array {
    return this.options.codec.pack([item, props]);
  }

  private settleIdle(): void {
    if (this.idleWaiters.length === 0 || !this.isIdle) return;
    for (const resolve of this.idleWaiters.splice(0)) resolve();
  }
}
