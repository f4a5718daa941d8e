/**
 * One open source and those who listen to it: a rule of its own, or all rules on a shared stream.
 *
 * A batch is decoded once, for the union of the columns in use, and handed row by row to the subscribers; the
 * dispatcher finds those whose indexed condition can match. When every effect of a batch is safe the source hears so.
 * Source: DESIGN §3, §7, §9; behaviour spec, runtime §12.
 */
import {
  type Clock,
  errorText,
  isTagged,
  type Logger,
  type Row,
  type RowType,
  tagValue,
  type Timer,
} from '@kuiper/base';
import type {
  BytesBatch,
  ConnectionStatus,
  Decoder,
  FormatDeclaration,
  PullSubscription,
  RowReceiver,
  RowsBatch,
  SourceContext,
  SourceDeclaration,
  Subscription,
} from '@kuiper/sdk';
import type { MetaProvider, ProgramInput } from '../compile/program.ts';
import type { IndexCondition } from '../plan/plan-node.ts';
import { AckLedger, type Ticket } from './ack.ts';
import { type CounterBlock, dispatchCounter, increment, sourceCounter, sourceCounters } from './counters.ts';
import { Dispatcher } from './dispatcher.ts';
import { KeptState, type StateTable } from './extension-state.ts';
import { type InputLog, type LoggedBatch, replayBatch } from './input-log.ts';
import type { PassThrough } from './pass-through.ts';
import { patiently } from './patience.ts';
import { LatestOnly } from './latest-only.ts';
import { MergeByField } from './merge-by-field.ts';
import type { SourceSpec } from './rule-spec.ts';
import type { RunServices } from './services.ts';
import { limitInterval, mergeField } from './rate-limit.ts';
import { makeSourceDecoder } from './source-decoder.ts';
import { Work } from './work.ts';

/** How long closing waits for the source. */
const closePatienceMs = 10_000;

/** One rule's interest in a source. */
export interface Subscriber {
  readonly input: ProgramInput;
  /** Columns it reads, null for all. */
  readonly columns: readonly string[] | null;
  /** Condition by which rows can be kept away from it; null: sees every row. */
  readonly index: IndexCondition | null;
  /** Set for a rule that only passes on what its own source sends. */
  readonly passThrough: PassThrough | null;
  /** Laid out as `dispatchCounter`. */
  readonly dispatch: CounterBlock;
  readonly work: Work;
  /** A batch begins that has rows for it; called once per batch, before the first row. */
  begin(ticket: Ticket | null): void;
  /** The batch is over; a promise means "full". */
  end(): Promise<void> | undefined;
  /** Processing a row threw: a bug, which must cost one row and not the batch. */
  threw(error: unknown): void;
  ended(reason: string | undefined): void;
  aborted(error: Error): void;
  /** A text of the source changed: last exception, last decode error, why it was disconnected. */
  noted(): void;
}

export interface SourceRuntimeOptions {
  readonly spec: SourceSpec;
  readonly declaration: SourceDeclaration;
  readonly props: Readonly<Record<string, unknown>>;
  readonly format: FormatDeclaration | null;
  readonly schema: RowType | null;
  readonly services: RunServices;
  /** Name in logs. */
  readonly name: string;
  readonly sendError: boolean;
  readonly resumeFrom: unknown;
  /** The rule; `$$subtopo_<stream>` for a shared stream. */
  readonly ruleId: string;
  /** Where the source keeps what it keeps. */
  readonly states: StateTable;
}

export class SourceRuntime extends KeptState implements SourceContext {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly name: string;
  readonly ruleId: string;
  readonly rootPath: string;
  readonly connections: SourceContext['connections'];
  readonly resumeFrom: unknown;
  /** Laid out as `sourceCounter`. */
  readonly counters: CounterBlock;
  private readonly values: Float64Array;
  /** Texts beside the numbers. */
  lastException = '';
  lastDecodeError = '';
  disconnectedMessage = '';
  /** Messages that the source gave up, by reason. */
  readonly drops: Record<string, number> = {};
  columns: readonly string[] | null = null;
  /** Set when the source cannot replay and feeds checkpointed state. */
  inputLog: InputLog | null = null;
  private readonly options: SourceRuntimeOptions;
  private readonly services: RunServices;
  /** What the source itself does. */
  private readonly work: Work;
  private readonly ledger: AckLedger;
  private readonly dispatcher: Dispatcher;
  private readonly receiver: RowReceiver;
  private readonly subscribers = new Set<Subscriber>();
  /** Decoder and dispatch no longer fit the subscribers; put right before the next batch. */
  private stale = true;
  private decoder: Decoder | null = null;
  /** The only subscriber, when it takes encoded rows. */
  private through: Subscriber | null = null;
  private limiter: LatestOnly | MergeByField | null = null;
  private subscription: Subscription | null = null;
  private committedPosition = -1;
  /** Position of the last message handed in. */
  private lastPosition = -1;
  private pullTimer: Timer | null = null;
  /** Resolves when a source that has been told to rest is closed. */
  private rest: { readonly promise: Promise<void>; readonly resolve: () => void } | null = null;
  private closing: Promise<void> | null = null;
  private closed = false;
  private aborted = false;
  private endReason: { reason: string | undefined } | null = null;
  // The batch being dispatched.
  private timestampMs = 0;
  private batch: MetaProvider = noMetas;

  constructor(options: SourceRuntimeOptions) {
    super(options.states, `source/${options.spec.name}`);
    this.options = options;
    this.services = options.services;
    this.ruleId = options.ruleId;
    this.clock = options.services.clock;
    this.logger = options.services.logger.with({ source: options.name });
    this.name = options.name;
    this.rootPath = options.services.rootPath;
    this.connections = options.services.connections;
    this.resumeFrom = options.resumeFrom;
    this.counters = options.services.counters.allocate(sourceCounters);
    this.values = this.counters.values;
    this.work = new Work(options.services.activity, options.ruleId);
    this.dispatcher = new Dispatcher(this.values, options.services.activity.current);
    this.ledger = new AckLedger((position) => {
      this.committedPosition = position;
      this.tellCommitted();
    });
    this.receiver = {
      row: (row, index) => {
        increment(this.values, sourceCounter.decoded);
        this.dispatcher.dispatch(row, this.timestampMs, this.batch, index);
      },
      fail: (error) => {
        increment(this.values, sourceCounter.decodeErrors);
        this.values[sourceCounter.decodeErrorTime] = this.clock.now();
        this.lastDecodeError = errorText(error);
        this.noted();
        this.forwardError(this.lastDecodeError);
      },
    };
  }

  get subscriberCount(): number {
    return this.subscribers.size;
  }

  /** Nothing comes any more: who attaches now needs another one. */
  get isOver(): boolean {
    return this.closed || this.aborted || this.endReason !== null;
  }

  /** What `resumeFrom` needs to continue behind everything handed in so far. */
  resumeState(): unknown {
    return this.work.run(() => this.subscription?.stateAt?.(this.lastPosition)) ?? null;
  }

  reset(input: Readonly<Record<string, unknown>>): boolean {
    const { subscription } = this;
    if (subscription?.reset === undefined) return false;
    this.work.run(() => subscription.reset?.(input));
    return true;
  }

  attach(subscriber: Subscriber): void {
    this.subscribers.add(subscriber);
    this.stale = true;
  }

  detach(subscriber: Subscriber): void {
    this.subscribers.delete(subscriber);
    this.stale = true;
  }

  /** Columns decoded now, null for all: `GET /streams/{name}/schema` of a shared stream. */
  columnsInUse(): readonly string[] | null {
    return unionColumns(this.subscribers);
  }

  async open(): Promise<void> {
    const { declaration, props, spec } = this.options;
    this.values[sourceCounter.tryTime] = this.clock.now();
    this.refresh();
    const dataSource = spec.options.datasource ?? '';
    const intervalMs = limitInterval(declaration, spec);
    if (intervalMs > 0) this.limiter = this.makeLimiter(intervalMs);
    const subscription = await this.work.run(() => declaration.open(this, props, dataSource));
    if (this.closed) {
      await subscription.close();
      return;
    }
    this.subscription = subscription;
    // A source may hand in its first messages while it opens.
    if (this.committedPosition >= 0) this.tellCommitted();
    if (this.values[sourceCounter.status] === 0 && declaration.mode === 'pull') this.status('connected');
    if (declaration.mode === 'pull') this.startPulling(subscription as PullSubscription);
  }

  private makeLimiter(intervalMs: number): LatestOnly | MergeByField {
    const { declaration, spec, format } = this.options;
    const { clock } = this;
    const emit = (batch: BytesBatch, ticket: Ticket): void => void this.process(batch, ticket);
    const field = mergeField(spec, declaration);
    if (field === null || format === null) return new LatestOnly(clock, intervalMs, emit);
    const decoder = format.createDecoder({ schema: null, columns: [field], options: spec.props });
    return new MergeByField({ clock, intervalMs, field, decoder, emit, fail: (error) => this.receiver.fail(error, 0) });
  }

  /** Takes nothing more in; what is under way can still become safe, and is then told to the source. */
  quiesce(): void {
    if (this.rest !== null) return;
    let resolve = (): void => {};
    const promise = new Promise<void>((done) => {
      resolve = done;
    });
    this.rest = { promise, resolve };
    this.pullTimer?.cancel();
    this.limiter?.stop();
  }

  close(): Promise<void> {
    this.closing ??= this.shut();
    return this.closing;
  }

  private async shut(): Promise<void> {
    this.quiesce();
    this.closed = true;
    this.rest?.resolve();
    try {
      await this.closeSubscription();
    } finally {
      await this.inputLog?.close();
    }
  }

  /** A source that never answers must not keep the next one of its name waiting. */
  private async closeSubscription(): Promise<void> {
    const closing = this.work.run(() => this.subscription?.close());
    if (closing === undefined) return;
    let failure: unknown = null;
    const settled = closing.catch((error: unknown) => {
      failure = error;
    });
    if (await patiently(this.clock, closePatienceMs, settled))
      this.logger.error(`source ${this.name} does not close and is left behind`);
    if (failure !== null) throw failure;
  }

  ingest(batch: BytesBatch): Promise<void> | undefined {
    if (this.rest !== null) return this.closed ? undefined : this.rest.promise;
    increment(this.values, sourceCounter.received, batch.count);
    const ticket = this.issue(batch.position + batch.count - 1);
    if (this.limiter !== null) {
      this.limiter.take(batch, ticket);
      return undefined;
    }
    return this.process(batch, ticket);
  }

  private process(batch: BytesBatch, ticket: Ticket): Promise<void> | undefined {
    this.inputLog?.append(batch, ticket);
    const started = this.enter(batch.timestampMs, batch, ticket);
    try {
      if (this.through?.passThrough?.isOpen() === true) this.passOn(batch, this.through);
      else (this.decoder as Decoder).decodeBatch(batch, this.receiver);
    } catch (error) {
      this.receiver.fail(error as Error, 0);
    }
    return this.leave(started, batch.count, ticket);
  }

  /** Bytes to bytes; messages that cannot go that way are decoded one by one, in their place. */
  private passOn(batch: BytesBatch, subscriber: Subscriber): void {
    const { transcoder, take } = subscriber.passThrough as PassThrough;
    const before = subscriber.work.enter();
    const { buffer, starts, ends, count } = batch;
    this.dispatcher.touchAll();
    let passed = 0;
    for (let i = 0; i < count; i++) {
      const payload = transcoder.transcode(buffer, starts[i] as number, ends[i] as number);
      if (payload === null) (this.decoder as Decoder).decodeBatch(oneMessage(batch, i), this.receiver);
      else {
        take(payload);
        passed++;
      }
    }
    subscriber.work.leave(before);
    increment(this.values, sourceCounter.decoded, passed);
    increment(this.values, sourceCounter.dispatched, passed);
    increment(subscriber.dispatch.values, dispatchCounter.delivered, passed);
  }

  ingestRows(given: RowsBatch): Promise<void> | undefined {
    if (this.rest !== null) return this.closed ? undefined : this.rest.promise;
    const batch = tagged(given);
    const { rows } = batch;
    increment(this.values, sourceCounter.received, rows.length);
    const ticket = this.issue(batch.position + rows.length - 1);
    this.inputLog?.appendRows(batch, ticket);
    const started = this.enter(batch.timestampMs, batch, ticket);
    for (let i = 0; i < rows.length; i++) this.dispatcher.dispatch(rows[i] as Row, batch.timestampMs, batch, i);
    return this.leave(started, rows.length, ticket);
  }

  /**
   * Feeds one subscriber what the input log holds from `from` on, with the logged times, then attaches it: no batch is
   * missed in between. The log must have been opened.
   */
  async replayAndAttach(subscriber: Subscriber, from: number, stopped: () => boolean): Promise<void> {
    const { inputLog } = this;
    if (inputLog === null) {
      this.attach(subscriber);
      return;
    }
    const decoder = this.makeDecoder(subscriber.columns);
    const take = (batch: LoggedBatch): Promise<void> | undefined => {
      subscriber.begin(null);
      const before = subscriber.work.enter();
      try {
        replayBatch(batch, decoder, subscriber.input);
      } catch (error) {
        subscriber.threw(error);
      }
      const full = subscriber.end();
      subscriber.work.leave(before);
      return full;
    };
    await inputLog.replay(from, take, () => this.attach(subscriber), stopped);
  }

  fail(error: Error): void {
    if (this.closed) return;
    this.exception(errorText(error));
    this.forwardError(errorText(error));
  }

  dropped(count: number, reason: string): void {
    if (this.closed) return;
    this.drops[reason] = (this.drops[reason] ?? 0) + count;
    this.noted();
  }

  status(status: ConnectionStatus, message?: string): void {
    if (this.closed) return;
    const now = this.clock.now();
    if (status === 'connected') {
      this.values[sourceCounter.status] = 1;
      this.values[sourceCounter.connectedTime] = now;
    } else if (status === 'connecting') {
      this.values[sourceCounter.status] = 0;
      this.values[sourceCounter.tryTime] = now;
    } else {
      this.values[sourceCounter.status] = -1;
      this.values[sourceCounter.disconnectedTime] = now;
      this.disconnectedMessage = message ?? '';
      this.exception(`disconnected: ${message ?? ''}`);
    }
  }

  end(reason?: string): void {
    if (this.isOver) return;
    this.endReason = { reason };
    this.pullTimer?.cancel();
    for (const subscriber of [...this.subscribers]) subscriber.ended(reason);
  }

  abort(error: Error): void {
    if (this.closed || this.aborted) return;
    this.aborted = true;
    for (const subscriber of [...this.subscribers]) subscriber.aborted(error);
  }

  onAccount<T>(step: () => T): T {
    return this.work.run(step);
  }

  private issue(position: number): Ticket {
    this.lastPosition = position;
    return this.ledger.issue(position);
  }

  private tellCommitted(): void {
    if (this.closed) return;
    const before = this.work.enter();
    try {
      this.subscription?.committed?.(this.committedPosition);
    } catch (error) {
      this.fail(error as Error);
    }
    this.work.leave(before);
  }

  private enter(timestampMs: number, metas: MetaProvider, ticket: Ticket | null): number {
    if (this.stale) this.refresh();
    this.timestampMs = timestampMs;
    this.batch = metas;
    this.dispatcher.begin(ticket);
    return this.services.stopwatchUs();
  }

  private leave(startedUs: number, count: number, ticket: Ticket | null): Promise<void> | undefined {
    const full = this.dispatcher.end();
    this.batch = noMetas;
    // With nobody there to process it nothing is safe: it comes again.
    if (this.subscribers.size > 0) ticket?.release();
    this.values[sourceCounter.lastInvocation] = this.timestampMs;
    if (count > 0) this.values[sourceCounter.latencyUs] = (this.services.stopwatchUs() - startedUs) / count;
    const logging = this.inputLog?.whenRoom();
    if (logging === undefined) return full;
    return full === undefined ? logging : Promise.all([full, logging]).then(() => undefined);
  }

  /** Decoder and dispatch follow the subscribers. Takes effect between two batches. */
  private refresh(): void {
    this.stale = false;
    this.dispatcher.rebuild(this.subscribers);
    const [only] = this.subscribers;
    this.through = this.subscribers.size === 1 && only !== undefined && only.passThrough !== null ? only : null;
    const columns = unionColumns(this.subscribers);
    if (this.options.format === null) {
      this.columns = columns;
      return;
    }
    if (this.decoder !== null && sameColumns(columns, this.columns)) return;
    this.columns = columns;
    this.decoder = this.makeDecoder(columns);
  }

  private makeDecoder(columns: readonly string[] | null): Decoder | null {
    const { format, schema, spec } = this.options;
    if (format === null) return null;
    return makeSourceDecoder(spec, format, schema, columns, this.services, this.options.declaration);
  }

  private startPulling(subscription: PullSubscription): void {
    const interval = Number(this.options.props.interval ?? 0);
    const next = (dueMs: number): void => {
      if (this.rest !== null || this.isOver || !(interval > 0)) return;
      const now = this.clock.now();
      // A tick that was missed is not made up for.
      const at = dueMs > now ? dueMs : now + interval - ((now - dueMs) % interval);
      this.pullTimer = this.clock.setTimer(at, () => pull(at));
    };
    const pull = (tickMs: number): void => {
      let done: Promise<void> | undefined;
      try {
        done = this.work.run(() => subscription.pull(tickMs)) ?? undefined;
      } catch (error) {
        this.fail(error as Error);
      }
      if (done === undefined) next(tickMs + interval);
      else done.catch((error: unknown) => this.fail(error as Error)).finally(() => next(tickMs + interval));
    };
    pull(this.clock.now());
  }

  private forwardError(text: string): void {
    if (!this.options.sendError) return;
    this.dispatcher.error(text);
  }

  private noted(): void {
    for (const subscriber of this.subscribers) subscriber.noted();
  }

  private exception(text: string): void {
    increment(this.values, sourceCounter.exceptions);
    this.values[sourceCounter.lastExceptionTime] = this.clock.now();
    this.lastException = text;
    this.noted();
    if (this.logger.debugEnabled) this.logger.debug(text);
  }
}

/** Programs on sources that hand over rows expect tagged values. */
function tagged(batch: RowsBatch): RowsBatch {
  const { type } = batch;
  if (type === undefined || isTagged(type)) return batch;
  const rows = batch.rows.map((row) => tagValue(row, type) as Row);
  return { rows, timestampMs: batch.timestampMs, position: batch.position, meta: (i) => batch.meta(i) };
}

/** Message `i` as a batch of its own. */
function oneMessage(batch: BytesBatch, i: number): BytesBatch {
  return {
    buffer: batch.buffer,
    starts: [batch.starts[i] as number],
    ends: [batch.ends[i] as number],
    count: 1,
    timestampMs: batch.timestampMs,
    position: batch.position + i,
    meta: () => batch.meta(i),
  };
}

const noMetas: MetaProvider = { meta: () => null };

/** Null as soon as one subscriber wants everything. The order is that of first use, so one rule keeps its own. */
export function unionColumns(subscribers: Iterable<Pick<Subscriber, 'columns'>>): readonly string[] | null {
  const union = new Set<string>();
  for (const { columns } of subscribers) {
    if (columns === null) return null;
    for (const column of columns) union.add(column);
  }
  return [...union];
}

function sameColumns(a: readonly string[] | null, b: readonly string[] | null): boolean {
  if (a === null || b === null) return a === b;
  return a.length === b.length && a.every((column, i) => column === b[i]);
}
