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
 * What an earlier run kept is read first: its `head`, made at its stop from what memory held, then its log.
 * Source: behaviour spec, runtime §10.3; DESIGN §9.
 */
import { type Clock, errorText, KuiperError, type Timer } from '@kuiper/base';
import type { ItemProps } from '@kuiper/sdk';
import type { Ticket } from './ack.ts';
import type { RecordLog } from './services.ts';
import type { OutputItem } from './sink-queue.ts';

export interface SpillLogOptions {
  readonly open: () => Promise<RecordLog>;
  /** Where memory's items go at a stop when older ones than the log's are left. */
  readonly openHead: () => Promise<RecordLog>;
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

/** Items read together; given back to {@link SpillLog.done} when they are written. */
export interface SpillPage {
  readonly items: OutputItem[];
  readonly props: ItemProps[];
  readonly log: RecordLog;
  /** Sequence number behind the page. */
  readonly end: number;
}

interface Waiting {
  readonly item: OutputItem;
  readonly props: ItemProps;
}

const retryMs = 1000;

export class SpillLog {
  private readonly options: SpillLogOptions;
  private log: RecordLog | null = null;
  private head: RecordLog | null = null;
  private headReadAt = 0;
  private readAt = 0;
  /** Items that the disk has not taken yet. */
  private waiting: Waiting[] = [];
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
    return this.logged + this.waiting.length;
  }

  /** Items that can be read now. */
  get logged(): number {
    const inHead = this.head === null ? 0 : this.head.nextSeq - this.headReadAt;
    return inHead + (this.log === null ? 0 : this.log.nextSeq - this.readAt);
  }

  /** The disk does not take what comes. */
  get isStuck(): boolean {
    return this.stuck && this.waiting.length > 0;
  }

  /** Continues with what an earlier run left. */
  resume(log: RecordLog | null, head: RecordLog | null): void {
    this.log = log;
    this.readAt = log?.firstSeq ?? 0;
    this.head = head;
    this.headReadAt = head?.firstSeq ?? 0;
  }

  append(item: OutputItem, props: ItemProps, ticket: Ticket | null): void {
    if (ticket !== null) this.hold(ticket);
    if (this.log === null || this.waiting.length > 0 || !this.write({ item, props })) {
      this.waiting.push({ item, props });
      this.boundWaiting();
      if (this.log === null) this.open();
    }
    if (this.logged > this.options.limit) this.dropPage();
  }

  /** The ticket is released when everything appended so far is on the disk. */
  cover(ticket: Ticket): void {
    if (this.unsynced || this.syncing || this.waiting.length > 0) this.hold(ticket);
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
    const fromHead = this.head !== null && this.headReadAt < this.head.nextSeq;
    const log = fromHead ? this.head : this.log;
    if (log === null) return null;
    const from = fromHead ? this.headReadAt : this.readAt;
    const records = await log.read(from, this.options.pageSize);
    const page: SpillPage = { items: [], props: [], log, end: (records.at(-1)?.seq ?? log.nextSeq - 1) + 1 };
    // The page may have been dropped while it was read.
    const start = fromHead ? from : Math.max(from, this.readAt);
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
    if (fromHead) this.headReadAt = page.end;
    else this.readAt = Math.max(this.readAt, page.end);
    return page;
  }

  /** The items of the page are written. */
  done({ log, end }: SpillPage): void {
    if (this.closed) return;
    void log.trim(end);
    if (log === this.head && this.headReadAt >= log.nextSeq) {
      this.head = null;
      log.destroy().catch((error: unknown) => this.options.onException(errorText(error)));
    }
  }

  /**
   * Ends.
   * @param kept what memory held, older than what was appended: kept for the next run
   * @param keepLog false deletes the log
   * @returns items given up
   */
  async close(kept: readonly Waiting[], keepLog: boolean): Promise<number> {
    this.closed = true;
    this.retryTimer?.cancel();
    this.retryTimer = null;
    if (!keepLog) {
      const lost = this.length + kept.length;
      await this.head?.destroy();
      await this.log?.destroy();
      return lost;
    }
    if (this.length === 0 && kept.length === 0) {
      const unread = [this.head, this.log].some((log) => log !== null && log.firstSeq < log.nextSeq);
      await (unread ? this.head?.close() : this.head?.destroy());
      await (unread ? this.log?.close() : this.log?.destroy());
      return 0;
    }
    return this.keep(kept);
  }

  /** Lets go of all tickets, safe or not: the rule has ended. */
  letGo(): void {
    for (const ticket of this.tickets.splice(0)) ticket.release();
  }

  private async keep(kept: readonly Waiting[]): Promise<number> {
    const write = (log: RecordLog, { item, props }: Waiting): void => {
      log.append(this.options.codec.pack([item, props]));
    };
    let left = kept.length + this.waiting.length;
    try {
      if (kept.length > 0) {
        const older = this.length > 0 ? (this.head ??= await this.options.openHead()) : await this.main();
        for (const one of kept) write(older, one);
        await older.sync();
        left -= kept.length;
      }
      if (this.waiting.length > 0) {
        const log = await this.main();
        for (const one of this.waiting) write(log, one);
        await log.sync();
        left = 0;
      }
    } finally {
      await this.head?.close();
      await this.log?.close();
      if (left > 0) this.options.onDrop('stopped', left);
    }
    return 0;
  }

  private async main(): Promise<RecordLog> {
    this.log ??= await this.options.open();
    return this.log;
  }

  private hold(ticket: Ticket): void {
    if (this.tickets[this.tickets.length - 1] === ticket) return;
    ticket.hold();
    this.tickets.push(ticket);
  }

  /** @returns false when the disk does not take it now */
  private write({ item, props }: Waiting): boolean {
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
        if (this.closed) {
          log.close().catch(() => {});
          return;
        }
        this.log = log;
        this.readAt = log.firstSeq;
        this.writeWaiting();
      },
      (error: unknown) => {
        this.opening = null;
        this.failed(error);
      },
    );
  }

  private writeWaiting(): void {
    let count = 0;
    while (count < this.waiting.length && this.write(this.waiting[count] as Waiting)) count++;
    this.waiting.splice(0, count);
    while (this.logged > this.options.limit) this.dropPage();
    if (this.waiting.length === 0) this.stuck = false;
    if (this.unsynced) this.sync(this.log as RecordLog);
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
    this.options.onDrop('cache error', this.waiting.length - stuckLimit);
    this.waiting.splice(0, this.waiting.length - stuckLimit);
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
