/**
 * Sinks of portable plugins. Messages go out as they are encoded; with `requireAck` each waits for its acknowledgement.
 * What plugins acknowledge unasked is read and left aside: one that nobody reads would make the sink die.
 * Source: behaviour spec, extension §4.8.
 */
import { errorText, prop, type Props } from '@kuiper/base';
import {
  defineSink,
  type OpenSink,
  type Payload,
  type SinkContext,
  type SinkDeclaration,
  type SinkItems,
  SinkWriteError,
} from '@kuiper/sdk';
import { type FrameBatch, PullSocket, PushSocket, spErrors } from '@kuiper/sdk/wire';
import { portableErrors } from './errors.ts';
import { linkKey } from './link/link-listener.ts';
import { LinkSink } from './link/link-sink.ts';
import type { PluginLinks } from './link/plugin-links.ts';
import type { ControlArgument, PortableControl } from './portable-control.ts';
import type { PortableOptions } from './portable-options.ts';
import { ackPath, dataPath, sinkMeta } from './portable-place.ts';

const sinkProps = { requireAck: prop.bool({ optional: true }) };

/** How long the end of a sink waits until what is queued has left. */
const FLUSH_LIMIT_MS = 1000;

export interface SinkSurroundings {
  readonly control: PortableControl;
  readonly options: PortableOptions;
  readonly links: PluginLinks;
}

export function portableSink(plugin: string, symbol: string, around: SinkSurroundings): SinkDeclaration {
  const text = `${symbol} (${plugin})`;
  const declaration = defineSink({
    type: symbol,
    about: { en: `A sink of the portable plugin: ${text}.`, zh: `可移植插件的动作：${text}。` },
    accepts: 'bytes',
    props: sinkProps,
    openProps: true,
    open: (context, props) => openSink(context, plugin, symbol, props, around),
  }) as SinkDeclaration;
  // Plugins of the common protocol are given templates as they are written.
  return Object.defineProperty({ ...declaration }, 'dynamic', {
    enumerable: true,
    get: () => (around.control.state(plugin)?.extras.includes('props') === true ? ['*'] : []),
  });
}

async function openSink(
  context: SinkContext,
  plugin: string,
  symbol: string,
  props: Props<typeof sinkProps>,
  { control, options, links }: SinkSurroundings,
): Promise<OpenSink> {
  const { clock } = context;
  const meta = sinkMeta(context.ruleId, context.name);
  const listener = await links.listen(plugin);
  const argument: ControlArgument = {
    symbolName: symbol,
    meta,
    pluginType: 'sink',
    config: props,
    ...(listener === null ? {} : { link: listener.url }),
  };
  const acks = new AckLine();
  const ackAt = ackPath(meta);
  const ackSocket = await PullSocket.listen(`ipc://${ackAt}`, { clock }, acks).catch((error: unknown) => {
    throw portableErrors.LISTEN('pull', errorText(error), ackAt, { cause: error });
  });
  let closed = false;
  let data: PushSocket | null = null;
  const connected = (isConnected: boolean, why = ''): void => {
    if (closed) return;
    if (isConnected) context.status('connected');
    else {
      const { errMsg = '' } = control.state(plugin) ?? {};
      context.status('disconnected', errMsg || why || `plugin ${plugin} has closed the sink`);
    }
  };
  const { sendTimeoutMs, ackTimeoutMs } = options;
  const link = new LinkSink(context, { clock, config: props, sendTimeoutMs, ackTimeoutMs, onConnected: connected });
  const leaveLink = listener?.serve(linkKey('sink', symbol, meta.ruleId, meta.opId, meta.instanceId), link);
  try {
    context.status('connecting');
    data = new PushSocket(`ipc://${dataPath(meta)}`, {
      clock,
      sendTimeoutMs: options.sendTimeoutMs,
      onConnected: (isConnected) => connected(isConnected),
      onDropped: (body) => {
        context.logger.error(`plugin ${plugin} hung up twice on a message of ${body.length} bytes: it is dropped`);
      },
    });
    await control.start(plugin, argument);
    try {
      // A process that has opened the sink on its connection does not listen for another.
      if (!link.isServed) await data.dial();
    } catch (error) {
      await control.stop(plugin, argument).catch(() => undefined);
      throw portableErrors.DIAL(errorText(error), { cause: error });
    }
  } catch (error) {
    closed = true;
    leaveLink?.();
    data?.close();
    await ackSocket.close();
    throw error;
  }
  const socket = data;
  const stopListening = control.onState((state) => {
    if (state.plugin === plugin && state.status !== 'running') acks.interrupt(state.errMsg || `status ${state.status}`);
  });
  let hasDialled = !link.isServed;
  const writer = new SinkWriter({ plugin, socket, acks, context, options, requireAck: props.requireAck === true });
  /** The plugin may have been replaced by one that knows more, or less. */
  const usesLink = (): boolean => {
    if (link.isServed) return true;
    const knowsMore = listener !== null && control.state(plugin)?.extras.includes('binary') === true;
    if (!knowsMore && !hasDialled) {
      hasDialled = true;
      socket.dialForever();
    }
    return knowsMore;
  };
  return {
    write: (items) => (usesLink() && items.kind === 'bytes' ? link.write(items) : writer.write(items)),
    async close() {
      closed = true;
      stopListening();
      link.interrupt('the rule has ended');
      acks.interrupt('the rule has ended');
      await flush(socket, context);
      await control.stop(plugin, argument).catch((error: unknown) => {
        context.logger.warn(`stopping sink ${symbol} of plugin ${plugin}: ${errorText(error)}`);
      });
      leaveLink?.();
      socket.close();
      await ackSocket.close();
    },
  };
}

async function flush(socket: PushSocket, { clock }: SinkContext): Promise<void> {
  const flushed = socket.isConnected ? socket.flushed() : undefined;
  if (flushed === undefined) return;
  await Promise.race([
    flushed,
    new Promise<void>((resolve) => clock.setTimer(clock.now() + FLUSH_LIMIT_MS, () => resolve())),
  ]);
}

interface Writing {
  readonly plugin: string;
  readonly socket: PushSocket;
  readonly acks: AckLine;
  readonly context: SinkContext;
  readonly options: PortableOptions;
  readonly requireAck: boolean;
}

class SinkWriter {
  readonly #with: Writing;

  constructor(writing: Writing) {
    this.#with = writing;
  }

  write(items: SinkItems): Promise<void> | undefined {
    if (items.kind !== 'bytes') return Promise.reject(new Error('a portable sink takes bytes'));
    const { payloads } = items;
    const { socket, requireAck } = this.#with;
    if (requireAck) return this.#writeAcknowledged(payloads);
    return socket.send(payloads)?.then((sent) => checkSent(sent, payloads.length, 0));
  }

  async #writeAcknowledged(payloads: readonly Payload[]): Promise<void> {
    const { acks, plugin, context, options } = this.#with;
    for (let i = 0; i < payloads.length; i++) {
      // What came late belongs to a message that has been given up.
      const acknowledged = acks.expect();
      const sent = await this.#with.socket.send([payloads[i] as Payload]);
      if (sent !== undefined) checkSent(sent, 1, i);
      const { clock } = context;
      const timer = clock.setTimer(clock.now() + options.ackTimeoutMs, () =>
        acks.interrupt(`no acknowledgement within ${options.ackTimeoutMs / 1000}s`),
      );
      const ack = await acknowledged;
      timer.cancel();
      if (ack.kind === 'ok') continue;
      const text = ack.kind === 'interrupted' ? `plugin ${plugin}: ${ack.text}` : ack.text;
      throw new SinkWriteError(text, { index: i, recoverable: ack.kind !== 'invalid' });
    }
  }
}

function checkSent(sent: number, wanted: number, from: number): void {
  if (sent === wanted) return;
  throw new SinkWriteError(errorText(spErrors.SEND_TIME_OUT()), { index: from + sent, recoverable: true });
}

type Ack = { readonly kind: 'ok' } | { readonly kind: 'error' | 'invalid' | 'interrupted'; readonly text: string };

/** The acknowledgements that come in, at most one of them expected. */
class AckLine {
  #expecting: ((ack: Ack) => void) | null = null;

  /** The next one to come. */
  expect(): Promise<Ack> {
    return new Promise((resolve) => {
      this.#expecting = resolve;
    });
  }

  interrupt(text: string): void {
    this.#settle({ kind: 'interrupted', text });
  }

  received({ buffer, starts, ends, count }: FrameBatch): void {
    if (count > 0 && this.#expecting !== null) this.#settle(readAck(buffer.toString('utf8', starts[0], ends[0])));
  }

  #settle(ack: Ack): void {
    const settle = this.#expecting;
    this.#expecting = null;
    settle?.(ack);
  }
}

function readAck(text: string): Ack {
  try {
    const { error } = JSON.parse(text) as { error?: unknown };
    return typeof error === 'string' && error !== '' ? { kind: 'error', text: error } : { kind: 'ok' };
  } catch (error) {
    return { kind: 'invalid', text: `invalid acknowledgement ${text.slice(0, 512)}: ${errorText(error)}` };
  }
}
