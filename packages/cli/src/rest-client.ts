/** Requests to the REST API of one server, over a connection each. */
import http from 'node:http';
import https from 'node:https';
import type { Readable } from 'node:stream';
import { cliErrors, systemText } from './errors.ts';
import { type ServerEvent, serverEvents } from './server-events.ts';

export interface RestClientOptions {
  /** `http:` or `https:`; a path in it comes before every path asked for. */
  readonly address: URL;
  /** Sent as it is in `Authorization`. Source: behaviour spec, rest-cli-config §7. */
  readonly token?: string;
  /** PEM text of the authority that signed the server's certificate, beside those known to the system. */
  readonly authority?: string;
  /** Accepts any certificate. */
  readonly insecure?: boolean;
  /** Ends requests under way. */
  readonly signal?: AbortSignal;
}

export interface RequestBody {
  readonly type: string;
  readonly content: string | Uint8Array;
}

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

const connectLimitMs = 10_000;

export class RestClient {
  /** Without a slash at the end. */
  readonly address: string;
  readonly #options: RestClientOptions;

  constructor(options: RestClientOptions) {
    this.#options = options;
    this.address = options.address.href.replace(/\/$/, '');
  }

  /**
   * The text of the answer.
   * @param body text is sent as JSON
   * Throws `UNREACHABLE` when there is no server, and what the server says when it refuses.
   */
  async send(method: Method, path: string, body?: string | RequestBody): Promise<string> {
    const response = await this.#request(method, path, body);
    let text: string;
    try {
      text = await readText(response);
    } catch (error) {
      throw this.#broken(error, 'CONNECTION_LOST');
    }
    const status = response.statusCode ?? 0;
    if (status >= 200 && status < 300) return text;
    throw this.#refusal(method, path, status, text);
  }

  /** Follows an event stream. Resolves once the server has accepted; the events end with the stream or the signal. */
  async follow(path: string, signal?: AbortSignal): Promise<AsyncGenerator<ServerEvent, void, void>> {
    const response = await this.#request('GET', path, undefined, signal);
    const status = response.statusCode ?? 0;
    if (status !== 200) throw this.#refusal('GET', path, status, await readText(response));
    return this.#events(response, signal);
  }

  async *#events(response: Readable, signal: AbortSignal | undefined): AsyncGenerator<ServerEvent, void, void> {
    try {
      yield* serverEvents(response);
    } catch (error) {
      if (signal?.aborted || this.#options.signal?.aborted) return;
      throw this.#broken(error, 'CONNECTION_LOST');
    } finally {
      response.destroy();
    }
  }

  #request(
    method: Method,
    path: string,
    body?: string | RequestBody,
    signal: AbortSignal | undefined = this.#options.signal,
  ): Promise<http.IncomingMessage> {
    const { address, token, authority, insecure } = this.#options;
    const { type, content } = typeof body === 'string' ? { type: 'application/json', content: body } : { ...body };
    // Refusals then come with their place in the refused text.
    const headers: http.OutgoingHttpHeaders = { Accept: 'application/problem+json, */*' };
    if (token !== undefined) headers.Authorization = token;
    if (content !== undefined) {
      headers['Content-Type'] = type;
      headers['Content-Length'] = Buffer.byteLength(content);
    }
    const send = address.protocol === 'https:' ? https.request : http.request;
    return new Promise((resolve, reject) => {
      const request = send(
        `${this.address}${path}`,
        {
          method,
          headers,
          agent: false,
          ...(signal !== undefined && { signal }),
          ...(authority !== undefined && { ca: authority }),
          ...(insecure === true && { rejectUnauthorized: false }),
        },
        resolve,
      );
      const late = setTimeout(
        () => request.destroy(new Error(`no connection within ${connectLimitMs / 1000} s`)),
        connectLimitMs,
      );
      request.once('socket', (socket) => socket.once('connect', () => clearTimeout(late)));
      request.once('close', () => clearTimeout(late));
      request.once('error', (error) => reject(this.#broken(error, 'UNREACHABLE')));
      request.end(content);
    });
  }

  #broken(error: unknown, id: 'UNREACHABLE' | 'CONNECTION_LOST'): Error {
    if (error instanceof Error && error.name === 'AbortError') return cliErrors.INTERRUPTED({ cause: error });
    const hint =
      id === 'UNREACHABLE'
        ? 'Please start the server with kuiperd, or name another one with --server http://host:port or KUIPER_SERVER.'
        : 'Please check whether the server is still running.';
    return cliErrors[id](this.address, systemText(error), { cause: error, hint });
  }

  #refusal(method: Method, path: string, status: number, text: string): Error {
    const problem = problemOf(text);
    const said = problem === null ? null : problem.message;
    if (said === null && (status === 404 || status === 405)) {
      return cliErrors.UNKNOWN_ENDPOINT(method, `${this.address}${path}`, status);
    }
    const message = said ?? (text.trim() || `The server answered with status ${status}.`);
    const place = problem === null ? '' : placeText(problem);
    if (place !== '') return cliErrors.ANSWER(message, { hint: place });
    if (status !== 401) return cliErrors.ANSWER(message);
    return cliErrors.ANSWER(message, { hint: 'Please give a token with --token or KUIPER_TOKEN.' });
  }
}

interface Problem {
  readonly message: string;
  /** The refused text from the line on that the place is in, the place underlined. */
  readonly excerpt: unknown;
  /** What may have been meant. */
  readonly hint: unknown;
}

/** What `{"error":1000,"message":"…"}` says; null for other texts. */
function problemOf(text: string): Problem | null {
  try {
    const { message, excerpt, hint } = JSON.parse(text) as Readonly<Record<string, unknown>>;
    return typeof message === 'string' ? { message, excerpt, hint } : null;
  } catch {
    return null;
  }
}

/** Empty when nothing is known of a place. */
function placeText({ excerpt, hint }: Problem): string {
  const lines = typeof excerpt === 'string' ? [excerpt] : [];
  if (typeof hint === 'string') lines.push(`Did you mean ${hint}?`);
  return lines.join('\n');
}

async function readText(stream: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
