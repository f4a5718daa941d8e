// The load generator plays the broker itself: it accepts CONNECT and SUBSCRIBE, then writes prebuilt frames at a fixed
// rate under TCP backpressure. Nothing hides in a broker.
import net from 'node:net';
import { connack, PacketReader, pingresp, suback } from './mqtt-frames.mjs';

const tickMs = 5;

export class Generator {
  #frames;
  #server;
  #sockets = new Set();
  #next = 0;
  #timer = null;
  sent = 0;
  /** Frames that were due while the socket was full. */
  late = 0;

  /** @param frames prebuilt PUBLISH frames, sent round and round */
  constructor(frames) {
    this.#frames = frames;
    this.#server = net.createServer((socket) => this.#accept(socket));
  }

  async listen() {
    await new Promise((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this.#server.address().port;
  }

  /** Resolves when `count` clients have subscribed. */
  async subscribed(count = 1) {
    for (let i = 0; i < 600; i++) {
      if ([...this.#sockets].filter((s) => s.ready).length >= count) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error('nobody subscribed within 30 s');
  }

  /** Sends `perSecond` frames a second until `total` are out. Resolves with the number sent. */
  async run(perSecond, seconds) {
    const total = Math.round(perSecond * seconds);
    const [socket] = [...this.#sockets].filter((s) => s.ready);
    const started = performance.now();
    let done = 0;
    await new Promise((resolve, reject) => {
      const step = () => {
        const due = Math.min(total, Math.floor(((performance.now() - started) / 1000) * perSecond));
        if (due > done) {
          if (socket.writableNeedDrain) this.late += due - done;
          else {
            socket.write(this.#take(due - done));
            done = due;
          }
        }
        if (socket.destroyed) reject(new Error('the client went away'));
        else if (done >= total) resolve();
        else this.#timer = setTimeout(step, tickMs);
      };
      step();
    });
    this.sent += done;
    return done;
  }

  /** Index of the frame that comes next; with the number sent it tells which frames went out. */
  get position() {
    return this.#next;
  }

  close() {
    clearTimeout(this.#timer);
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }

  #take(count) {
    const parts = [];
    for (let i = 0; i < count; i++) {
      parts.push(this.#frames[this.#next]);
      this.#next = this.#next + 1 === this.#frames.length ? 0 : this.#next + 1;
    }
    return Buffer.concat(parts);
  }

  #accept(socket) {
    const reader = new PacketReader();
    socket.setNoDelay(true);
    socket.ready = false;
    this.#sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('data', (chunk) => {
      for (const { type, body } of reader.packets(chunk)) {
        if (type === 1) socket.write(connack);
        else if (type === 12) socket.write(pingresp);
        else if (type === 8) {
          let filters = 0;
          for (let at = 2; at < body.length; at += 3 + body.readUInt16BE(at)) filters++;
          socket.write(suback(body.readUInt16BE(0), filters));
          socket.ready = true;
        }
      }
    });
  }
}
