/**
 * The disk part of a sink's queue: items that memory has no room for, in order, until the sink takes them.
 *
 * - Tickets of the batches that made the items are released when the items are on the disk.
 * - A disk that takes nothing (full, failing, too slow) loses nothing: what comes waits in memory and is tried again;
 *   {@link isStuck} tells it, so that the source can be held back. Where that cannot be, the oldest of what waits goes,
 *   counted.
 * - Over `limit` items the oldest page goes, counted.
 * - Records stay until their page is written; {@link done} trims.
 *
 * Source: behaviour spec, runtime §10.3; DESIGN §9.
 */
import { type Clock, errorText, KuiperError, type Timer } from '@kuiper/base';
import type { ItemProps } from '@kuiper/sdk';
import type { Ticket } from './ack.ts';
import type { RecordLog } from './services.ts';
import type { OutputItem, UnsafeItem } from './sink-queue.ts';

export interface SpillLogOptions {
  readonly open: () => Promise<RecordLog>;
  readonly codec: { pack(value: unknown): Uint8Array; unpack(bytes: Uint8Array): unknown };
  /** Items on disk. */
  readonly limit: number;
  readonly pageSize: number;
  /** Items that may wait for a stuck disk; null when the source is held back instead. */
  readonly stuckLimit: number | null;
  readonly clock: Clock;
  readonly onException: (text: string) => void;
  readonly onDrop: (reason: string, count: number) => void;
  /** The disk works again, or has been opened. */
  readonly onReady: () => void;
}

/** Items read together, or taken over while they are written; given back to {@link SpillLog.done} afterwards. */
export interface SpillPage {
  readonly items: OutputItem[];
  readonly props: ItemProps[];
  /** Sequence number behind the page; -1 while it waits for the disk. */
  end: number;
}

const retryMs = 1000;

export class SpillLog {
  private readonly options: SpillLogOptions;
  private log: RecordLog | null = null;
  private readAt = 0;
  /** Items that the disk has not taken yet. */
  private waiting: UnsafeItem[] = [];
  /** The page at the front of `waiting` that is being written. */
  private adopted: SpillPage | null = null;
  private tickets: Ticket[] = [];
  private opening: Promise<void> | null = null;
  private unsynced = false;
  private syncing = false;
  private stuck = false;
  private failure: string | null = null;
  private retryTimer: Timer | null = null;
  private closed = false;

  constructor(options: SpillLogOptions) {
    this.options = options;
  }

  /** Items not yet read. */
  get length(): number {
    return this.logged + this.waiting.length - (this.adopted?.items.length ?? 0);
  }

  /** Items that can be read now. */
  get logged(): number {
    return this.log === null ? 0 : this.log.nextSeq - this.readAt;
  }

  /** The disk does not take what comes. */
  get isStuck(): boolean {
    return this.stuck && this.waiting.length > 0;
  }

  /** Continues with what an earlier run left. */
  resume(log: RecordLog): void {
    this.log = log;
    this.readAt = log.firstSeq;
  }

  append(item: OutputItem, props: ItemProps): void {
    if (this.log === null || this.waiting.length > 0 || !this.write({ item, props })) {
      this.waiting.push({ item, props });
      this.boundWaiting();
      if (this.log === null) this.open();
    }
    if (this.logged > this.options.limit) this.dropPage();
  }

  /** Takes over items that are being written, when nothing older is left here. */
  adopt(items: readonly UnsafeItem[]): SpillPage {
    const page: SpillPage = { items: items.map(({ item }) => item), props: items.map(({ props }) => props), end: -1 };
    this.adopted = page;
    for (const { item, props } of items) this.waiting.push({ item, props });
    if (this.log === null) this.open();
    else this.writeWaiting();
    return page;
  }

  /** The ticket is held until everything appended so far is on the disk. */
  cover(ticket: Ticket): void {
    if (!this.unsynced && !this.syncing && this.waiting.length === 0) return;
    if (this.tickets[this.tickets.length - 1] === ticket) return;
    ticket.hold();
    this.tickets.push(ticket);
  }

  /** Brings what has been appended to the disk. Called once after each batch. */
  flush(): void {
    if (this.unsynced && this.log !== null && this.retryTimer === null) this.sync(this.log);
  }

  /** Resolves when everything appended so far is on the disk; rejects when that fails now. */
  async synced(): Promise<void> {
    if (this.opening !== null) await this.opening;
    if (this.waiting.length > 0) throw new Error('items wait for the disk');
    if (this.unsynced || this.syncing) await this.log?.sync();
  }

  /** The next page, null when there is none. Rejects when the disk fails; the next call tries again. */
  async read(): Promise<SpillPage | null> {
    const { log } = this;
    if (log === null) return null;
    const from = this.readAt;
    const records = await log.read(from, this.options.pageSize);
    const page: SpillPage = { items: [], props: [], end: (records.at(-1)?.seq ?? log.nextSeq - 1) + 1 };
    // The page may have been dropped while it was read.
    const start = Math.max(from, this.readAt);
    let damaged = page.end - start;
    for (const { seq, data } of records) {
      if (seq < start) continue;
      try {
        const [item, props] = this.options.codec.unpack(data) as [OutputItem, ItemProps];
        page.items.push(item);
        page.props.push(props);
        damaged--;
      } catch (error) {
        this.options.onException(errorText(error));
      }
    }
    if (damaged > 0) this.options.onDrop('cache damaged', damaged);
    this.readAt = Math.max(this.readAt, page.end);
    return page;
  }

  /** The items of the page are written. */
  done(page: SpillPage): void {
    if (this.closed) return;
    if (page === this.adopted) {
      this.waiting.splice(0, page.items.length);
      this.adopted = null;
    } else {
      if (page.end >= 0) void this.log?.trim(page.end);
    }
  }

  /**
   * Ends.
   * @param kept what memory held, younger than what is here: kept for the next run
   * @param keepLog false deletes the log
   * @returns items given up
   */
  async close(kept: readonly UnsafeItem[], keepLog: boolean): Promise<number> {
    this.closed = true;
    this.retryTimer?.cancel();
    this.retryTimer = null;
    const unread = this.length;
    if (!keepLog) {
      await this.log?.destroy();
      return unread + kept.length;
    }
    const late = [...this.waiting, ...kept];
    if (late.length === 0 && (this.log === null || this.log.firstSeq === this.log.nextSeq)) {
      await this.log?.destroy();
      return 0;
    }
    await this.opening;
    let lost = late.length;
    try {
      const log = (this.log ??= await this.options.open());
      for (const { item, props } of late) log.append(this.options.codec.pack([item, props]));
      await log.sync();
      lost = 0;
    } catch (error) {
      this.options.onException(`sink cache: ${errorText(error)}`);
    } finally {
      await this.log?.close();
    }
    return lost;
  }

  /** Lets go of all tickets, safe or not: the rule has ended. */
  letGo(): void {
    for (const ticket of this.tickets.splice(0)) ticket.release();
  }

  /** @returns false when the disk does not take it now */
  private write({ item, props }: UnsafeItem): boolean {
    try {
      (this.log as RecordLog).append(this.options.codec.pack([item, props]));
    } catch (error) {
      if (error instanceof KuiperError && error.retry) {
        this.failed(error);
        return false;
      }
      this.options.onException(errorText(error));
      this.options.onDrop('cache error', 1);
      return true;
    }
    this.unsynced = true;
    return true;
  }

  private open(): void {
    if (this.opening !== null || this.retryTimer !== null || this.closed) return;
    this.opening = this.options.open().then(
      (log) => {
        this.opening = null;
        this.log = log;
        this.readAt = log.firstSeq;
        if (!this.closed) this.writeWaiting();
      },
      (error: unknown) => {
        this.opening = null;
        this.failed(error);
      },
    );
  }

  private writeWaiting(): void {
    const log = this.log as RecordLog;
    let count = 0;
    while (count < this.waiting.length && this.write(this.waiting[count] as UnsafeItem)) count++;
    this.waiting.splice(0, count);
    const { adopted } = this;
    if (adopted !== null && count > 0) {
      // In a log that was not empty older items come first after all; a page that is torn is written again.
      if (count >= adopted.items.length && this.readAt + count === log.nextSeq) {
        this.readAt += adopted.items.length;
        adopted.end = this.readAt;
      }
      this.adopted = null;
    }
    while (this.logged > this.options.limit) this.dropPage();
    if (this.waiting.length === 0) this.stuck = false;
    if (this.unsynced) this.sync(log);
    this.options.onReady();
  }

  private sync(log: RecordLog): void {
    if (this.syncing) return;
    this.syncing = true;
    this.unsynced = false;
    const isComplete = this.waiting.length === 0;
    const covered = isComplete ? this.tickets.length : 0;
    log.sync().then(
      () => {
        this.syncing = false;
        if (this.closed) return;
        this.failure = null;
        for (const ticket of this.tickets.splice(0, covered)) ticket.release();
        if (this.waiting.length > 0) {
          this.retryTimer?.cancel();
          this.retryTimer = null;
          this.writeWaiting();
        } else if (this.unsynced) this.sync(log);
      },
      (error: unknown) => {
        // Not safe on disk: the messages stay unacknowledged until it is.
        this.syncing = false;
        if (this.closed) return;
        this.unsynced = true;
        this.failed(error);
      },
    );
  }

  private failed(error: unknown): void {
    // The text may hold changing numbers: a failure that goes on is told once.
    const failure = error instanceof KuiperError ? error.id : errorText(error);
    if (failure !== this.failure) this.options.onException(`sink cache: ${errorText(error)}`);
    this.failure = failure;
    this.stuck = true;
    this.boundWaiting();
    if (this.retryTimer !== null || this.closed) return;
    const { clock } = this.options;
    this.retryTimer = clock.setTimer(clock.now() + retryMs, () => {
      this.retryTimer = null;
      if (this.closed) return;
      if (this.log === null) this.open();
      else this.writeWaiting();
    });
  }

  private boundWaiting(): void {
    const { stuckLimit } = this.options;
    if (!this.stuck || stuckLimit === null || this.waiting.length <= stuckLimit) return;
    const surplus = this.waiting.length - stuckLimit;
    // Those being written are not given up.
    this.waiting.splice(this.adopted?.items.length ?? 0, surplus);
    this.options.onDrop('cache error', surplus);
  }

  private dropPage(): void {
    const log = this.log;
    if (log === null) return;
    const page = Math.min(this.options.pageSize, log.nextSeq - this.readAt);
    this.readAt += page;
    void log.trim(this.readAt);
    this.options.onDrop('cache full', page);
  }
}
