/**
 * Where plugins that know more than the common protocol connect to a thread that runs rules: one socket for each plugin,
 * one connection for each of its processes. Everything but commands goes over it, in both directions, as MessagePack.
 * Source: portable protocol.
 */
import { threadId } from 'node:worker_threads';
import { type Clock, errorText, type Logger } from '@kuiper/base';
import { MessageReader, MessageWriter, NO_ID, SpListener, type SpPipe, SpProtocol } from '@kuiper/sdk/wire';
import { linkVersion } from './link-extras.ts';

/** A symbol that a process has opened on its connection. */
export interface LinkLane {
  /** Number of the connection, from 1, in the order in which they came. */
  readonly link: number;
  /** Begins a message `[name, handle, …]` of so many elements. */
  begin(name: string, length: number): MessageWriter;
  /** Sends what was begun. */
  send(): void;
}

/** The engine's end of a symbol. */
export interface LinkServant {
  /** The state that a process begins with; null where it has none of its own. */
  snapshot(): Readonly<Record<string, unknown>> | null;
  /** A process has opened it. */
  opened(lane: LinkLane): void;
  /** The elements behind name and handle are left to read. What it throws ends the connection. */
  received(lane: LinkLane, name: string, message: MessageReader): void;
  /** The connection is gone, or the plugin has closed the symbol. Called once. */
  closed(lane: LinkLane, why: string): void;
}

export type LinkKind = 'func' | 'source' | 'sink' | 'lookup';

/** @param ruleId empty for functions, which belong to nobody */
export function linkKey(kind: LinkKind, symbol: string, ruleId: string, opId: string, instanceId: number): string {
  return kind === 'func' ? `func ${symbol}` : `${kind} ${ruleId}/${opId}/${instanceId}/${symbol}`;
}

export function linkUrl(plugin: string): string {
  const directory = process.env['EKUIPER_IPC_DIR'] ?? '/tmp';
  return `ipc://${directory}/plugin_${plugin}_ext${threadId === 0 ? '' : `_${threadId}`}.ipc`;
}

export class LinkListener {
  readonly plugin: string;
  readonly url: string;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #servants = new Map<string, LinkServant>();
  readonly #links = new Map<SpPipe, Link>();
  #opening: Promise<SpListener> | null = null;
  #count = 0;

  constructor(plugin: string, clock: Clock, logger: Logger) {
    this.plugin = plugin;
    this.url = linkUrl(plugin);
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Does nothing when it listens already. Rejects as {@link SpListener.listen} does. */
  async listen(): Promise<void> {
    this.#opening ??= SpListener.listen(
      this.url,
      { clock: this.#clock, protocol: SpProtocol.pair },
      {
        opened: (pipe) => this.#links.set(pipe, new Link(++this.#count, pipe, this.#servants)),
        received: (pipe, { buffer, starts, ends, count }) => {
          const link = this.#links.get(pipe);
          try {
            for (let i = 0; i < count; i++) link?.receive(new MessageReader(buffer, starts[i], ends[i]));
          } catch (error) {
            this.#logger.error(`portable plugin ${this.plugin} is hung up on: ${errorText(error)}`);
            pipe.close();
          }
        },
        closed: (pipe, error) => {
          const link = this.#links.get(pipe);
          this.#links.delete(pipe);
          link?.end(error === null ? 'connection lost' : errorText(error));
        },
      },
    ).catch((error: unknown) => {
      this.#opening = null;
      throw error;
    });
    await this.#opening;
  }

  /** @returns takes it back: what the plugin has opened for it is dead from then on */
  serve(key: string, servant: LinkServant): () => void {
    this.#servants.set(key, servant);
    return () => {
      if (this.#servants.get(key) !== servant) return;
      this.#servants.delete(key);
      for (const link of this.#links.values()) link.forget(servant);
    };
  }

  async close(): Promise<void> {
    const listener = await this.#opening?.catch(() => null);
    await listener?.close();
  }
}

/** One connection. */
class Link {
  readonly #number: number;
  readonly #pipe: SpPipe;
  readonly #servants: ReadonlyMap<string, LinkServant>;
  readonly #open = new Map<number, { readonly servant: LinkServant; readonly lane: LinkLane }>();
  readonly #writer = new MessageWriter('float');

  constructor(number: number, pipe: SpPipe, servants: ReadonlyMap<string, LinkServant>) {
    this.#number = number;
    this.#pipe = pipe;
    this.#servants = servants;
  }

  receive(message: MessageReader): void {
    message.list();
    const name = message.text();
    if (name === 'hello') {
      const version = message.int();
      if (version !== linkVersion) throw new Error(`protocol ${version} is not spoken here`);
      return;
    }
    const handle = message.int();
    if (name === 'open') {
      this.#greet(handle, message);
      return;
    }
    const entry = this.#open.get(handle);
    // It was taken back a moment ago.
    if (entry === undefined) return;
    if (name !== 'gone') {
      entry.servant.received(entry.lane, name, message);
      return;
    }
    this.#open.delete(handle);
    entry.servant.closed(entry.lane, message.text());
  }

  forget(servant: LinkServant): void {
    for (const [handle, entry] of this.#open) if (entry.servant === servant) this.#open.delete(handle);
  }

  end(why: string): void {
    const entries = [...this.#open.values()];
    this.#open.clear();
    for (const { servant, lane } of entries) servant.closed(lane, why);
  }

  #greet(handle: number, message: MessageReader): void {
    const kind = message.text() as LinkKind;
    const symbol = message.text();
    const key = linkKey(kind, symbol, message.text(), message.text(), message.int());
    const servant = this.#servants.get(key);
    if (servant === undefined) {
      this.#begin('refused', handle, 3).text(`nobody waits for ${key}`);
      this.#send();
      return;
    }
    const lane: LinkLane = {
      link: this.#number,
      begin: (name, length) => this.#begin(name, handle, length),
      send: () => this.#send(),
    };
    this.#open.set(handle, { servant, lane });
    this.#begin('opened', handle, 3).value(servant.snapshot());
    this.#send();
    servant.opened(lane);
  }

  #begin(name: string, handle: number, length: number): MessageWriter {
    // What an earlier message left when it could not be written.
    this.#writer.truncate(0);
    return this.#writer.list(length).text(name).int(handle);
  }

  #send(): void {
    const bytes = this.#writer.take();
    if (this.#pipe.isOpen) this.#pipe.send(NO_ID, bytes);
  }
}
