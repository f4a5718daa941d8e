/** The connection of one symbol to the thread that uses it. Comes back after it was lost. Source: portable protocol. */
import type { Clock } from '@kuiper/base';
import { MessageReader } from './message-reader.ts';
import { MessageWriter } from './message-writer.ts';
import type { SymbolControl } from './plugin-symbol.ts';
import { SpDialer } from './sp/sp-dialer.ts';
import { SpProtocol } from './sp/sp-protocol.ts';

export const linkVersion = 2;
export const offeredExtras: readonly string[] = [
  'batch',
  'binary',
  'state',
  'validate',
  'lookup',
  'props',
  'instances',
];

const HANDLE = 1;
const DIAL_ATTEMPTS = 20;
const DIAL_WAIT_MS = 100;
/** A thread that has been replaced listens elsewhere. */
const AGAIN_MS = 60_000;
/** Unsent bytes from which on a source is asked to wait. */
const FULL_BYTES = 1 << 18;

export interface LinkHandlers {
  /** The elements behind name and handle are left to read. */
  received(name: string, message: MessageReader): void;
  /** A connection that was lost is there again, with the engine's state. */
  again?(state: Readonly<Record<string, unknown>> | null): void;
  /** Nobody waits for the symbol any more. */
  gone(): void;
}

export class PluginLink {
  readonly #plugin: string;
  readonly #kind: string;
  readonly #control: SymbolControl;
  readonly #handlers: LinkHandlers;
  readonly #dialer: SpDialer;
  readonly #url: string;
  readonly #writer = new MessageWriter('int');
  #opened: ((state: Readonly<Record<string, unknown>> | null | Error) => void) | null = null;
  #isOpen = false;
  #isClosed = false;
  #giveUp: NodeJS.Timeout | undefined;

  constructor(
    plugin: string,
    kind: string,
    link: { readonly url: string; readonly clock: Clock },
    control: SymbolControl,
    handlers: LinkHandlers,
  ) {
    this.#plugin = plugin;
    this.#kind = kind;
    this.#control = control;
    this.#handlers = handlers;
    this.#url = link.url;
    this.#dialer = new SpDialer(
      link.url,
      { clock: link.clock, protocol: SpProtocol.pair },
      {
        opened: () => {
          clearTimeout(this.#giveUp);
          this.#greet();
        },
        received: (_, { buffer, starts, ends, count }) => {
          for (let i = 0; i < count; i++) this.#receive(new MessageReader(buffer, starts[i], ends[i]));
        },
        closed: () => {
          this.#isOpen = false;
          clearTimeout(this.#giveUp);
          this.#giveUp = setTimeout(() => this.#end(), AGAIN_MS);
        },
      },
    );
  }

  /** Resolves with the state to begin with. Rejects with what the engine is to be told. */
  async open(): Promise<Readonly<Record<string, unknown>> | null> {
    const opened = new Promise<Readonly<Record<string, unknown>> | null | Error>((resolve) => {
      this.#opened = resolve;
    });
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#dialer.dial();
        break;
      } catch (error) {
        if (attempt === DIAL_ATTEMPTS) throw new Error(`no engine at ${this.#url}: ${String(error)}`);
        await new Promise((resolve) => setTimeout(resolve, DIAL_WAIT_MS));
      }
    }
    const state = await opened;
    if (state instanceof Error) {
      this.close();
      throw state;
    }
    return state;
  }

  /** Begins a message `[name, handle, …]` of so many elements. */
  begin(name: string, length: number): MessageWriter {
    this.#writer.truncate(0);
    return this.#writer.list(length).text(name).int(HANDLE);
  }

  /** Sends what was begun; lost while there is no connection. What it returns asks to wait. */
  send(): Promise<void> | undefined {
    const bytes = this.#writer.take();
    const { pipe } = this.#dialer;
    if (pipe === null || !this.#isOpen) return undefined;
    let left: (() => void) | undefined;
    pipe.sendAll([bytes], () => left?.());
    if (pipe.unsentBytes < FULL_BYTES) return undefined;
    return new Promise((resolve) => {
      left = resolve;
    });
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#giveUp);
    this.#dialer.close();
  }

  #end(): void {
    if (this.#isClosed) return;
    this.close();
    this.#handlers.gone();
  }

  #greet(): void {
    const { symbolName, meta } = this.#control;
    const hello = new MessageWriter('int').list(4).text('hello').int(linkVersion).text(this.#plugin).int(process.pid);
    const open = new MessageWriter('int').list(7).text('open').int(HANDLE).text(this.#kind).text(symbolName);
    open.text(meta.ruleId).text(meta.opId).int(meta.instanceId);
    this.#dialer.pipe?.sendAll([hello.take(), open.take()], () => undefined);
  }

  #receive(message: MessageReader): void {
    message.list();
    const name = message.text();
    message.int();
    if (name === 'opened') {
      this.#isOpen = true;
      const state = message.members();
      if (this.#opened === null) this.#handlers.again?.(state);
      else this.#opened(state);
      this.#opened = null;
    } else if (name === 'refused') {
      const why = `no engine at ${this.#url}: ${message.text()}`;
      if (this.#opened !== null) this.#opened(new Error(why));
      else this.#end();
      this.#opened = null;
    } else this.#handlers.received(name, message);
  }
}
