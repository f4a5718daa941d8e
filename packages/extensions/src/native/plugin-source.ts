/** Sources written as classes or objects with methods. */
import { errorText, prop, type PropSchema, type Row } from '@kuiper/base';
import type {
  BytesBatch,
  PluginContext,
  PluginIngest,
  PluginProps,
  PluginSource,
  PullSubscription,
  SourceContext,
  SourceDeclaration,
  Subscription,
} from '@kuiper/sdk';
import type { InstanceMaker } from './module-symbols.ts';
import { nodeContext, ownContext, type PluginSurroundings } from './plugin-context.ts';
import { taggedValue } from './plugin-values.ts';

/** What the engine itself reads of a source that it asks. */
const pullProps: PropSchema = { interval: prop.duration({ optional: true }) };

export function pluginSource(
  type: string,
  { maker, probe }: { readonly maker: InstanceMaker<PluginSource>; readonly probe: PluginSource },
  around: PluginSurroundings,
): SourceDeclaration {
  const isPulled = probe.pull !== undefined;
  return {
    type,
    about: { en: `Source ${type} of a native plugin.`, zh: `原生插件的源 ${type}。` },
    emits: probe.emits ?? 'rows',
    mode: isPulled ? 'pull' : 'push',
    backpressure: isPulled ? 'pause' : (probe.backpressure ?? 'none'),
    ...(isReplaying(probe) ? { replays: true } : {}),
    dataSource: { about: { en: 'What the plugin reads.', zh: '插件读取的内容。' }, required: false },
    props: isPulled ? pullProps : {},
    openProps: true,
    check: (props, dataSource) => {
      // A shared instance is at work already: asking it would set it to other properties.
      if (maker.shared) return;
      settle(
        maker.make().provision?.(
          ownContext(around, type, () => 0),
          withDataSource(props, dataSource),
        ),
      );
    },
    async open(context, props, dataSource) {
      const opened = new OpenPluginSource(maker.make(), context, around);
      await opened.start(withDataSource(props, dataSource));
      return opened;
    },
  };
}

function isReplaying(probe: PluginSource): boolean {
  return probe.getOffset !== undefined && probe.rewind !== undefined;
}

function withDataSource(props: PluginProps, dataSource: string): PluginProps {
  return dataSource === '' && Object.hasOwn(props, 'datasource') ? props : { ...props, datasource: dataSource };
}

/** The result of a check that goes on is not waited for; opening asks again. */
function settle(result: void | Promise<void>): void {
  if (result instanceof Promise) result.catch(() => undefined);
}

const noMeta = (): null => null;

class OpenPluginSource implements PullSubscription, Subscription {
  readonly #plugin: PluginSource;
  readonly #context: SourceContext;
  readonly #inside: PluginContext;
  readonly #isBytes: boolean;
  readonly #replays: boolean;
  /** Offsets behind what has been handed in, oldest first, since the last one that was committed. */
  #offsets: { readonly position: number; readonly offset: unknown }[] = [];
  #position = 0;
  #full: Promise<void> | undefined;
  #closed = false;

  constructor(plugin: PluginSource, context: SourceContext, around: PluginSurroundings) {
    this.#plugin = plugin;
    this.#context = context;
    this.#inside = nodeContext(context, around);
    this.#isBytes = plugin.emits === 'bytes';
    this.#replays = isReplaying(plugin);
  }

  async start(props: PluginProps): Promise<void> {
    const plugin = this.#plugin;
    const context = this.#context;
    // What never returns is the rule's fault, after a wait as well.
    const inRule = <T>(step: () => T): T => (context.onAccount === undefined ? step() : context.onAccount(step));
    await inRule(() => plugin.provision?.(this.#inside, props));
    plugin.setEofIngest?.((message) => {
      if (!this.#closed) context.end(message);
    });
    if (plugin.connect === undefined) context.status('connected');
    else {
      let told = false;
      const connect = plugin.connect.bind(plugin);
      await inRule(() =>
        connect(this.#inside, (status, message) => {
          told = true;
          if (!this.#closed) context.status(status, message);
        }),
      );
      if (!told) context.status('connected');
    }
    const { resumeFrom } = context;
    if (this.#replays && resumeFrom !== null && resumeFrom !== undefined) {
      await inRule(() => plugin.rewind?.(resumeFrom));
    }
    if (plugin.pull !== undefined) return;
    // Some go on until they are closed.
    const running = inRule(() => plugin.subscribe?.(this.#inside, this.#ingest, this.#ingestError));
    if (running instanceof Promise) {
      running.catch((error: unknown) => {
        if (!this.#closed) context.abort(asError(error));
      });
    }
  }

  async pull(tickMs: number): Promise<void> {
    await this.#plugin.pull?.(this.#inside, tickMs, this.#ingest, this.#ingestError);
    await this.#full;
  }

  committed(position: number): void {
    // The last one that is not behind it may be asked for again.
    const last = this.#offsets.findLastIndex((known) => known.position <= position);
    if (last > 0) this.#offsets.splice(0, last);
  }

  stateAt(position: number): unknown {
    let found: unknown = this.#context.resumeFrom ?? null;
    for (const known of this.#offsets) {
      if (known.position > position) break;
      found = known.offset;
    }
    return this.#replays ? found : null;
  }

  reset(input: Readonly<Record<string, unknown>>): void {
    this.#plugin.resetOffset?.(input);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#plugin.close?.(this.#inside);
  }

  readonly #ingestError = (error: unknown): void => {
    if (!this.#closed) this.#context.fail(asError(error));
  };

  readonly #ingest: PluginIngest = (data, meta, timestampMs) => {
    if (this.#closed) return undefined;
    try {
      const full = this.#isBytes ? this.#bytes(data, meta, timestampMs) : this.#rows(data, meta, timestampMs);
      if (full !== undefined) this.#full = full.finally(() => (this.#full = undefined));
      return full;
    } catch (error) {
      this.#ingestError(error);
      return undefined;
    }
  };

  #bytes(
    data: Parameters<PluginIngest>[0],
    meta: Parameters<PluginIngest>[1],
    timestampMs: number | undefined,
  ): Promise<void> | undefined {
    if (typeof data !== 'string' && !(data instanceof Uint8Array)) {
      throw new Error(`a source of bytes was given ${Array.isArray(data) ? 'a list' : 'a row'}`);
    }
    const buffer = typeof data === 'string' ? Buffer.from(data) : bufferOf(data);
    const batch: BytesBatch = {
      buffer,
      starts: [0],
      ends: [buffer.length],
      count: 1,
      timestampMs: timestampMs ?? this.#context.clock.now(),
      position: this.#take(1),
      meta: () => meta ?? null,
    };
    return this.#context.ingest(batch);
  }

  #rows(
    data: Parameters<PluginIngest>[0],
    meta: Parameters<PluginIngest>[1],
    timestampMs: number | undefined,
  ): Promise<void> | undefined {
    if (typeof data !== 'object' || data === null || data instanceof Uint8Array) {
      throw new Error(`a source of rows was given ${typeof data === 'object' ? 'bytes' : `a ${typeof data}`}`);
    }
    const given: readonly Row[] = Array.isArray(data) ? (data as readonly Row[]) : [data as Row];
    if (given.length === 0) return undefined;
    const rows = given.map((row) => {
      if (typeof row === 'object' && row !== null && !Array.isArray(row))
        return taggedValue(row, 'UTC', 'float') as Row;
      throw new Error(`a source of rows was given ${JSON.stringify(row)}`);
    });
    const made = meta === undefined || meta === null ? noMeta : () => meta;
    return this.#context.ingestRows({
      rows,
      timestampMs: timestampMs ?? this.#context.clock.now(),
      position: this.#take(rows.length),
      meta: made,
    });
  }

  /** @returns the position of the first of `count` messages */
  #take(count: number): number {
    const position = this.#position;
    this.#position += count;
    if (this.#replays) this.#offsets.push({ position: position + count - 1, offset: this.#plugin.getOffset?.() });
    return position;
  }
}

function bufferOf(data: Uint8Array): Buffer {
  return Buffer.isBuffer(data) ? data : Buffer.from(data.buffer, data.byteOffset, data.byteLength);
}

export function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(errorText(error));
}
