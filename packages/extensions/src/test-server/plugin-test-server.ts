/**
 * Plays the engine for one portable plugin: `POST /symbol/start` and `/symbol/stop` on a port of this machine, with a
 * command as body. Source: behaviour spec, extension §5.
 */
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { errorText } from '@kuiper/base';
import { testServerErrors } from './errors.ts';
import { openSymbol, type SessionSurroundings, type SymbolRequest, type SymbolSession } from './symbol-session.ts';

const mostBodyBytes = 1 << 20;

const corsHeaders = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Allow-Methods': 'GET, POST, PUT, DELETE, HEAD',
  'Access-Control-Allow-Headers': 'Accept, Accept-Language, Content-Type, Content-Language, Origin, Authorization',
};

export class PluginTestServer {
  readonly #around: SessionSurroundings;
  /** By symbol; a promise while it is being started or stopped. */
  readonly #sessions = new Map<string, Promise<SymbolSession>>();
  readonly #server: http.Server;

  private constructor(around: SessionSurroundings) {
    this.#around = around;
    this.#server = http.createServer((request, response) => {
      void this.#handle(request, response);
    });
  }

  /** Rejects when the port is taken. */
  static async listen(port: number, around: SessionSurroundings): Promise<PluginTestServer> {
    const server = new PluginTestServer(around);
    await new Promise<void>((resolve, reject) => {
      server.#server.once('error', reject);
      server.#server.listen(port, '127.0.0.1', () => resolve());
    });
    return server;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Stops every symbol; a plugin that has ended needs no telling. */
  async stopSymbols(): Promise<void> {
    const sessions = [...this.#sessions.values()];
    this.#sessions.clear();
    for (const session of sessions) await (await session.catch(() => null))?.close();
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
    await this.stopSymbols();
  }

  async #handle(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const reply = (status: number, text: string): void => {
      const headers = { ...corsHeaders, Connection: 'close', 'Content-Type': 'text/plain; charset=utf-8' };
      response.writeHead(status, headers).end(text);
    };
    const path = (request.url ?? '').replace(/\?.*$/, '');
    if (path !== '/symbol/start' && path !== '/symbol/stop') return reply(404, '404 page not found\n');
    if (request.method === 'OPTIONS') return reply(200, '');
    if (request.method !== 'POST') return reply(405, '');
    try {
      const wanted = readRequest(await readBody(request));
      if (path === '/symbol/start') await this.#start(wanted);
      else await this.#stop(wanted);
      reply(200, 'ok');
    } catch (error) {
      reply(400, `${errorText(error)}\n`);
    }
  }

  async #start(wanted: SymbolRequest): Promise<void> {
    const { symbolName } = wanted;
    if (this.#sessions.has(symbolName)) throw testServerErrors.EXISTS(symbolName);
    const session = openSymbol(wanted, this.#around);
    this.#sessions.set(symbolName, session);
    try {
      await session;
    } catch (error) {
      if (this.#sessions.get(symbolName) === session) this.#sessions.delete(symbolName);
      throw error;
    }
  }

  async #stop({ symbolName }: SymbolRequest): Promise<void> {
    const session = this.#sessions.get(symbolName);
    if (session === undefined) throw testServerErrors.CLOSED(symbolName);
    this.#sessions.delete(symbolName);
    await (await session.catch(() => null))?.close();
  }
}

async function readBody(request: http.IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    length += (chunk as Buffer).length;
    if (length > mostBodyBytes) throw testServerErrors.BODY('the body is too large');
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** `meta` is not read: it always is rule1, op1 and instance 0. */
function readRequest(text: string): SymbolRequest {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (error) {
    throw testServerErrors.BODY(errorText(error), { cause: error });
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw testServerErrors.BODY('a JSON object is expected');
  }
  const { symbolName, pluginType, config = {} } = body as Readonly<Record<string, unknown>>;
  if (typeof symbolName !== 'string' || symbolName === '') throw testServerErrors.BODY('symbolName is missing');
  if (pluginType !== 'source' && pluginType !== 'sink' && pluginType !== 'func') {
    throw testServerErrors.BODY(`pluginType is source, sink or func, not ${JSON.stringify(pluginType)}`);
  }
  if (typeof config !== 'object' || Array.isArray(config)) throw testServerErrors.BODY('config is an object');
  return { symbolName, pluginType, config: (config ?? {}) as Readonly<Record<string, unknown>> };
}
