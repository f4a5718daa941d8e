/**
 * Websockets, in two roles: without an address a path on the data server that any number of clients may join, with
 * one a client that reconnects. Source and sink on one path share it. Source: behaviour spec, io §§14.8, 15.9.
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type Prop, type Props, type PropSchema, prop, type Timer } from '@kuiper/base';
import { type ConnectionContext, type ConnectionDeclaration, defineConnection, type OpenConnection } from '@kuiper/sdk';
import type { RawData, WebSocket, WebSocketServer } from 'ws';
import { connectorErrors } from '../errors.ts';
import type { DataServer } from '../http/data-server.ts';
import { loadTlsOptions, type TlsOptions, type TlsSchema, tlsProps } from '../tls-options.ts';

export type WebsocketSchema = TlsSchema & {
  readonly addr: Prop<string>;
  readonly scheme: Prop<string>;
  readonly requestHeader: Prop<Readonly<Record<string, unknown>>>;
};

export const websocketProps: WebsocketSchema = {
  addr: prop.string({
    default: '',
    connection: true,
    example: '127.0.0.1:8080',
    label: { en: 'Address', zh: '地址' },
    about: {
      en: 'Host and port to connect to; empty waits for clients.',
      zh: '要连接的主机和端口；为空时等待客户端连接。',
    },
  }),
  scheme: prop.string({
    default: 'ws',
    connection: true,
    options: ['ws', 'wss'],
    label: { en: 'Scheme', zh: '协议' },
    about: { en: 'ws or wss.', zh: 'ws 或 wss。' },
  }),
  requestHeader: prop.map({
    default: {},
    connection: true,
    advanced: true,
    label: { en: 'Request headers', zh: '请求头' },
    about: { en: 'Headers of the handshake, a list of values each.', zh: '握手请求的 HTTP 头，每个值为列表。' },
  }),
  ...tlsProps,
};

const path = {
  default: '',
  connection: true,
  label: { en: 'Path', zh: '路径' },
  about: { en: 'Starts with /.', zh: '以 / 开头。' },
};

const connectionProps = {
  datasource: prop.string(path),
  path: prop.string({ ...path, advanced: true }),
  ...websocketProps,
};

/** A promise means "full": the peer is not read until it settles. */
export type WebsocketReceiver = (text: Buffer) => Promise<void> | undefined;

export interface WebsocketConnection extends OpenConnection {
  receive(receiver: WebsocketReceiver): () => void;
  /** Sends a text frame to every peer; false when it is a client that is not connected. */
  send(text: string | Uint8Array): boolean;
}

export type WebsocketDeclaration = ConnectionDeclaration<PropSchema, WebsocketConnection>;

/** `WebSocket.OPEN`: the library is loaded for the first connection only. */
const openState = 1;
const handshakeTimeoutMs = 3_000;
const firstBackoffMs = 100;
const maxBackoffMs = 10_000;
/** A peer that is this far behind gets no more until it has caught up. */
const maxBufferedBytes = 16 * 1024 * 1024;

/** Throws `websocket endpoint should start with /`. */
export function checkWebsocket(p: Props<WebsocketSchema>, endpoint: string): void {
  if (!endpoint.startsWith('/')) throw connectorErrors.WEBSOCKET_ENDPOINT();
  if (p.scheme !== 'ws' && p.scheme !== 'wss') throw connectorErrors.WEBSOCKET_SCHEME(p.scheme);
}

export function websocketConnection(server: DataServer, sharedTls: TlsOptions | null): WebsocketDeclaration {
  const endpoints = new Map<string, ServedPath>();
  return defineConnection({
    type: 'websocket',
    about: { en: 'A websocket, as client or on the data server.', zh: 'WebSocket，作为客户端或位于数据服务器上。' },
    props: connectionProps,
    open(context, p): WebsocketConnection {
      const endpoint = p.datasource === '' ? p.path : p.datasource;
      checkWebsocket(p, endpoint);
      if (p.addr !== '')
        return new WebsocketClient(context, p, endpoint, loadTlsOptions(p, context.rootPath, sharedTls));
      let served = endpoints.get(endpoint);
      if (served === undefined) {
        served = new ServedPath(server, endpoint, () => endpoints.delete(endpoint));
        endpoints.set(endpoint, served);
      }
      Promise.all([server.start(), served.ready]).then(
        () => context.status('connected'),
        (error: Error) => context.status('disconnected', error.message),
      );
      return served.share();
    },
  });
}

/** Hands text frames to receivers; a full receiver stops the reading of the peer that sent the frame. */
class Receivers {
  readonly #receivers = new Set<WebsocketReceiver>();

  add(receiver: WebsocketReceiver): () => void {
    this.#receivers.add(receiver);
    return () => this.#receivers.delete(receiver);
  }

  listen(socket: WebSocket): void {
    socket.on('message', (data: RawData, isBinary: boolean) => {
      if (isBinary) return;
      for (const receiver of this.#receivers) {
        const full = receiver(data as Buffer);
        if (full === undefined) continue;
        socket.pause();
        void full.finally(() => socket.resume());
      }
    });
  }
}

/** One path on the data server, with its clients. */
class ServedPath {
  readonly #server: DataServer;
  /** Rejects when the library cannot be loaded. */
  readonly ready: Promise<unknown>;
  #sockets: WebSocketServer | null = null;
  readonly #receivers = new Receivers();
  readonly #remove: () => void;
  #users = 0;

  constructor(server: DataServer, path: string, onLast: () => void) {
    this.#server = server;
    const sockets = import('ws').then((library) => {
      this.#sockets = new library.WebSocketServer({ noServer: true });
      return this.#sockets;
    });
    this.ready = sockets;
    const stop = server.addUpgrade(path, (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      const giveUp = (): unknown => socket.destroy();
      socket.once('error', giveUp);
      sockets.then((server) => {
        socket.off('error', giveUp);
        server.handleUpgrade(request, socket, head, (client) => {
          client.on('error', () => client.terminate());
          this.#receivers.listen(client);
        });
      }, giveUp);
    });
    this.#remove = () => {
      stop();
      onLast();
    };
  }

  share(): WebsocketConnection {
    this.#users++;
    let closed = false;
    return {
      receive: (receiver) => this.#receivers.add(receiver),
      send: (text) => {
        for (const client of this.#sockets?.clients ?? []) sendText(client, text);
        return true;
      },
      ping: () => this.#server.start(),
      close: () => {
        if (closed) return;
        closed = true;
        this.#users--;
        if (this.#users > 0) return;
        this.#remove();
        for (const client of this.#sockets?.clients ?? []) {
          client.close(1001);
          // a peer that does not answer must not keep the server from closing
          setImmediate(() => client.terminate());
        }
      },
    };
  }
}

/** A client that connects again, for ever, with growing pauses. */
class WebsocketClient implements WebsocketConnection {
  readonly #context: ConnectionContext;
  readonly #url: string;
  readonly #options: object;
  readonly #receivers = new Receivers();
  readonly #loaded: Promise<void>;
  #socket: WebSocket | null = null;
  #backoffMs = firstBackoffMs;
  #timer: Timer | null = null;
  #closed = false;
  #lastError = 'connection closed';

  constructor(context: ConnectionContext, p: Props<WebsocketSchema>, endpoint: string, tls: TlsOptions) {
    this.#context = context;
    this.#url = `${p.scheme}://${p.addr}${endpoint}`;
    this.#options = {
      ...tls,
      headers: p.requestHeader,
      handshakeTimeout: handshakeTimeoutMs,
      perMessageDeflate: false,
    };
    context.status('connecting');
    this.#loaded = import('ws').then((library) => {
      if (!this.#closed) this.#connect(library);
    });
    this.#loaded.catch((error: Error) => context.status('disconnected', error.message));
  }

  receive(receiver: WebsocketReceiver): () => void {
    return this.#receivers.add(receiver);
  }

  send(text: string | Uint8Array): boolean {
    if (this.#socket?.readyState !== openState) return false;
    sendText(this.#socket, text);
    return true;
  }

  async ping(): Promise<void> {
    await this.#loaded;
    const socket = this.#socket;
    if (socket?.readyState === openState) return;
    return new Promise((resolve, reject) => {
      if (socket === null) reject(new Error(this.#lastError));
      socket?.once('open', () => resolve());
      socket?.once('error', reject);
    });
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
    this.#socket?.close(1000);
  }

  #connect(library: typeof import('ws')): void {
    const socket = new library.WebSocket(this.#url, this.#options);
    this.#socket = socket;
    this.#receivers.listen(socket);
    socket.on('open', () => {
      this.#backoffMs = firstBackoffMs;
      this.#context.status('connected');
    });
    socket.on('error', (error) => {
      this.#lastError = error.message;
    });
    socket.on('close', () => {
      this.#socket = null;
      if (this.#closed) return;
      this.#context.status('disconnected', this.#lastError);
      const { clock } = this.#context;
      this.#timer = clock.setTimer(clock.now() + this.#backoffMs, () => {
        this.#context.status('connecting');
        this.#connect(library);
      });
      this.#backoffMs = Math.min(maxBackoffMs, this.#backoffMs * 1.5);
    });
  }
}

function sendText(socket: WebSocket, text: string | Uint8Array): void {
  if (socket.readyState === openState && socket.bufferedAmount < maxBufferedBytes) socket.send(text, { binary: false });
}
