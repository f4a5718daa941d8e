/**
 * The REST listener: routes, body limits, errors to JSON. Handlers know nothing of sockets, so a batch runs through the
 * same {@link RestServer.dispatch}. Source: behaviour spec, rest-cli-config §1 and §7.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { errorText, KuiperError, type Logger } from '@kuiper/base';
import findMyWay, { type HTTPMethod } from 'find-my-way';
import { serverErrors } from '../errors.ts';
import type { Authorize } from './authorize.ts';
import { preflightReply } from './cors.ts';
import { errorReply, methodReply, notFoundReply, plainType, type Reply, withPlace } from './reply.ts';
import type { RestRequest } from './request.ts';

export type Handler = (request: RestRequest) => Reply | Promise<Reply>;

export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** `/rules/:name/status` */
  readonly path: string;
  readonly handle: Handler;
  /** Answers without a token; only `/` and `/ping`. */
  readonly open?: boolean;
}

export interface RestServerOptions {
  readonly logger: Logger;
  /** Null when authentication is off. */
  readonly authorize: Authorize | null;
  /** PEM texts. */
  readonly tls: { readonly cert: string; readonly key: string } | null;
  /** Logs one line per matched request. */
  readonly auditLog: boolean;
  readonly maxBodyBytes?: number;
}

/** A request before routing. */
export type RawRequest = Pick<RestRequest, 'method' | 'headers' | 'body'> & {
  /** Path and query. */
  readonly url: string;
};

const methods: readonly Route['method'][] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

export class RestServer {
  readonly #options: RestServerOptions;
  readonly #router = findMyWay({ caseSensitive: true, maxParamLength: 4096 });
  readonly #server: Server;

  constructor(options: RestServerOptions) {
    this.#options = options;
    const listener = (request: IncomingMessage, response: ServerResponse): void => {
      void this.#receive(request, response);
    };
    this.#server = options.tls === null ? createServer(listener) : createTlsServer({ ...options.tls }, listener);
    this.#server.requestTimeout = 300_000;
    this.#server.keepAliveTimeout = 60_000;
  }

  add(routes: readonly Route[]): void {
    for (const route of routes) {
      this.#router.on(route.method, route.path, () => {}, route);
    }
  }

  listen(host: string, port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const refused = (error: Error): void => reject(serverErrors.LISTEN(`${host}:${port}`, error.message));
      this.#server.once('error', refused);
      this.#server.listen(port, host, () => {
        this.#server.off('error', refused);
        resolve();
      });
    });
  }

  get port(): number {
    return (this.#server.address() as AddressInfo | null)?.port ?? 0;
  }

  /** Takes no more requests; ends open ones, event streams included. */
  async close(): Promise<void> {
    if (!this.#server.listening) return;
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeIdleConnections();
      setImmediate(() => this.#server.closeAllConnections());
    });
  }

  /** Routes and answers one request. Never rejects. */
  async dispatch(raw: RawRequest): Promise<Reply> {
    const { method } = raw;
    const mark = raw.url.indexOf('?');
    const path = mark === -1 ? raw.url : raw.url.slice(0, mark);
    const clean = cleanPath(path);
    if (clean !== path) {
      const location = mark === -1 ? clean : clean + raw.url.slice(mark);
      return { status: 301, type: null, body: '', headers: { Location: location } };
    }
    const found = this.#find(method, path);
    if (found === null) return methods.some((other) => this.#find(other, path) !== null) ? methodReply : notFoundReply;
    const { route, params } = found;
    if (this.#options.auditLog) this.#options.logger.info(`visit ${method} ${raw.url}`);
    try {
      if (this.#options.authorize !== null && route.open !== true) {
        const refusal = await this.#options.authorize(raw.headers.authorization ?? '');
        if (refusal !== null) return { status: 401, type: plainType, body: `${refusal}\n` };
      }
      const query = new URLSearchParams(mark === -1 ? '' : raw.url.slice(mark + 1));
      return await route.handle({ ...raw, path, query, params });
    } catch (error) {
      this.#note(error, method, path);
      return withPlace(errorReply(error), error, raw.headers.accept);
    }
  }

  #find(method: string, path: string): { readonly route: Route; readonly params: Record<string, string> } | null {
    if (!methods.includes(method as Route['method'])) return null;
    const found = this.#router.find(method as HTTPMethod, path);
    if (found === null || Object.values(found.params).some((value) => value === '')) return null;
    return { route: found.store as Route, params: found.params as Record<string, string> };
  }

  #note(error: unknown, method: string, path: string): void {
    const ours = !(error instanceof KuiperError) || error.domain === 'internal';
    const stack = ours && error instanceof Error ? (error.stack ?? '') : '';
    if (ours) this.#options.logger.error(`${method} ${path}: ${errorText(error)}`, { stack });
    else this.#options.logger.debug(`${method} ${path}: ${errorText(error)}`);
  }

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const method = request.method ?? 'GET';
    const headers = request.headers as Record<string, string>;
    const fromBrowser = headers.origin !== undefined;
    let reply: Reply;
    if (method === 'OPTIONS') reply = preflightReply(headers);
    else {
      const body = await readBody(request, this.#options.maxBodyBytes ?? 256 << 20);
      if (body === 'broken') return;
      if (body === 'large') reply = { status: 413, type: null, body: '', headers: { Connection: 'close' } };
      else reply = await this.dispatch({ method, url: request.url ?? '/', headers, body });
      if (fromBrowser) response.setHeader('Access-Control-Allow-Origin', '*');
    }
    send(response, reply);
  }
}

function send(response: ServerResponse, reply: Reply): void {
  response.statusCode = reply.status;
  if (reply.type !== null) response.setHeader('Content-Type', reply.type);
  for (const [name, value] of Object.entries(reply.headers ?? {})) response.setHeader(name, value);
  if (reply.stream !== undefined) {
    response.flushHeaders();
    reply.stream(response);
    return;
  }
  if (reply.after !== undefined) response.once('finish', reply.after);
  const body = typeof reply.body === 'string' ? Buffer.from(reply.body) : reply.body;
  if (reply.status !== 204) response.setHeader('Content-Length', body.length);
  response.end(body);
}

function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer | 'large' | 'broken'> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let length = 0;
    request.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length <= maxBytes) chunks.push(chunk);
      else resolve('large');
    });
    request.on('end', () => resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)));
    request.on('close', () => resolve('broken'));
  });
}

/** Without doubled slashes and dot segments; a trailing slash stays. */
function cleanPath(path: string): string {
  if (!path.includes('//') && !path.includes('/.')) return path;
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  const clean = `/${parts.join('/')}`;
  return path.endsWith('/') && clean !== '/' ? `${clean}/` : clean;
}
