/**
 * Publishing on a connection: whole batches in one write, at most as many unacknowledged messages as the broker
 * allows, and a write that is done when its last message is acknowledged. Source: behaviour spec, io §15.1.
 */
import type { Clock } from '@kuiper/base';
import { SinkWriteError } from '@kuiper/sdk';
import { type AcknowledgementWriter, encodePublishes, type PublishRun, type PublishShape } from './publish-encoder.ts';
import { PacketType } from './publish-frames.ts';

/** Identifiers above are for the client library's own packets. */
export const lastPublishId = 60_000;

/** In flight at most before MQTT 5, where a broker does not say what it takes. */
const defaultWindow = 1024;
/** The same for QoS 2: mosquitto acknowledges what is beyond its own limit of 20 and then drops it. */
const defaultQos2Window = 10;

const acknowledgeTimeoutMs = 5_000;

/** What a publisher needs from its connection. */
export interface PublisherLink {
  readonly clock: Clock;
  isConnected(): boolean;
  /** False when the network is behind. */
  send(frames: Buffer): boolean;
  /** Calls back once when the network has caught up or the connection is lost. */
  onDrain(callback: () => void): void;
}

export class MqttPublisher {
  readonly #link: PublisherLink;
  readonly #acknowledgements: AcknowledgementWriter;
  readonly #inFlight = new Map<number, PublishWrite>();
  #nextId = 1;
  #window = defaultWindow;
  #qos2Window = defaultQos2Window;

  constructor(link: PublisherLink, acknowledgements: AcknowledgementWriter) {
    this.#link = link;
    this.#acknowledgements = acknowledgements;
  }

  /** A connection has been made; `receiveMaximum` is what the broker takes unacknowledged, null when it says nothing. */
  connected(receiveMaximum: number | null): void {
    this.#window = Math.min(receiveMaximum ?? defaultWindow, 8192);
    this.#qos2Window = Math.min(receiveMaximum ?? defaultQos2Window, 8192);
  }

  /** The connection is lost: what is not acknowledged has failed. */
  lost(): void {
    const writes = new Set(this.#inFlight.values());
    this.#inFlight.clear();
    for (const write of writes) write.fail('mqtt connection is lost', true);
  }

  /** Publishes all messages of a run, in order. Resolves, or returns undefined, when every one is safe. */
  publish(shape: PublishShape, run: Omit<PublishRun, 'id'>): Promise<void> | undefined {
    if (run.payloads.length === 0) return undefined;
    if (!this.#link.isConnected()) throw notConnected();
    if (shape.qos > 0) return new PublishWrite(this, this.#link, shape, run).start();
    const frames = encodePublishes(shape, { ...run, id: () => 0 }, 0, run.payloads.length);
    if (this.#link.send(frames)) return undefined;
    return new Promise((resolve, reject) => {
      this.#link.onDrain(() => (this.#link.isConnected() ? resolve() : reject(notConnected())));
    });
  }

  /** PUBACK, PUBREC or PUBCOMP from the broker. */
  acknowledgement(type: number, id: number, reason: number): void {
    const write = this.#inFlight.get(id);
    if (write === undefined) {
      // a message of an earlier connection or one given up: the exchange must still come to its end
      if (type === PacketType.pubrec && reason < 128) this.#acknowledgements.add(0x62, id);
      return;
    }
    if (reason >= 128) {
      write.refused(id, reason);
      return;
    }
    if (type === PacketType.pubrec) this.#acknowledgements.add(0x62, id);
    else if (type === PacketType.pubcomp || write.shape.qos === 1) write.acknowledged(id);
  }

  /** How many messages may be sent now. */
  room(qos: number): number {
    return Math.max(0, (qos === 2 ? this.#qos2Window : this.#window) - this.#inFlight.size);
  }

  takeId(write: PublishWrite): number {
    while (this.#inFlight.has(this.#nextId)) this.#nextId = this.#nextId === lastPublishId ? 1 : this.#nextId + 1;
    const id = this.#nextId;
    this.#nextId = id === lastPublishId ? 1 : id + 1;
    this.#inFlight.set(id, write);
    return id;
  }

  freeId(id: number): void {
    this.#inFlight.delete(id);
    for (const write of this.#waiting.splice(0)) write.goOn();
  }

  /** Writes that wait for room in the window. */
  readonly #waiting: PublishWrite[] = [];

  wait(write: PublishWrite): void {
    if (!this.#waiting.includes(write)) this.#waiting.push(write);
  }
}

/** One write with QoS 1 or 2. */
class PublishWrite {
  readonly shape: PublishShape;
  readonly #publisher: MqttPublisher;
  readonly #link: PublisherLink;
  readonly #run: PublishRun;
  readonly #count: number;
  readonly #ids: Uint16Array;
  readonly #safe: Uint8Array;
  /** Everything before is acknowledged. */
  #firstOpen = 0;
  #sent = 0;
  #settled = false;
  #progressMs: number;
  #resolve: () => void = () => {};
  #reject: (error: Error) => void = () => {};

  constructor(publisher: MqttPublisher, link: PublisherLink, shape: PublishShape, run: Omit<PublishRun, 'id'>) {
    this.shape = shape;
    this.#publisher = publisher;
    this.#link = link;
    this.#count = run.payloads.length;
    this.#ids = new Uint16Array(this.#count);
    this.#safe = new Uint8Array(this.#count);
    this.#run = { ...run, id: (i) => this.#ids[i] as number };
    this.#progressMs = link.clock.now();
  }

  start(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      this.#watch();
      this.goOn();
    });
  }

  /** Sends what the window allows, in pieces of half a window at least so that writes stay large. */
  goOn(): void {
    if (this.#settled || this.#sent === this.#count) return;
    const room = this.#publisher.room(this.shape.qos);
    const rest = this.#count - this.#sent;
    const inFlight = this.#sent - this.#firstOpen;
    if (room === 0 || (room < rest && room < inFlight)) {
      this.#publisher.wait(this);
      return;
    }
    const start = this.#sent;
    const end = start + Math.min(room, rest);
    for (let i = start; i < end; i++) this.#ids[i] = this.#publisher.takeId(this);
    this.#sent = end;
    this.#link.send(encodePublishes(this.shape, this.#run, start, end));
    if (end < this.#count) this.#publisher.wait(this);
  }

  acknowledged(id: number): void {
    const i = this.#indexOf(id);
    this.#safe[i] = 1;
    this.#progressMs = this.#link.clock.now();
    while (this.#firstOpen < this.#count && this.#safe[this.#firstOpen] === 1) this.#firstOpen++;
    if (this.#firstOpen === this.#count) {
      this.#settled = true;
      this.#resolve();
    }
    this.#publisher.freeId(id);
  }

  refused(id: number, reason: number): void {
    const i = this.#indexOf(id);
    this.#publisher.freeId(id);
    // quota exceeded and implementation specific errors pass, the rest is about the message
    this.fail(`publish error: reason code ${reason}`, reason === 0x97 || reason === 0x83, i);
  }

  fail(why: string, recoverable: boolean, index: number = this.#firstOpen): void {
    if (this.#settled) return;
    this.#settled = true;
    for (let i = this.#firstOpen; i < this.#sent; i++) {
      if (this.#safe[i] === 0) this.#publisher.freeId(this.#ids[i] as number);
    }
    this.#reject(new SinkWriteError(why, { index: Math.min(index, this.#count - 1), recoverable }));
  }

  /** Acknowledgements come in order, so the search ends at once. */
  #indexOf(id: number): number {
    let i = this.#firstOpen;
    while (this.#ids[i] !== id || this.#safe[i] === 1) i++;
    return i;
  }

  #watch(): void {
    this.#link.clock.setTimer(this.#progressMs + acknowledgeTimeoutMs, () => {
      if (this.#settled) return;
      if (this.#link.clock.now() - this.#progressMs >= acknowledgeTimeoutMs) this.fail('publish timeout', true);
      else this.#watch();
    });
  }
}

function notConnected(): SinkWriteError {
  return new SinkWriteError('mqtt client is not connected', { index: 0, recoverable: true });
}
