/**
 * What every sink promises, as a suite: give it a factory and it shows each promise by name. `CollectingSinkContext`
 * is the engine's side of a sink for tests.
 */
import { anyMap, type Clock, decodeProps, type Logger, type Row, silentLogger, SystemClock } from '@kuiper/base';
import {
  type BytesItems,
  type ConnectionAccess,
  type ConnectionStatus,
  type ItemProps,
  type OpenSink,
  type Payload,
  type RowsItem,
  type RowsItems,
  type SinkContext,
  type SinkDeclaration,
  type SinkItems,
  SinkWriteError,
} from '@kuiper/sdk';
import { afterEach, describe, expect, test } from 'vitest';
import { HeldState } from './held-state.ts';
import { type CollectingOptions, CollectingSource, expectLabels } from './source.ts';

export class CollectingSinkContext extends HeldState implements SinkContext {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly name = 'sink_0';
  readonly ruleId = 'rule1';
  readonly rootPath: string;
  readonly connections: ConnectionAccess;
  readonly statuses: ConnectionStatus[] = [];
  statusMessage: string | undefined;
  aborted: Error | null = null;
  readonly #waiting = new Set<() => void>();

  constructor(options: Omit<CollectingOptions, 'resumeFrom'> = {}) {
    super();
    this.clock = options.clock ?? new SystemClock({ keepAlive: true });
    this.logger = options.logger ?? silentLogger;
    this.rootPath = options.rootPath ?? '.';
    this.connections = options.connections ?? new CollectingSource().connections;
  }

  status(status: ConnectionStatus, message?: string): void {
    this.statuses.push(status);
    this.statusMessage = message;
    for (const check of [...this.#waiting]) check();
  }

  abort(error: Error): void {
    this.aborted = error;
  }

  untilStatus(wanted: ConnectionStatus): Promise<void> {
    return new Promise((resolve) => {
      const check = (): void => {
        if (this.statuses.at(-1) !== wanted) return;
        this.#waiting.delete(check);
        resolve();
      };
      this.#waiting.add(check);
      check();
    });
  }
}

/** Opens a sink with raw properties, as a rule gives them. */
export async function openSink(
  declaration: SinkDeclaration,
  context: SinkContext,
  props: Readonly<Record<string, unknown>> = {},
): Promise<OpenSink> {
  const decoded = decodeProps(props, declaration.props);
  declaration.check?.(decoded);
  return declaration.open(context, decoded);
}

/** What goes wrong when a rule with these properties is created; null when nothing does. */
export function checkSink(declaration: SinkDeclaration, props: Readonly<Record<string, unknown>>): string | null {
  try {
    const decoded = decodeProps(props, declaration.props);
    declaration.check?.(decoded);
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

export function bytesItems(payloads: readonly Payload[], props: readonly ItemProps[] | null = null): BytesItems {
  return { kind: 'bytes', payloads, props };
}

export function rowsItems(items: readonly RowsItem[], props: readonly ItemProps[] | null = null): RowsItems {
  return { kind: 'rows', items, props, type: anyMap };
}

/** The error of a write that must fail. */
export async function failedWrite(sink: OpenSink, items: SinkItems): Promise<SinkWriteError> {
  try {
    await sink.write(items);
  } catch (error) {
    expect(error).toBeInstanceOf(SinkWriteError);
    return error as SinkWriteError;
  }
  throw new Error('the write succeeded');
}

export interface SinkFixture {
  readonly declaration: SinkDeclaration;
  readonly props?: Readonly<Record<string, unknown>>;
  readonly context?: Omit<CollectingOptions, 'resumeFrom'>;
  /** What has arrived at the other side so far, one entry per item; null when the sink has no other side. */
  arrived: (() => Promise<readonly unknown[]> | readonly unknown[]) | null;
  close?(): Promise<void> | void;
}

export type SinkPromise = 'describes itself' | 'is safe when write returns' | 'keeps the order' | 'closes twice';

export function sinkContract(
  name: string,
  makeFixture: () => Promise<SinkFixture> | SinkFixture,
  options: { readonly gaps?: readonly SinkPromise[] } = {},
): void {
  const closing: (() => Promise<void> | void)[] = [];
  const promise = (title: SinkPromise, run: () => Promise<void>): void => {
    if (options.gaps?.includes(title)) test.fails(title, run);
    else test(title, run);
  };
  const start = async (): Promise<{ fixture: SinkFixture; sink: OpenSink }> => {
    const fixture = await makeFixture();
    const context = new CollectingSinkContext(fixture.context);
    const sink = await openSink(fixture.declaration, context, fixture.props);
    closing.push(async () => {
      await sink.close();
      await fixture.close?.();
    });
    if (context.statuses.length > 0) await context.untilStatus('connected');
    return { fixture, sink };
  };
  const items = (fixture: SinkFixture, numbers: readonly number[]): SinkItems =>
    fixture.declaration.accepts === 'bytes'
      ? bytesItems(numbers.map((n) => (n % 2 === 0 ? `{"n":${n}}` : Buffer.from(`{"n":${n}}`))))
      : rowsItems(numbers.map((n): Row => ({ n })));

  describe(`sink ${name}`, () => {
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

    promise('is safe when write returns', async () => {
      const { fixture, sink } = await start();
      await sink.write(items(fixture, [1]));
      if (fixture.arrived !== null) expect(await fixture.arrived()).toHaveLength(1);
    });

    promise('keeps the order', async () => {
      const { fixture, sink } = await start();
      await sink.write(items(fixture, [1, 2, 3, 4, 5]));
      await sink.write(items(fixture, [6]));
      await sink.write(items(fixture, [7, 8]));
      if (fixture.arrived === null) return;
      const numbers = (await fixture.arrived()).map((one) => (typeof one === 'string' ? JSON.parse(one) : one).n);
      expect(numbers).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    });

    promise('closes twice', async () => {
      const { fixture, sink } = await start();
      await sink.write(items(fixture, [1]));
      await sink.close();
      await sink.close();
    });
  });
}
