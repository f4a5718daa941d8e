/** Sink `sse`: server-sent events on a path of the data server. Source: behaviour spec, io §15.9. */
import type { ServerResponse } from 'node:http';
import { type PropSchema, prop } from '@kuiper/base';
import {
  type ConnectionDeclaration,
  defineConnection,
  defineSink,
  type OpenConnection,
  type Payload,
  type SinkDeclaration,
  SinkWriteError,
} from '@kuiper/sdk';
import { connectionSelector } from '../connection-selector.ts';
import { connectorErrors } from '../errors.ts';
import type { DataServer } from '../http/data-server.ts';

const path = {
  default: '',
  connection: true,
  example: '/events',
  label: { en: 'Path', zh: '路径' },
  about: { en: 'Path on the data server, starting with /.', zh: '数据服务器上的路径，以 / 开头。' },
} as const;

const endpoint = prop.string(path);

const props = { endpoint, connectionSelector };

/** A client that is this far behind misses events until it has caught up. */
const maxBufferedBytes = 16 * 1024 * 1024;

export interface SseConnection extends OpenConnection {
  /** Sends an event to every client that listens now. */
  send(text: string): void;
}

export type SseDeclaration = ConnectionDeclaration<PropSchema, SseConnection>;

/** Users of one path share its clients. */
export function sseConnection(server: DataServer): SseDeclaration {
  const paths = new Map<string, EventPath>();
  return defineConnection({
    type: 'sse',
    about: { en: 'Server-sent events on the data server.', zh: '数据服务器上的服务器发送事件。' },
    props: { endpoint, datasource: prop.string({ ...path, advanced: true }) },
    open(context, p): SseConnection {
      const at = p.endpoint === '' ? p.datasource : p.endpoint;
      if (!at.startsWith('/')) throw connectorErrors.SSE_ENDPOINT();
      let events = paths.get(at);
      if (events === undefined) {
        events = new EventPath(server, at, () => paths.delete(at));
        paths.set(at, events);
      }
      server.start().then(
        () => context.status('connected'),
        (error: Error) => context.status('disconnected', error.message),
      );
      return events.share();
    },
  });
}

class EventPath {
  readonly #server: DataServer;
  readonly #clients = new Set<ServerResponse>();
  readonly #remove: () => void;
  #users = 0;

  constructor(server: DataServer, path: string, onLast: () => void) {
    this.#server = server;
    const stop = server.addHandler(path, (_request, response) => this.#join(response));
    this.#remove = () => {
      stop();
      onLast();
    };
  }

  share(): SseConnection {
    this.#users++;
    let closed = false;
    return {
      send: (text) => this.#send(text),
      ping: () => this.#server.start(),
      close: () => {
        if (closed) return;
        closed = true;
        this.#users--;
        if (this.#users > 0) return;
        this.#remove();
        for (const client of this.#clients) client.end();
      },
    };
  }

  #join(response: ServerResponse): void {
    response.writeHead(200, {
      'Content-Type': 'text/event-stream',
      'Cache-Control': 'no-cache',
      Connection: 'keep-alive',
      'Access-Control-Allow-Origin': '*',
    });
    response.flushHeaders();
    this.#clients.add(response);
    response.on('close', () => this.#clients.delete(response));
  }

  #send(text: string): void {
    // a line break would end the event
    const event = `data: ${text.replaceAll('\n', '\ndata: ')}\n\n`;
    for (const client of this.#clients) if (client.writableLength < maxBufferedBytes) client.write(event);
  }
}

export function sseSink(connection: SseDeclaration): SinkDeclaration {
  return defineSink({
    type: 'sse',
    about: { en: 'Sends each output as a server-sent event.', zh: '将每条结果作为服务器发送事件发出。' },
    accepts: 'bytes',
    props,
    check(p) {
      if (p.connectionSelector === '' && !p.endpoint.startsWith('/')) throw connectorErrors.SSE_ENDPOINT();
    },
    open(context, p) {
      const lease = context.connections.acquire(connection, p, context.status.bind(context));
      return {
        write(items): undefined {
          if (items.kind !== 'bytes') throw new SinkWriteError('sse takes bytes', { index: 0, recoverable: false });
          for (const payload of items.payloads) lease.connection.send(toText(payload));
        },
        close: () => lease.release(),
      };
    },
  });
}

function toText(payload: Payload): string {
  return typeof payload === 'string' ? payload : Buffer.from(payload).toString('utf8');
}
