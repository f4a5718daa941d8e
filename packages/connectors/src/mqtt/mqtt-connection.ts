/**
 * An MQTT connection: session, keep-alive, TLS and reconnecting by the client library; messages and their
 * acknowledgements by us, straight from the bytes that are read.
 *
 * A message is acknowledged when every subscription it went to has committed it. What is not acknowledged when the
 * connection is lost comes again. Source: behaviour spec, io §§11.1, 14.1.
 */
import { randomUUID } from 'node:crypto';
import type { Duplex } from 'node:stream';
import type { PropSchema } from '@kuiper/base';
import { type ConnectionContext, type ConnectionDeclaration, defineConnection, type OpenConnection } from '@kuiper/sdk';
import type { IClientOptions, IConnackPacket, MqttClient } from 'mqtt';
import { connectorErrors } from '../errors.ts';
import { loadTlsOptions, type TlsOptions } from '../tls-options.ts';
import { compileTopicFilter, sharedFilterTopic, type TopicMatcher } from '../topic-filter.ts';
import { AcknowledgementLedger } from './acknowledgement-ledger.ts';
import { ClientPacketIds } from './client-packet-ids.ts';
import type { MqttInbox } from './mqtt-inbox.ts';
import {
  type MqttAddress,
  type MqttConnectionProps,
  type MqttLevel,
  mqttConnectionProps,
  parseServer,
  protocolLevel,
} from './mqtt-properties.ts';
import { MqttPublisher, type PublisherLink } from './mqtt-publisher.ts';
import { PeeledStream } from './peeled-stream.ts';
import { AcknowledgementWriter, type PublishRun, type PublishShape } from './publish-encoder.ts';
import { PacketType, type PublishFrames, qosOf } from './publish-frames.ts';

const operationTimeoutMs = 5_000;
/** How long a broker may take to end a connection that we have ended. */
const goodbyeTimeoutMs = 1_000;
const firstBackoffMs = 100;
const maxBackoffMs = 10_000;

const puback = 0x40;
const pubrec = 0x50;
const pubcomp = 0x70;

export interface MqttSubscription {
  committed(position: number): void;
  close(): void;
}

export interface SubscribeOptions {
  readonly filters: readonly string[];
  readonly qos: 0 | 1 | 2;
  readonly inbox: MqttInbox;
  /** The broker has accepted the filters; called again after each reconnect. */
  onSubscribed(): void;
  onRefused(error: Error): void;
}

interface Subscriber extends SubscribeOptions {
  readonly matches: readonly TopicMatcher[];
}

/** `tls: default` means the TLS configuration of the server. */
export function mqttConnection(sharedTls: TlsOptions | null): ConnectionDeclaration<PropSchema, MqttConnection> {
  return defineConnection({
    type: 'mqtt',
    about: { en: 'A connection to an MQTT broker.', zh: '到 MQTT 服务器的连接。' },
    props: mqttConnectionProps,
    open: (context, p) => new MqttConnection(context, p, sharedTls),
  });
}

export class MqttConnection implements OpenConnection {
  readonly level: MqttLevel;
  readonly #context: ConnectionContext;
  readonly #server: string;
  readonly #address: MqttAddress;
  readonly #keepsSession: boolean;
  /** Null until the client library has been loaded, which waits for the first connection. */
  #client: MqttClient | null = null;
  readonly #publisher: MqttPublisher;
  readonly #answers = new AcknowledgementWriter();
  readonly #ledger = new AcknowledgementLedger();
  /** QoS 2 messages received and not released: true when committed. */
  readonly #unreleased = new Map<number, boolean>();
  readonly #subscribers = new Set<Subscriber>();
  #routes = new Map<string, readonly Subscriber[]>();
  #lastTopic = Buffer.alloc(0);
  #lastRoute: readonly Subscriber[] = [];
  readonly #pausing = new Set<Subscriber>();
  #publishers = 0;
  #stream: PeeledStream | null = null;
  #backoffMs = firstBackoffMs;
  #lastError: Error | null = null;
  readonly #waiting = new Set<(error: Error | null) => void>();
  #closed = false;

  constructor(context: ConnectionContext, p: MqttConnectionProps, sharedTls: TlsOptions | null) {
    this.#context = context;
    this.#server = p.server;
    this.#address = parseServer(p.server);
    this.level = protocolLevel(p.protocolVersion);
    this.#keepsSession = p.enableClientSession;
    const link: PublisherLink = {
      clock: context.clock,
      isConnected: () => this.isConnected,
      send: (frames) => this.#stream?.send(frames) ?? true,
      onDrain: (callback) => this.#onDrain(callback),
    };
    this.#publisher = new MqttPublisher(link, this.#answers);
    const options = this.#clientOptions(p, loadTlsOptions(p, context.rootPath, sharedTls));
    context.status('connecting');
    this.#connect(options).catch((error: unknown) => {
      this.#failed(error as Error);
      this.#lost();
    });
  }

  get isConnected(): boolean {
    return this.#client !== null && this.#client.connected && !this.#closed;
  }

  /** Resolves when the broker has accepted the connection, rejects with why the next attempt failed. */
  ping(): Promise<void> {
    if (this.isConnected) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#waiting.add((error) => (error === null ? resolve() : reject(error)));
    });
  }

  /** Subscribes now and after each reconnect. */
  subscribe(options: SubscribeOptions): MqttSubscription {
    const subscriber: Subscriber = {
      ...options,
      matches: options.filters.map((filter) => compileTopicFilter(sharedFilterTopic(filter))),
    };
    this.#subscribers.add(subscriber);
    this.#forgetRoutes();
    options.inbox.onReading = (reading) => {
      if (reading) this.#pausing.delete(subscriber);
      else this.#pausing.add(subscriber);
      this.#adjustReading();
    };
    this.#adjustReading();
    if (this.isConnected) this.#requestSubscription(subscriber);
    const commit = (from: number, to: number): void => this.#ledger.commit(from, to);
    return {
      committed: (position) => {
        options.inbox.committed(position, commit);
        this.#acknowledge();
      },
      close: () => this.#unsubscribe(subscriber, commit),
    };
  }

  /** A sink uses the connection: from now on it is read even when rules are full. @returns the way to end that */
  addPublisher(): () => void {
    this.#publishers++;
    this.#adjustReading();
    let ended = false;
    return () => {
      if (ended) return;
      ended = true;
      this.#publishers--;
      this.#adjustReading();
    };
  }

  /** Resolves, or returns undefined, when every message is safe. Fails with a `SinkWriteError`. */
  publish(shape: PublishShape, run: Omit<PublishRun, 'id'>): Promise<void> | undefined {
    return this.#publisher.publish(shape, run);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#publisher.lost();
    for (const wait of this.#waiting) wait(new Error('connection closed'));
    this.#waiting.clear();
    if (this.#client === null) return;
    const { connected } = this.#client;
    if (connected) this.#stream?.ignoreMessages();
    const { clock } = this.#context;
    const timer = clock.setTimer(clock.now() + goodbyeTimeoutMs, () => this.#stream?.destroy());
    await this.#client.endAsync(!connected).catch(() => {});
    timer.cancel();
  }

  #clientOptions(p: MqttConnectionProps, tls: TlsOptions): IClientOptions {
    return {
      clientId: p.clientid === '' ? randomUUID() : p.clientid,
      protocolVersion: this.level,
      protocolId: this.level === 3 ? 'MQIsdp' : 'MQTT',
      clean: !p.enableClientSession,
      keepalive: this.level === 5 ? 20 : 30,
      connectTimeout: operationTimeoutMs,
      reconnectPeriod: this.#nextBackoffMs(),
      reconnectOnConnackError: true,
      resubscribe: false,
      queueQoSZero: false,
      manualConnect: true,
      messageIdProvider: new ClientPacketIds(),
      ...(p.username === '' ? {} : { username: p.username }),
      ...(p.password === '' ? {} : { password: p.password }),
      ...(this.#address.isSecure ? tls : {}),
      ...(this.level === 5 && p.enableClientSession
        ? { properties: { sessionExpiryInterval: p.sessionExpiryIntervalSeconds } }
        : {}),
    };
  }

  async #connect(options: IClientOptions): Promise<void> {
    const { default: mqtt } = await import('mqtt');
    if (this.#closed) return;
    const client = mqtt.connect(this.#address.url, options);
    this.#client = client;
    const build = client['streamBuilder'] as (client: MqttClient) => Duplex;
    const isVersion5 = this.level === 5;
    client['streamBuilder' as never] = ((self: MqttClient): Duplex => {
      this.#stream = new PeeledStream(build(self), isVersion5, {
        publishes: (frames) => this.#receive(frames),
        acknowledgement: (type, id, reason) => this.#acknowledged(type, id, reason),
        readDone: () => this.#sendAnswers(),
      });
      return this.#stream;
    }) as never;
    const giveUp = client.onKeepaliveTimeout.bind(client);
    client.onKeepaliveTimeout = () => {
      // the answer to a ping waits unread behind messages that rules have no room for
      if (this.#pausing.size > 0 && client.keepaliveManager !== null) client.reschedulePing(true);
      else giveUp();
    };
    client.on('connect', (packet) => this.#connected(client, packet));
    client.on('reconnect', () => {
      client.options.reconnectPeriod = this.#nextBackoffMs();
      if (!this.#closed) this.#context.status('connecting');
    });
    client.on('error', (error) => this.#failed(error));
    client.on('close', () => this.#lost());
    client.connect();
  }

  /** Doubling would be rude to a broker that comes back; half as much again, with jitter. */
  #nextBackoffMs(): number {
    const backoffMs = this.#backoffMs;
    this.#backoffMs = Math.min(maxBackoffMs, backoffMs * 1.5);
    return Math.round(backoffMs * (0.5 + Math.random()));
  }

  #connected(client: MqttClient, packet: IConnackPacket): void {
    this.#backoffMs = firstBackoffMs;
    client.options.reconnectPeriod = this.#nextBackoffMs();
    this.#lastError = null;
    if (!packet.sessionPresent) this.#unreleased.clear();
    this.#publisher.connected(packet.properties?.receiveMaximum ?? null);
    this.#adjustReading();
    this.#context.status('connected');
    for (const wait of this.#waiting) wait(null);
    this.#waiting.clear();
    for (const subscriber of this.#subscribers) this.#requestSubscription(subscriber);
  }

  #failed(error: Error): void {
    this.#lastError = connectorErrors.MQTT_CONNECT(this.#server, this.#reason(error), { cause: error });
    this.#context.logger.debug(this.#lastError.message);
  }

  #lost(): void {
    this.#ledger.forget();
    for (const { inbox } of this.#subscribers) inbox.forgetUncommitted();
    this.#answers.take();
    this.#publisher.lost();
    if (this.#closed) return;
    const error = this.#lastError ?? connectorErrors.MQTT_CONNECT(this.#server, 'connection closed');
    this.#lastError = null;
    for (const wait of this.#waiting) wait(error);
    this.#waiting.clear();
    this.#context.status('disconnected', error.message);
  }

  #reason(error: Error): string {
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (code === undefined || syscall !== 'connect') return error.message;
    const why = {
      ECONNREFUSED: 'connection refused',
      ETIMEDOUT: 'connection timed out',
      EHOSTUNREACH: 'no route to host',
    }[code];
    return `network Error : dial tcp ${this.#address.dial}: connect: ${why ?? error.message}`;
  }

  #requestSubscription(subscriber: Subscriber): void {
    const wanted: Record<string, { qos: 0 | 1 | 2 }> = {};
    for (const filter of subscriber.filters) wanted[filter] = { qos: subscriber.qos };
    this.#client?.subscribe(wanted, (error, _granted, packet) => {
      if (!this.#subscribers.has(subscriber)) return;
      if (error === null || error === undefined) subscriber.onSubscribed();
      else if (packet !== undefined) subscriber.onRefused(error);
    });
  }

  #unsubscribe(subscriber: Subscriber, commit: (from: number, to: number) => void): void {
    if (!this.#subscribers.delete(subscriber)) return;
    this.#pausing.delete(subscriber);
    this.#forgetRoutes();
    this.#adjustReading();
    subscriber.inbox.close();
    // a session keeps what was not committed for the next start; otherwise nobody will ever commit it
    if (!this.#keepsSession || this.#subscribers.size > 0) {
      subscriber.inbox.committed(Number.POSITIVE_INFINITY, commit);
      this.#acknowledge();
    }
    if (this.#keepsSession || !this.isConnected) return;
    const used = new Set([...this.#subscribers].flatMap(({ filters }) => filters));
    const unused = subscriber.filters.filter((filter) => !used.has(filter));
    if (unused.length > 0) this.#client?.unsubscribe(unused, () => {});
  }

  /** Messages of one read. */
  #receive(frames: PublishFrames): void {
    const [only] = this.#subscribers;
    // a session may bring messages of filters that nobody has any more, so only a clean one needs no routing
    if (only !== undefined && this.#subscribers.size === 1 && !this.#keepsSession) {
      if (!frames.acknowledged) {
        only.inbox.takeAll(frames, -1);
        return;
      }
      if (this.#unreleased.size === 0 && !hasQos2(frames)) {
        let first = -1;
        for (let i = 0; i < frames.count; i++) {
          const id = frames.ids[i] as number;
          if (id === 0) continue;
          const sequence = this.#ledger.add(id, false, 1);
          if (first === -1) first = sequence;
        }
        only.inbox.takeAll(frames, first);
        return;
      }
    }
    this.#route(frames);
  }

  #route(frames: PublishFrames): void {
    for (let i = 0; i < frames.count; i++) {
      const id = frames.ids[i] as number;
      const isQos2 = qosOf(frames.headers[i] as number) === 2;
      if (isQos2 && this.#isRepeated(id)) continue;
      const route = this.#routeOf(frames, i);
      const sequence = id === 0 ? -1 : this.#ledger.add(id, isQos2, route.length);
      for (let k = 0; k < route.length; k++) (route[k] as Subscriber).inbox.take(frames, i, sequence);
    }
    for (const { inbox } of this.#subscribers) inbox.flush(frames.buffer);
    if (frames.acknowledged) this.#acknowledge();
  }

  /** QoS 2: a message that came before is not handed over again, only answered again when it is safe. */
  #isRepeated(id: number): boolean {
    const committed = this.#unreleased.get(id);
    if (committed === undefined) {
      this.#unreleased.set(id, false);
      return false;
    }
    if (committed) this.#answers.add(pubrec, id);
    return true;
  }

  #routeOf(frames: PublishFrames, i: number): readonly Subscriber[] {
    const { buffer } = frames;
    const start = frames.topicStarts[i] as number;
    const end = frames.topicEnds[i] as number;
    const last = this.#lastTopic;
    if (last.length === end - start && last.length > 0) {
      let k = 0;
      while (k < last.length && last[k] === buffer[start + k]) k++;
      if (k === last.length) return this.#lastRoute;
    }
    const topic = buffer.toString('utf8', start, end);
    let route = this.#routes.get(topic);
    if (route === undefined) {
      route = [...this.#subscribers].filter(({ matches }) => matches.some((match) => match(topic)));
      if (this.#routes.size >= 10_000) this.#routes.clear();
      this.#routes.set(topic, route);
    }
    this.#lastTopic = Buffer.from(buffer.subarray(start, end));
    this.#lastRoute = route;
    return route;
  }

  #forgetRoutes(): void {
    this.#routes = new Map();
    this.#lastTopic = Buffer.alloc(0);
  }

  #acknowledged(type: number, id: number, reason: number): void {
    if (type === PacketType.pubrel) {
      this.#unreleased.delete(id);
      this.#answers.add(pubcomp, id);
    } else {
      this.#publisher.acknowledgement(type, id, reason);
    }
  }

  /** Answers everything that has become safe, in one write. */
  #acknowledge(): void {
    this.#ledger.take((id, isQos2) => {
      if (isQos2 && this.#unreleased.has(id)) this.#unreleased.set(id, true);
      this.#answers.add(isQos2 ? pubrec : puback, id);
    });
    this.#sendAnswers();
  }

  #sendAnswers(): void {
    const frames = this.#answers.take();
    if (frames !== null && this.#client?.connected === true) this.#stream?.send(frames);
  }

  /** Reading stops only when nobody else needs what comes: no sink its acknowledgements, no other source its messages. */
  #adjustReading(): void {
    const mayPause = this.#publishers === 0 && this.#subscribers.size === 1;
    this.#stream?.setReading(!(mayPause && this.#pausing.size > 0));
  }

  #onDrain(callback: () => void): void {
    const stream = this.#stream;
    if (stream === null || stream.destroyed) {
      process.nextTick(callback);
      return;
    }
    const done = (): void => {
      stream.off('drain', done);
      stream.off('close', done);
      callback();
    };
    stream.on('drain', done);
    stream.on('close', done);
  }
}

function hasQos2(frames: PublishFrames): boolean {
  for (let i = 0; i < frames.count; i++) if (qosOf(frames.headers[i] as number) === 2) return true;
  return false;
}
