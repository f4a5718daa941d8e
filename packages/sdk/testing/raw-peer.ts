/** The other side of a nanomsg connection, byte by byte: says what a test tells it and keeps what it hears. */
import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';

/** Lets everything that is under way on local sockets arrive: each turn of the event loop moves it by one step. */
export async function settle(turns = 6): Promise<void> {
  for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve));
}

/** Goes on as soon as the condition holds. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await settle(1);
}

export function frame(payload: Buffer): Buffer {
  const header = Buffer.alloc(9);
  header[0] = 1;
  header.writeBigUInt64BE(BigInt(payload.length), 1);
  return Buffer.concat([header, payload]);
}

export function request(id: number, body: string | Buffer): Buffer {
  const header = Buffer.alloc(4);
  header.writeUInt32BE(id);
  return frame(Buffer.concat([header, Buffer.from(body)]));
}

export const greetings = {
  req: Buffer.from('0053500000300000', 'hex'),
  rep: Buffer.from('0053500000310000', 'hex'),
  push: Buffer.from('0053500000500000', 'hex'),
  pull: Buffer.from('0053500000510000', 'hex'),
};

export class RawPeer {
  readonly socket: Socket;
  heard: Buffer = Buffer.alloc(0);
  isClosed = false;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk) => {
      this.heard = Buffer.concat([this.heard, chunk]);
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      this.isClosed = true;
    });
  }

  static async connect(path: string, greeting: Buffer = greetings.req): Promise<RawPeer> {
    const socket = createConnection(path);
    await once(socket, 'connect');
    const peer = new RawPeer(socket);
    peer.say(greeting);
    await settle();
    return peer;
  }

  say(bytes: Buffer): void {
    this.socket.write(bytes);
  }

  hangUp(): void {
    this.socket.destroy();
  }

  /** The first 8 bytes that came, as hex; takes them away. */
  takeGreeting(): string {
    const greeting = this.heard.subarray(0, 8).toString('hex');
    this.heard = this.heard.subarray(8);
    return greeting;
  }

  /** The payloads of all complete frames that came; takes them away. */
  takeFrames(): Buffer[] {
    const payloads: Buffer[] = [];
    while (this.heard.length >= 9) {
      const end = 9 + Number(this.heard.readBigUInt64BE(1));
      if (this.heard[0] !== 1) throw new Error('not a frame');
      if (end > this.heard.length) break;
      payloads.push(this.heard.subarray(9, end));
      this.heard = this.heard.subarray(end);
    }
    return payloads;
  }
}
