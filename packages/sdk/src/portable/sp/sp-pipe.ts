/**
 * One connection between two sockets: greets, checks the greeting of the other side, then carries messages both ways.
 * Source: behaviour spec, extension §4.4.
 */
import type { Socket } from 'node:net';
import type { Clock, KuiperError, Timer } from '@kuiper/base';
import { spErrors } from './errors.ts';
import { type FrameBatch, FrameReader } from './frame-reader.ts';
import { type SpBody, writeFrame, writeFrames } from './frame-writer.ts';
import { systemText } from './sp-address.ts';
import { encodeGreeting, GREETING_BYTES, GREETING_TIMEOUT_MS, greetingFault, type SpProtocol } from './sp-protocol.ts';

export interface SpOptions {
  readonly clock: Clock;
  /** Longest message taken from the other side; without it there is no limit but memory. */
  readonly maxMessageBytes?: number | undefined;
}

export interface SpPipeOptions extends SpOptions {
  /** The protocol spoken here. */
  readonly protocol: SpProtocol;
  readonly transport: 'ipc' | 'tcp';
}

export interface SpPipeListener {
  /** The other side has said what it is: messages may be sent. */
  opened?(pipe: SpPipe): void;
  /** See {@link FrameBatch} for what may be kept. */
  received(pipe: SpPipe, batch: FrameBatch): void;
  /** Called once, for an opened pipe or one that never opened. `error` is null when the other side hung up. */
  closed?(pipe: SpPipe, error: KuiperError | null): void;
}

export class SpPipe {
  readonly #socket: Socket;
  readonly #options: SpPipeOptions;
  readonly #listener: SpPipeListener;
  readonly #reader: FrameReader;
  #greeting: Buffer | null = Buffer.alloc(0);
  #greetingTimer: Timer | null;
  #closed = false;
  #error: KuiperError | null = null;

  /** @param socket connected; the pipe owns it from now on */
  constructor(socket: Socket, options: SpPipeOptions, listener: SpPipeListener) {
    this.#socket = socket;
    this.#options = options;
    this.#listener = listener;
    this.#reader = new FrameReader(
      {
        frames: (batch) => this.#listener.received(this, batch),
        malformed: (byte) => this.#fail(spErrors.PROTOCOL(`frame starts with ${byte}, expected 1`)),
        tooLong: (bytes) => this.#fail(spErrors.TOO_LONG(bytes, options.maxMessageBytes ?? bytes - 1)),
      },
      { transport: options.transport, maxBytes: options.maxMessageBytes },
    );
    const { clock } = options;
    this.#greetingTimer = clock.setTimer(clock.now() + GREETING_TIMEOUT_MS, () =>
      this.#fail(spErrors.PROTOCOL('no greeting')),
    );
    if (options.transport === 'tcp') socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('error', (error) => {
      this.#error ??= spErrors.PROTOCOL(systemText(error), { cause: error });
    });
    socket.on('close', () => this.#finish());
    socket.write(encodeGreeting(options.protocol));
  }

  /** What is written now can still arrive. False from the first sign of the end, before the listener hears of it. */
  get isOpen(): boolean {
    return this.#greeting === null && !this.#closed && this.#socket.writable;
  }

  /** Bytes written that the kernel has not taken; 0 means that what was sent has left. */
  get unsentBytes(): number {
    return this.#socket.writableLength;
  }

  /** Writes one message at once. @param id see {@link writeFrame} */
  send(id: number, body: SpBody): void {
    if (!this.#closed) writeFrame(this.#socket, this.#options.transport, id, body);
  }

  /** Writes messages without ids in one go. @param onWritten called later, unless the connection breaks before */
  sendAll(bodies: readonly SpBody[], onWritten: () => void): void {
    if (this.#closed || bodies.length === 0) return;
    writeFrames(this.#socket, this.#options.transport, bodies, () => {
      // a socket that breaks also says of what it never wrote that it is written, and without an error
      if (!this.#closed && !this.#socket.destroyed) onWritten();
    });
  }

  /** Stops reading from the socket until {@link resume}: the other side feels it when the kernel's buffers are full. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Hangs up; what is not sent is lost. The listener hears of it before this returns. */
  close(): void {
    this.#finish();
  }

  #read(chunk: Buffer): void {
    if (this.#closed) return;
    const rest = this.#greeting === null ? chunk : this.#greet(chunk);
    if (rest !== null) this.#reader.push(rest);
  }

  /** @returns what came behind the greeting, null when nothing did */
  #greet(chunk: Buffer): Buffer | null {
    const before = this.#greeting as Buffer;
    const have = before.length === 0 ? chunk : Buffer.concat([before, chunk]);
    if (have.length < GREETING_BYTES) {
      this.#greeting = have;
      return null;
    }
    const fault = greetingFault(have.subarray(0, GREETING_BYTES), this.#options.protocol);
    if (fault !== null) {
      this.#fail(spErrors.PROTOCOL(fault));
      return null;
    }
    this.#greeting = null;
    this.#greetingTimer?.cancel();
    this.#greetingTimer = null;
    this.#listener.opened?.(this);
    return have.length === GREETING_BYTES || this.#closed ? null : have.subarray(GREETING_BYTES);
  }

  #fail(error: KuiperError): void {
    this.#error ??= error;
    this.#finish();
  }

  #finish(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#reader.stop();
    this.#greetingTimer?.cancel();
    this.#socket.destroy();
    this.#listener.closed?.(this, this.#error);
  }
}
