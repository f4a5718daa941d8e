/**
 * Sources of portable plugins. The plugin pushes, and gives up within a second of not being read; so everything is read
 * at once; while rules are full the newest messages wait, and those that find no room are dropped, counted. A process
 * that is started again is told to start the source again by its supervisor: the socket here stays, and the rule notices
 * nothing but a gap.
 * Source: behaviour spec, extension §4.7.
 */
import { isAscii } from 'node:buffer';
import { errorText, type PropSchema, Ring, type Row } from '@kuiper/base';
import { defineSource, type Meta, type SourceContext, type SourceDeclaration, type Subscription } from '@kuiper/sdk';
import { type FrameBatch, PullSocket } from '@kuiper/sdk/wire';
import { portableErrors } from './errors.ts';
import { linkKey } from './link/link-listener.ts';
import { LinkSource } from './link/link-source.ts';
import type { PluginLinks } from './link/plugin-links.ts';
import type { PortableControl } from './portable-control.ts';
import { dataPath, sourceMeta } from './portable-place.ts';
import { readSourceMessage } from './source-message.ts';

export interface SourceSurroundings {
  readonly control: PortableControl;
  readonly links: PluginLinks;
}

export function portableSource(plugin: string, symbol: string, around: SourceSurroundings): SourceDeclaration {
  const text = `${symbol} (${plugin})`;
  return defineSource<PropSchema>({
    type: symbol,
    about: { en: `A source of the portable plugin: ${text}.`, zh: `可移植插件的数据源：${text}。` },
    emits: 'rows',
    backpressure: 'none',
    props: {},
    openProps: true,
    open: (context, props, dataSource) => openSource(context, { ...around, plugin, symbol, props, dataSource }),
  });
}

interface SourceRequest extends SourceSurroundings {
  readonly plugin: string;
  readonly symbol: string;
  readonly props: Readonly<Record<string, unknown>>;
  readonly dataSource: string;
}

async function openSource(context: SourceContext, request: SourceRequest): Promise<Subscription> {
  const { plugin, symbol, control, links, props, dataSource } = request;
  const meta = sourceMeta(context.ruleId, context.name);
  const path = dataPath(meta);
  const listener = await links.listen(plugin);
  const argument = {
    symbolName: symbol,
    meta,
    pluginType: 'source',
    dataSource,
    config: { ...props, datasource: dataSource },
    ...(listener === null ? {} : { link: listener.url }),
  } as const;
  const feed = new SourceFeed(context, props['bufferLength']);
  let started = false;
  context.status('connecting');
  const senders = (count: number, why = ''): void => {
    if (!started || feed.isClosed) return;
    if (count > 0) context.status('connected');
    else {
      const { errMsg = '' } = control.state(plugin) ?? {};
      context.status('disconnected', errMsg || why || `plugin ${plugin} has closed the source`);
    }
  };
  const key = linkKey('source', symbol, meta.ruleId, meta.opId, meta.instanceId);
  const leaveLink = listener?.serve(key, new LinkSource(context, feed, senders));
  const socket = await PullSocket.listen(
    `ipc://${path}`,
    { clock: context.clock },
    {
      received: (batch) => feed.take(batch),
      senders: (count) => senders(count),
    },
  ).catch((error: unknown) => {
    leaveLink?.();
    throw portableErrors.LISTEN('pull', errorText(error), path, { cause: error });
  });
  try {
    await control.start(plugin, argument);
  } catch (error) {
    leaveLink?.();
    await socket.close();
    throw error;
  }
  started = true;
  context.status('connected');
  return {
    async close() {
      feed.isClosed = true;
      // Messages are still read: a source that cannot send does not hear that it should stop.
      await control.stop(plugin, argument).catch((error: unknown) => {
        context.logger.warn(`stopping source ${symbol} of plugin ${plugin}: ${errorText(error)}`);
      });
      leaveLink?.();
      await socket.close();
    },
  };
}

/** Messages that wait while rules are full, unless `bufferLength` says otherwise. */
const BUFFER_LENGTH = 1024;

interface Waiting {
  readonly row: Row;
  readonly meta: Meta | null;
  readonly timestampMs: number;
}

/** Turns what is read into batches of rows. While rules are full, the newest of them wait. */
class SourceFeed {
  isClosed = false;
  readonly #context: SourceContext;
  readonly #waiting: Ring<Waiting>;
  #isFull = false;
  #position = 0;

  constructor(context: SourceContext, bufferLength: unknown) {
    this.#context = context;
    this.#waiting = new Ring(typeof bufferLength === 'number' && bufferLength > 0 ? bufferLength : BUFFER_LENGTH);
  }

  take({ buffer, starts, ends, count }: FrameBatch): void {
    if (this.isClosed || count === 0) return;
    const rows: Row[] = [];
    const metas: (Meta | null)[] = [];
    const timestampMs = this.#context.clock.now();
    // Of many messages in ASCII, each character is a byte: they are read as one text.
    const first = starts[0] as number;
    const read = count > 1 ? buffer.subarray(first, ends[count - 1]) : null;
    const text = read !== null && isAscii(read) ? read.toString('latin1') : null;
    for (let i = 0; i < count; i++) {
      const start = starts[i] as number;
      const end = ends[i] as number;
      const message = readSourceMessage(
        text === null ? buffer.toString('utf8', start, end) : text.slice(start - first, end - first),
      );
      if ('error' in message) {
        // In its place among the rows.
        this.#hand(rows.splice(0), metas.splice(0), timestampMs);
        this.#context.fail(message.error);
      } else {
        rows.push(message.row);
        metas.push(message.meta);
      }
    }
    this.#hand(rows, metas, timestampMs);
  }

  /** Rows that need no reading. */
  takeRows(rows: readonly Row[], metas: readonly (Meta | null)[]): void {
    if (!this.isClosed) this.#hand(rows, metas, this.#context.clock.now());
  }

  #hand(rows: readonly Row[], metas: readonly (Meta | null)[], timestampMs: number): void {
    if (rows.length === 0) return;
    if (this.#isFull) {
      this.#keep(rows, metas, timestampMs);
      return;
    }
    const position = this.#position;
    this.#position += rows.length;
    const full = this.#context.ingestRows({ rows, timestampMs, position, meta: (i) => metas[i] ?? null });
    if (full === undefined) return;
    this.#isFull = true;
    void full.then(() => {
      this.#isFull = false;
      this.#release();
    });
  }

  #keep(rows: readonly Row[], metas: readonly (Meta | null)[], timestampMs: number): void {
    let dropped = 0;
    for (let i = 0; i < rows.length; i++) {
      if (this.#waiting.isFull) {
        this.#waiting.shift();
        dropped++;
      }
      this.#waiting.push({ row: rows[i] as Row, meta: metas[i] ?? null, timestampMs });
    }
    if (dropped > 0) this.#context.dropped?.(dropped, 'buffer full');
  }

  /** What has waited, a batch for each time at which it came. */
  #release(): void {
    while (!this.#isFull && !this.isClosed && this.#waiting.length > 0) {
      const { timestampMs } = this.#waiting.at(0) as Waiting;
      const rows: Row[] = [];
      const metas: (Meta | null)[] = [];
      while (this.#waiting.at(0)?.timestampMs === timestampMs) {
        const { row, meta } = this.#waiting.shift() as Waiting;
        rows.push(row);
        metas.push(meta);
      }
      this.#hand(rows, metas, timestampMs);
    }
  }
}
