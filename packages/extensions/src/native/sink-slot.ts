/** The place of one sink: rules that run go over to what replaces it between two writes, with the same context and state. */
import { errorText, type Logger } from '@kuiper/base';
import type { OpenSink, SinkContext, SinkDeclaration, SinkItems } from '@kuiper/sdk';

export class SinkSlot {
  readonly #logger: Logger;
  readonly #open = new Set<ReopenedSink>();
  #declaration: SinkDeclaration;

  constructor(made: SinkDeclaration, logger: Logger) {
    this.#logger = logger;
    this.#declaration = this.#wrap(made);
  }

  get declaration(): SinkDeclaration {
    return this.#declaration;
  }

  get users(): number {
    return this.#open.size;
  }

  async replace(made: SinkDeclaration): Promise<void> {
    const { accepts } = this.#declaration;
    this.#declaration = this.#wrap(made);
    if (accepts !== made.accepts) {
      if (this.#open.size > 0) {
        this.#logger.warn(`sink ${made.type} takes ${made.accepts} now: rules go over when they restart`);
      }
      return;
    }
    await Promise.all(
      [...this.#open].map(async (opened) => {
        try {
          await opened.reopen(made);
        } catch (error) {
          opened.context.abort(error instanceof Error ? error : new Error(errorText(error)));
        }
      }),
    );
  }

  #wrap(made: SinkDeclaration): SinkDeclaration {
    return {
      ...made,
      open: async (context, props) => {
        const inner = await made.open(context, props);
        const opened = new ReopenedSink(inner, context, props, () => this.#open.delete(opened));
        this.#open.add(opened);
        return opened;
      },
    };
  }
}

/** An open sink behind which the real one changes. */
class ReopenedSink implements OpenSink {
  readonly context: SinkContext;
  readonly #props: Readonly<Record<string, unknown>>;
  readonly #onClose: () => void;
  #inner: OpenSink;
  /** The write under way. */
  #writing: Promise<void> | null = null;
  #reopening: Promise<void> | null = null;
  #closed = false;

  constructor(inner: OpenSink, context: SinkContext, props: Readonly<Record<string, unknown>>, onClose: () => void) {
    this.#inner = inner;
    this.context = context;
    this.#props = props;
    this.#onClose = onClose;
  }

  write(items: SinkItems): Promise<void> | undefined {
    if (this.#reopening !== null) return this.#reopening.then(() => this.write(items));
    const done = this.#inner.write(items);
    if (done === undefined) return undefined;
    const settled = (): void => {
      this.#writing = null;
    };
    this.#writing = done.then(settled, settled);
    return done;
  }

  async end(): Promise<void> {
    await this.#reopening;
    await this.#inner.end?.();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#onClose();
    await this.#reopening;
    await this.#inner.close();
  }

  reopen(made: SinkDeclaration): Promise<void> {
    const work = (this.#reopening ?? this.#writing ?? Promise.resolve()).then(() => this.#change(made));
    // Writers wait for it; that it failed is told by who asked for it.
    const turn = work
      .catch(() => undefined)
      .then(() => {
        if (this.#reopening === turn) this.#reopening = null;
      });
    this.#reopening = turn;
    return work;
  }

  async #change(made: SinkDeclaration): Promise<void> {
    if (this.#closed) return;
    // What it still holds is written by the one that took it.
    await this.#inner.end?.();
    await this.#inner.close();
    this.#inner = await made.open(this.context, this.#props);
  }
}
