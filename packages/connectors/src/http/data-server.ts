/**
 * The HTTP data server: one listener for all sources that are pushed to.
 *
 * Routes come and go with their sources. A path without a source answers 404, a source's path with another method
 * 405. Source: behaviour spec, io §13.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { errorText } from '@kuiper/base';
import { connectorErrors } from '../errors.ts';

export interface DataServerOptions {
  /** Default 127.0.0.1; `0.0.0.0` opens the server to the network. */
  readonly host?: string;
  /** Default 10081; 0 takes a free port. */
  readonly port?: number;
  /** PEM texts. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

/** Answers one request whose body has been read. The body belongs to the receiver. */
export type PushReceiver = (body: Buffer) => Promise<void> | undefined;

/** A larger body is refused with 413. */
const maxBodyBytes = 64 * 1024 * 1024;

const corsHeaders = 'Accept, Accept-Language, Content-Type, Content-Language, Origin, Authorization';
const corsMethods = 'POST, GET, PUT, DELETE, HEAD';

interface Route {
  /** The first source on a path decides. */
  readonly method: string;
  readonly receivers: Set<PushReceiver>;
}

/** Answers a request under a path of its own, for instance with an event stream. */
export type DataServerHandler = (request: IncomingMessage, response: ServerResponse) => void;

/** Takes over a connection whose protocol is to be upgraded, for instance to a websocket. */
export type UpgradeHandler = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

export class DataServer {
  readonly #options: DataServerOptions;
  readonly #server: Server;
  readonly #routes = new Map<string, Route>();
  readonly #handlers = new Map<string, DataServerHandler>();
  readonly #upgrades = new Map<string, UpgradeHandler>();
  #listening: Promise<void> | null = null;

  constructor(options: DataServerOptions = {}) {
    this.#options = options;
    const listener = (request: IncomingMessage, response: ServerResponse): void => this.#handle(request, response);
    this.#server = options.tls === undefined ? createServer(listener) : createTlsServer({ ...options.tls }, listener);
    this.#server.on('upgrade', (request, socket, head) => {
      const handler = this.#upgrades.get(pathOf(request.url ?? '/'));
      if (handler === undefined) socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n');
      else handler(request, socket, head);
    });
    this.#server.requestTimeout = 300_000;
    this.#server.keepAliveTimeout = 60_000;
  }

  /** Starts to listen; harmless when it does already. Rejects when the port is taken. */
  start(): Promise<void> {
    this.#listening ??= this.#listen();
    return this.#listening;
  }

  /** The port it listens on. */
  get port(): number {
    return (this.#server.address() as AddressInfo | null)?.port ?? this.#options.port ?? 10081;
  }

  /** @returns the way to remove the route; the path answers 404 when its last receiver is gone */
  addPushRoute(path: string, method: string, receiver: PushReceiver): () => void {
    let route = this.#routes.get(path);
    if (route === undefined) {
      route = { method, receivers: new Set() };
      this.#routes.set(path, route);
    }
    const { receivers } = route;
    receivers.add(receiver);
    return () => {
      receivers.delete(receiver);
      if (receivers.size === 0 && this.#routes.get(path)?.receivers === receivers) this.#routes.delete(path);
    };
  }

  /** Gives a path to a handler of its own. @returns the way to remove it */
  addHandler(path: string, handler: DataServerHandler): () => void {
    this.#handlers.set(path, handler);
    return () => {
      if (this.#handlers.get(path) === handler) this.#handlers.delete(path);
    };
  }

  /** Gives upgrades of a path to a handler. @returns the way to remove it */
  addUpgrade(path: string, handler: UpgradeHandler): () => void {
    this.#upgrades.set(path, handler);
    return () => {
      if (this.#upgrades.get(path) === handler) this.#upgrades.delete(path);
    };
  }

  async close(): Promise<void> {
    if (this.#listening === null) return;
    await this.#listening.catch(() => {});
    this.#listening = null;
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  #listen(): Promise<void> {
    const { host = '127.0.0.1', port = 10081 } = this.#options;
    return new Promise((resolve, reject) => {
      const refused = (error: Error): void => {
        this.#listening = null;
        reject(connectorErrors.DATA_SERVER_LISTEN(host, port, error.message, { cause: error }));
      };
      this.#server.once('error', refused);
      this.#server.listen(port, host, () => {
        this.#server.off('error', refused);
        resolve();
      });
    });
  }

  #handle(request: IncomingMessage, response: ServerResponse): void {
    if (request.headers.origin !== undefined) response.setHeader('Access-Control-Allow-Origin', '*');
    if (request.method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined) {
      response.setHeader('Access-Control-Allow-Headers', corsHeaders);
      response.setHeader('Access-Control-Allow-Methods', corsMethods);
      answer(response, 200, '');
      return;
    }
    const path = pathOf(request.url ?? '/');
    const handler = this.#handlers.get(path);
    if (handler !== undefined) {
      handler(request, response);
      return;
    }
    const route = this.#routes.get(path);
    if (route === undefined) answer(response, 404, '404 page not found\n');
    else if (request.method !== route.method) answer(response, 405, '');
    else void this.#receive(request, response, route);
  }

  async #receive(request: IncomingMessage, response: ServerResponse, route: Route): Promise<void> {
    let body: Buffer | null;
    try {
      body = await readBody(request);
    } catch (error) {
      answer(response, 400, `Fail to decode data: ${errorText(error)}\n`);
      return;
    }
    if (body === null) {
      response.setHeader('Connection', 'close');
      answer(response, 413, '');
      return;
    }
    // answering only when rules have room again is the backpressure a pusher can feel
    for (const receiver of [...route.receivers]) {
      const full = receiver(body);
      if (full !== undefined) await full;
    }
    answer(response, 200, 'ok');
  }
}

/** The whole body, null when it is too large. */
async function readBody(request: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maxBodyBytes) return null;
    chunks.push(chunk);
  }
  return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, length);
}

function pathOf(url: string): string {
  const query = url.indexOf('?');
  const path = query === -1 ? url : url.slice(0, query);
  if (!path.includes('%')) return path;
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

function answer(response: ServerResponse, status: number, body: string): void {
  response.statusCode = status;
  if (body !== '') response.setHeader('Content-Type', 'text/plain; charset=utf-8');
  response.end(body);
}
