/** The receiving end of a one-way channel: takes from every connection, never sends. */
import type { FrameBatch } from './frame-reader.ts';
import { SpListener } from './sp-listener.ts';
import type { SpOptions, SpPipe } from './sp-pipe.ts';
import { SpProtocol } from './sp-protocol.ts';

export interface PullReceiver {
  /** All messages of one read, see {@link FrameBatch} for what may be kept. */
  received(batch: FrameBatch): void;
  /** Another sender is there, or one is gone. @param error why it went, null when it hung up or came */
  senders?(count: number, error: Error | null): void;
}

export class PullSocket {
  #listener: SpListener | null = null;
  readonly #pipes = new Set<SpPipe>();

  private constructor() {}

  /** Rejects as {@link SpListener.listen} does. */
  static async listen(url: string, options: SpOptions, receiver: PullReceiver): Promise<PullSocket> {
    const socket = new PullSocket();
    const pipes = socket.#pipes;
    socket.#listener = await SpListener.listen(
      url,
      { ...options, protocol: SpProtocol.pull },
      {
        opened: (pipe) => {
          pipes.add(pipe);
          receiver.senders?.(pipes.size, null);
        },
        received: (_, batch) => receiver.received(batch),
        closed: (pipe, error) => {
          if (pipes.delete(pipe)) receiver.senders?.(pipes.size, error);
        },
      },
    );
    return socket;
  }

  /** Senders that have greeted. */
  get senders(): number {
    return this.#pipes.size;
  }

  get port(): number {
    return this.#listener?.port ?? 0;
  }

  /** Stops reading: senders feel it once the kernel's buffers are full. Lasts for the senders of now. */
  pause(): void {
    for (const pipe of this.#pipes) pipe.pause();
  }

  resume(): void {
    for (const pipe of this.#pipes) pipe.resume();
  }

  async close(): Promise<void> {
    await this.#listener?.close();
  }
}
