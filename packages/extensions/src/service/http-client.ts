/**
 * Requests of one interface over pooled connections. Redirects are followed within limits; every connection is checked
 * against private networks, so none leads inside. Source: behaviour spec, extension §6.4.
 */
import type { EventEmitter } from 'node:events';
import { type Clock, errorText } from '@kuiper/base';
import { privateNetworkGuard } from '@kuiper/sdk';
import type { Agent, buildConnector, Dispatcher, request } from 'undici';
import type { CallSignal } from './call-signal.ts';
import { withDeadline } from './deadline.ts';
import { callFailure } from './errors.ts';
import type { Headers } from './header-template.ts';
import type { RemoteClient } from './remote-call.ts';
import type { ServiceTls } from './service-tls.ts';

export interface HttpRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Headers;
  readonly body: string | null;
}

export interface HttpAnswer {
  readonly status: number;
  /** Lower case, empty when there is none. */
  readonly contentType: string;
  readonly text: string;
}

export interface HttpClientOptions {
  readonly clock: Clock;
  readonly tls: ServiceTls;
  readonly timeoutMs: number;
  readonly enablePrivateNet: boolean;
}

interface Library {
  readonly agent: Agent;
  readonly request: typeof request;
}

const connectTimeoutMs = 10_000;
const mostRedirects = 10;
const mostBytes = 64 << 20;

const guard = privateNetworkGuard((address) => callFailure('answer', `ip ${address} is in internal network`));

export class HttpClient implements RemoteClient {
  readonly #options: HttpClientOptions;
  #library: Promise<Library> | null = null;

  constructor(options: HttpClientOptions) {
    this.#options = options;
  }

  send(call: HttpRequest, signal: CallSignal): Promise<HttpAnswer> {
    const { clock, timeoutMs } = this.#options;
    const late = (): string => `${call.method} ${call.url}: no answer within ${timeoutMs} ms`;
    return withDeadline(clock, timeoutMs, signal, late, (inner) => this.#exchange(call, inner));
  }

  async close(): Promise<void> {
    const library = this.#library;
    this.#library = null;
    await (await library)?.agent.destroy();
  }

  async #exchange(first: HttpRequest, signal: CallSignal): Promise<HttpAnswer> {
    this.#library ??= load(this.#options);
    const library = await this.#library;
    let call = first;
    try {
      for (let hops = 0; ; hops++) {
        const answer = await library.request(call.url, {
          method: call.method as Dispatcher.HttpMethod,
          headers: call.headers as Record<string, string>,
          body: call.body,
          dispatcher: library.agent,
          signal: signal as unknown as EventEmitter,
          headersTimeout: 0,
          bodyTimeout: 0,
        });
        const location = redirectOf(answer);
        if (location === null) return await readAnswer(answer);
        await answer.body.dump();
        if (hops === mostRedirects) throw callFailure('answer', `stopped after ${mostRedirects} redirects`);
        call = redirected(call, answer.statusCode, location);
      }
    } catch (error) {
      throw readable(call, error);
    }
  }
}

async function load({ tls, enablePrivateNet }: HttpClientOptions): Promise<Library> {
  const undici = await import('undici');
  const connect = connector(undici.buildConnector, tls, enablePrivateNet);
  return { agent: new undici.Agent({ connect, pipelining: 1 }), request: undici.request };
}

function connector(build: typeof buildConnector, tls: ServiceTls, enablePrivateNet: boolean): buildConnector.connector {
  if (enablePrivateNet) return build({ ...tls, timeout: connectTimeoutMs });
  const connect = build({ ...tls, timeout: connectTimeoutMs, lookup: guard.lookup });
  return (options, callback) => {
    try {
      guard.refuse(options.hostname);
    } catch (error) {
      callback(error as Error, null);
      return;
    }
    connect(options, callback);
  };
}

async function readAnswer({ statusCode, headers, body }: Dispatcher.ResponseData): Promise<HttpAnswer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > mostBytes) throw callFailure('answer', `the answer is larger than ${mostBytes} bytes`);
    chunks.push(chunk);
  }
  const type = headers['content-type'];
  return {
    status: statusCode,
    contentType: (Array.isArray(type) ? (type[0] ?? '') : (type ?? '')).trim().toLowerCase(),
    text: (chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)).toString('utf8'),
  };
}

const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

function redirectOf({ statusCode, headers }: Dispatcher.ResponseData): string | null {
  const { location } = headers;
  return redirects.has(statusCode) && typeof location === 'string' ? location : null;
}

const secretHeaders: ReadonlySet<string> = new Set([
  'authorization',
  'cookie',
  'proxy-authorization',
  'www-authenticate',
]);

/** The next request. What is secret stays with the host it was meant for. */
function redirected(call: HttpRequest, status: number, location: string): HttpRequest {
  const from = new URL(call.url);
  const to = URL.canParse(location, call.url) ? new URL(location, from) : null;
  if (to === null || (to.protocol !== 'http:' && to.protocol !== 'https:')) {
    throw callFailure('answer', `redirected to ${location}, which is no address`);
  }
  const sameHost = to.host === from.host && to.protocol === from.protocol;
  const headers = sameHost
    ? call.headers
    : Object.fromEntries(Object.entries(call.headers).filter(([name]) => !secretHeaders.has(name.toLowerCase())));
  const keeps = status === 307 || status === 308 || call.method === 'GET' || call.method === 'HEAD';
  return keeps ? { ...call, url: to.href, headers } : { method: 'GET', url: to.href, headers, body: null };
}

const unreachable: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EAI_AGAIN',
  'UND_ERR_SOCKET',
  'UND_ERR_CONNECT_TIMEOUT',
]);

function readable(call: HttpRequest, error: unknown): unknown {
  if (error !== null && typeof error === 'object' && 'failure' in error) return error;
  const code = String((error as { readonly code?: unknown } | null)?.code);
  const why = errorText(error) || code;
  return callFailure(unreachable.has(code) ? 'unreachable' : 'answer', `${call.method} ${call.url}: ${why}`);
}
