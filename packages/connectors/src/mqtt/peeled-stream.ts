/**
 * The stream that the MQTT client library works on: the network connection, with PUBLISH frames and acknowledgements
 * taken out of what is read. Writes of the library and ours go through the same stream, so frames never interleave.
 */
import { Duplex } from 'node:stream';
import { type FrameReceiver, FrameSplitter, type PublishFrames } from './publish-frames.ts';

export interface PeeledEvents {
  publishes(frames: PublishFrames): void;
  acknowledgement(type: number, id: number, reason: number): void;
  /** One read has been taken apart; time to write what it caused. */
  readDone(): void;
}

export class PeeledStream extends Duplex implements FrameReceiver {
  readonly #socket: Duplex;
  readonly #events: PeeledEvents;
  readonly #splitter: FrameSplitter;
  #ignoring = false;
  #corked = false;

  constructor(socket: Duplex, isVersion5: boolean, events: PeeledEvents) {
    super({ allowHalfOpen: false });
    this.#socket = socket;
    this.#events = events;
    this.#splitter = new FrameSplitter(this, isVersion5);
    socket.on('data', (chunk: Buffer) => {
      this.#splitter.push(chunk);
      events.readDone();
    });
    socket.on('error', (error: Error) => this.destroy(error));
    socket.on('close', () => this.destroy());
  }

  /** Stops or goes on reading from the network; writing goes on. */
  setReading(reading: boolean): void {
    if (reading) this.#socket.resume();
    else this.#socket.pause();
  }

  /** From here on messages that are read do not matter, only that the connection can end. */
  ignoreMessages(): void {
    this.#ignoring = true;
    this.#socket.resume();
  }

  /** Writes whole frames; those of one turn of the event loop leave together. False when the network is behind. */
  send(frames: Buffer): boolean {
    if (this.destroyed || this.writableEnded) return true;
    if (!this.#corked) {
      this.#corked = true;
      this.cork();
      process.nextTick(() => {
        this.#corked = false;
        this.uncork();
      });
    }
    return this.write(frames);
  }

  publishes(frames: PublishFrames): void {
    if (!this.#ignoring) this.#events.publishes(frames);
  }

  acknowledgement(type: number, id: number, reason: number): void {
    if (!this.#ignoring) this.#events.acknowledgement(type, id, reason);
  }

  control(frame: Buffer): void {
    this.push(frame);
  }

  malformed(why: string): void {
    this.destroy(Object.assign(new Error(`malformed packet: ${why}`), { code: 'EPROTO' }));
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#socket.write(chunk, done);
  }

  override _writev(chunks: { chunk: Buffer }[], done: (error?: Error | null) => void): void {
    this.#socket.write(chunks.length === 1 ? chunks[0]?.chunk : Buffer.concat(chunks.map(({ chunk }) => chunk)), done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.ignoreMessages();
    this.#socket.end(() => done());
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#socket.destroy();
    done(error);
  }
}
