/**
 * What every source promises, as a suite: give it a factory and it shows each promise by name.
 *
 * `CollectingSource` is the engine's side of a source for tests: it keeps what comes, can be full, and is waited on
 * by condition, never by time.
 */
import {
  type Clock,
  decodeProps,
  type Logger,
  type PropSchema,
  type Row,
  silentLogger,
  SystemClock,
} from '@kuiper/base';
import type {
  BytesBatch,
  ConnectionAccess,
  ConnectionStatus,
  Meta,
  PullSubscription,
  RowsBatch,
  SourceContext,
  SourceDeclaration,
  Subscription,
} from '@kuiper/sdk';
import { afterEach, describe, expect, test } from 'vitest';
import { HeldState } from './held-state.ts';

/** One message as a rule would see it. */
export interface CollectedMessage {
  /** The payload as UTF-8, null for a row. */
  readonly text: string | null;
  readonly row: Row | null;
  readonly meta: Meta | null;
  readonly position: number;
  readonly timestampMs: number;
}

export interface CollectingOptions {
  readonly clock?: Clock;
  readonly logger?: Logger;
  readonly rootPath?: string;
  readonly connections?: ConnectionAccess;
  readonly resumeFrom?: unknown;
}

/** A source may still have an anonymous connection opened for it without a pool. */
const noConnections: ConnectionAccess = {
  acquire(declaration, props, onStatus) {
    const connection = declaration.open(
      { clock: new SystemClock(), logger: silentLogger, id: 'anonymous', rootPath: '.', status: onStatus },
      decodeProps(props, declaration.props),
    );
    return { connection, release: () => connection.close() };
  },
};

export class CollectingSource extends HeldState implements SourceContext {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly name = 'demo';
  readonly ruleId = 'rule1';
  readonly rootPath: string;
  readonly connections: ConnectionAccess;
  readonly resumeFrom: unknown;
  readonly columns = null;
  readonly messages: CollectedMessage[] = [];
  readonly failures: Error[] = [];
  readonly statuses: ConnectionStatus[] = [];
  statusMessage: string | undefined;
  batches = 0;
  ended: string | null = null;
  aborted: Error | null = null;
  #room: { promise: Promise<void>; release: () => void } | null = null;
  readonly #waiting = new Set<() => void>();

  constructor(options: CollectingOptions = {}) {
    super();
    this.clock = options.clock ?? new SystemClock({ keepAlive: true });
    this.logger = options.logger ?? silentLogger;
    this.rootPath = options.rootPath ?? '.';
    this.connections = options.connections ?? noConnections;
    this.resumeFrom = options.resumeFrom ?? null;
  }

  ingest(batch: BytesBatch): Promise<void> | undefined {
    for (let i = 0; i < batch.count; i++) {
      this.messages.push({
        text: batch.buffer.toString('utf8', batch.starts[i], batch.ends[i]),
        row: null,
        meta: batch.meta(i),
        position: batch.position + i,
        timestampMs: batch.timestampMs,
      });
    }
    return this.#accepted();
  }

  ingestRows(batch: RowsBatch): Promise<void> | undefined {
    batch.rows.forEach((row, i) => {
      this.messages.push({
        text: null,
        row,
        meta: batch.meta(i),
        position: batch.position + i,
        timestampMs: batch.timestampMs,
      });
    });
    return this.#accepted();
  }

  fail(error: Error): void {
    this.failures.push(error);
    this.#changed();
  }

  status(status: ConnectionStatus, message?: string): void {
    this.statuses.push(status);
    this.statusMessage = message;
    this.#changed();
  }

  end(reason?: string): void {
    this.ended = reason ?? '';
    this.#changed();
  }

  abort(error: Error): void {
    this.aborted = error;
    this.#changed();
  }

  get texts(): (string | null)[] {
    return this.messages.map((message) => message.text);
  }

  get rows(): (Row | null)[] {
    return this.messages.map((message) => message.row);
  }

  get lastStatus(): ConnectionStatus | undefined {
    return this.statuses.at(-1);
  }

  /** From now on every batch is answered with "full", until {@link makeRoom}. */
  becomeFull(): void {
    let release = (): void => {};
    const promise = new Promise<void>((resolve) => {
      release = resolve;
    });
    this.#room = { promise, release };
  }

  makeRoom(): void {
    this.#room?.release();
    this.#room = null;
  }

  /** Resolves when the condition holds; it is asked again after everything that happens. */
  until(condition: (source: this) => boolean): Promise<void> {
    return new Promise((resolve) => {
      const check = (): void => {
        if (!condition(this)) return;
        this.#waiting.delete(check);
        resolve();
      };
      this.#waiting.add(check);
      check();
    });
  }

  async connected(): Promise<void> {
    await this.until((source) => source.lastStatus === 'connected');
  }

  #accepted(): Promise<void> | undefined {
    this.batches++;
    this.#changed();
    return this.#room?.promise;
  }

  #changed(): void {
    for (const check of [...this.#waiting]) check();
  }
}

/** Opens a source with raw properties, as a stream definition gives them. */
export async function openSource(
  declaration: SourceDeclaration,
  context: SourceContext,
  props: Readonly<Record<string, unknown>> = {},
  dataSource = '',
): Promise<Subscription> {
  const decoded = decodeProps(props, declaration.props);
  declaration.check?.(decoded, dataSource);
  return declaration.open(context, decoded, dataSource);
}

/** What goes wrong when a rule with these properties is created; null when nothing does. */
export function checkSource(
  declaration: SourceDeclaration,
  props: Readonly<Record<string, unknown>>,
  dataSource: string,
): string | null {
  try {
    const decoded = decodeProps(props, declaration.props);
    declaration.check?.(decoded, dataSource);
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

export interface SourceFixture {
  readonly declaration: SourceDeclaration;
  readonly props?: Readonly<Record<string, unknown>>;
  readonly dataSource?: string;
  readonly context?: CollectingOptions;
  /** Makes `count` further messages available, numbered on; a pull source is pulled by the suite. */
  produce(count: number): Promise<void> | void;
  close?(): Promise<void> | void;
}

/** The names of the promises; a gap is listed by name and must stop being listed when it is closed. */
export type SourcePromise = 'describes itself' | 'counts positions' | 'waits when full' | 'is silent after close';

export function sourceContract(
  name: string,
  makeFixture: () => Promise<SourceFixture> | SourceFixture,
  options: { readonly gaps?: readonly SourcePromise[] } = {},
): void {
  const closing: (() => Promise<void> | void)[] = [];
  const promise = (title: SourcePromise, run: () => Promise<void>): void => {
    if (options.gaps?.includes(title)) test.fails(title, run);
    else test(title, run);
  };
  const start = async (): Promise<{
    fixture: SourceFixture;
    context: CollectingSource;
    produce(n: number): Promise<void>;
    stop(): Promise<void>;
  }> => {
    const fixture = await makeFixture();
    const context = new CollectingSource(fixture.context);
    const subscription = await openSource(fixture.declaration, context, fixture.props, fixture.dataSource);
    let open = true;
    const stop = async (): Promise<void> => {
      if (!open) return;
      open = false;
      await subscription.close();
    };
    closing.push(async () => {
      context.makeRoom();
      await stop();
      await fixture.close?.();
    });
    await context.connected();
    const produce = async (count: number): Promise<void> => {
      await fixture.produce(count);
      if (fixture.declaration.mode !== 'pull') return;
      for (let i = 0; i < count; i++) await (subscription as PullSubscription).pull(context.clock.now());
    };
    return { fixture, context, produce, stop };
  };

  describe(`source ${name}`, () => {
    afterEach(async () => {
      for (const close of closing.splice(0)) await close();
    });

    promise('describes itself', async () => {
      const { declaration, close } = await makeFixture();
      await close?.();
      expect(declaration.about.en).not.toBe('');
      expect(declaration.about.zh).not.toBe('');
      expectLabels(declaration.props);
    });

    promise('counts positions', async () => {
      const { context, produce } = await start();
      await produce(3);
      await context.until(({ messages }) => messages.length >= 3);
      await produce(2);
      await context.until(({ messages }) => messages.length >= 5);
      expect(context.messages.map((message) => message.position)).toEqual([0, 1, 2, 3, 4]);
    });

    promise('waits when full', async () => {
      const { context, produce } = await start();
      context.becomeFull();
      const producing = produce(1);
      await context.until(({ messages }) => messages.length >= 1);
      context.makeRoom();
      await producing;
      await produce(2);
      await context.until(({ messages }) => messages.length >= 3);
      expect(context.messages.map((message) => message.position)).toEqual([0, 1, 2]);
    });

    promise('is silent after close', async () => {
      const { context, produce, stop } = await start();
      await produce(1);
      await context.until(({ messages }) => messages.length >= 1);
      await stop();
      await stop();
      expect(context.messages).toHaveLength(1);
      expect(context.aborted).toBe(null);
    });
  });
}

/** Every property that people fill in has a label and an explanation in both languages. */
export function expectLabels(props: PropSchema): void {
  for (const [name, prop] of Object.entries(props)) {
    expect(prop.label?.en, `label of ${name}`).toBeTruthy();
    expect(prop.label?.zh, `label of ${name}`).toBeTruthy();
  }
}
