/** The place of one source: rules that run go over to what replaces it, with the same context, state and position. */
import { errorText, type Logger } from '@kuiper/base';
import type { PullSubscription, SourceContext, SourceDeclaration, Subscription } from '@kuiper/sdk';

export class SourceSlot {
  readonly #logger: Logger;
  readonly #open = new Set<ReopenedSource>();
  #declaration: SourceDeclaration;

  constructor(made: SourceDeclaration, logger: Logger) {
    this.#logger = logger;
    this.#declaration = this.#wrap(made);
  }

  get declaration(): SourceDeclaration {
    return this.#declaration;
  }

  get users(): number {
    return this.#open.size;
  }

  async replace(made: SourceDeclaration): Promise<void> {
    this.#declaration = this.#wrap(made);
    await Promise.all([...this.#open].map((opened) => this.#goOver(opened, made)));
  }

  async #goOver(opened: ReopenedSource, made: SourceDeclaration): Promise<void> {
    const old = opened.declaration;
    if (old.emits !== made.emits || (old.mode ?? 'push') !== (made.mode ?? 'push')) {
      this.#logger.warn(`source ${made.type} delivers in another way now: rules go over when they restart`);
      return;
    }
    try {
      await opened.reopen(made);
    } catch (error) {
      opened.context.abort(error instanceof Error ? error : new Error(errorText(error)));
    }
  }

  #wrap(made: SourceDeclaration): SourceDeclaration {
    return {
      ...made,
      open: async (context, props, dataSource) => {
        const opened = new ReopenedSource(made, context, props, dataSource, () => this.#open.delete(opened));
        await opened.reopen(made);
        this.#open.add(opened);
        return opened;
      },
    };
  }
}

/** A subscription behind which the source changes. */
class ReopenedSource implements PullSubscription {
  declaration: SourceDeclaration;
  readonly context: SourceContext;
  readonly #props: Readonly<Record<string, unknown>>;
  readonly #dataSource: string;
  readonly #onClose: () => void;
  #inner: Subscription | null = null;
  #face: RelayedContext | null = null;
  /** Position at which the present inner source counts from 0. */
  #base = 0;
  #reopening: Promise<void> | null = null;
  #closed = false;

  constructor(
    declaration: SourceDeclaration,
    context: SourceContext,
    props: Readonly<Record<string, unknown>>,
    dataSource: string,
    onClose: () => void,
  ) {
    this.declaration = declaration;
    this.context = context;
    this.#props = props;
    this.#dataSource = dataSource;
    this.#onClose = onClose;
  }

  reopen(made: SourceDeclaration): Promise<void> {
    const turn = (this.#reopening ?? Promise.resolve()).catch(() => undefined).then(() => this.#change(made));
    this.#reopening = turn;
    const settled = (): void => {
      if (this.#reopening === turn) this.#reopening = null;
    };
    turn.then(settled, settled);
    return turn;
  }

  async pull(tickMs: number): Promise<void> {
    await this.#reopening?.catch(() => undefined);
    await (this.#inner as PullSubscription | null)?.pull(tickMs);
  }

  committed(position: number): void {
    if (position >= this.#base) this.#inner?.committed?.(position - this.#base);
  }

  stateAt(position: number): unknown {
    return this.#inner?.stateAt?.(Math.max(position - this.#base, -1)) ?? this.context.resumeFrom ?? null;
  }

  reset(input: Readonly<Record<string, unknown>>): void {
    this.#inner?.reset?.(input);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#onClose();
    await this.#reopening?.catch(() => undefined);
    this.#face?.cut();
    await this.#inner?.close();
  }

  async #change(made: SourceDeclaration): Promise<void> {
    if (this.#closed) return;
    const [old, face] = [this.#inner, this.#face];
    const next = face?.next ?? this.#base;
    const resumeFrom = old === null ? this.context.resumeFrom : (this.stateAt(next - 1) ?? null);
    face?.cut();
    this.#inner = null;
    await old?.close();
    this.#base = next;
    this.#face = new RelayedContext(this.context, next, resumeFrom);
    this.declaration = made;
    const opened = await made.open(this.#face, this.#props, this.#dataSource);
    this.#inner = opened;
  }
}

/** The context of one inner source: counts its positions on from those of the one before, and can be cut off. */
class RelayedContext implements SourceContext {
  readonly clock: SourceContext['clock'];
  readonly logger: Logger;
  readonly ruleId: string;
  readonly name: string;
  readonly rootPath: string;
  readonly connections: SourceContext['connections'];
  readonly resumeFrom: unknown;
  /** Position of the next message. */
  next: number;
  readonly #outer: SourceContext;
  readonly #base: number;
  #isCut = false;

  constructor(outer: SourceContext, base: number, resumeFrom: unknown) {
    this.clock = outer.clock;
    this.logger = outer.logger;
    this.ruleId = outer.ruleId;
    this.name = outer.name;
    this.rootPath = outer.rootPath;
    this.connections = outer.connections;
    this.resumeFrom = resumeFrom;
    this.next = base;
    this.#outer = outer;
    this.#base = base;
  }

  get columns(): readonly string[] | null {
    return this.#outer.columns;
  }

  /** From now on nothing comes through. */
  cut(): void {
    this.#isCut = true;
  }

  ingest(batch: Parameters<SourceContext['ingest']>[0]): Promise<void> | undefined {
    if (this.#isCut) return undefined;
    this.next = this.#base + batch.position + batch.count;
    if (this.#base === 0) return this.#outer.ingest(batch);
    const { buffer, starts, ends, count, timestampMs } = batch;
    const position = this.#base + batch.position;
    return this.#outer.ingest({ buffer, starts, ends, count, timestampMs, position, meta: (i) => batch.meta(i) });
  }

  ingestRows(batch: Parameters<SourceContext['ingestRows']>[0]): Promise<void> | undefined {
    if (this.#isCut) return undefined;
    this.next = this.#base + batch.position + batch.rows.length;
    if (this.#base === 0) return this.#outer.ingestRows(batch);
    const { rows, type, timestampMs } = batch;
    const given = { rows, timestampMs, position: this.#base + batch.position, meta: (i: number) => batch.meta(i) };
    return this.#outer.ingestRows(type === undefined ? given : { ...given, type });
  }

  fail(error: Error): void {
    if (!this.#isCut) this.#outer.fail(error);
  }

  onAccount<T>(step: () => T): T {
    return this.#outer.onAccount === undefined ? step() : this.#outer.onAccount(step);
  }

  status(...told: Parameters<SourceContext['status']>): void {
    if (!this.#isCut) this.#outer.status(...told);
  }

  end(reason?: string): void {
    if (!this.#isCut) this.#outer.end(reason);
  }

  abort(error: Error): void {
    if (!this.#isCut) this.#outer.abort(error);
  }

  getState(key: string): unknown {
    return this.#outer.getState(key);
  }

  putState(key: string, value: unknown): void {
    this.#outer.putState(key, value);
  }

  deleteState(key: string): void {
    this.#outer.deleteState(key);
  }

  incrCounter(key: string, amount: number): number {
    return this.#outer.incrCounter(key, amount);
  }

  getCounter(key: string): number {
    return this.#outer.getCounter(key);
  }
}
