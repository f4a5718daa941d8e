/** Source `httppush`: payloads that others post to the data server. Source: behaviour spec, io §14.3. */
import { prop, type PropSchema } from '@kuiper/base';
import {
  type ConnectionDeclaration,
  defineConnection,
  defineSource,
  type OpenConnection,
  type SourceDeclaration,
} from '@kuiper/sdk';
import { connectionSelector } from '../connection-selector.ts';
import { connectorErrors } from '../errors.ts';
import type { DataServer, PushReceiver } from './data-server.ts';

const method = prop.string({
  default: 'POST',
  options: ['POST', 'PUT'],
  connection: true,
  label: { en: 'HTTP method', zh: 'HTTP 方法' },
  about: { en: 'The method that pushers use.', zh: '推送数据时使用的方法。' },
});

const connectionProps = {
  datasource: prop.string({
    default: '',
    connection: true,
    label: { en: 'Path', zh: '路径' },
    about: { en: 'Path on the data server.', zh: '数据服务器上的路径。' },
  }),
  method,
};

const props = {
  method,
  connectionSelector,
};

/** One path on the data server; everybody who uses the connection receives each body. */
export interface HttppushConnection extends OpenConnection {
  receive(receiver: PushReceiver): () => void;
}

export type HttppushDeclaration = ConnectionDeclaration<PropSchema, HttppushConnection>;

export function httppushConnection(server: DataServer): HttppushDeclaration {
  return defineConnection({
    type: 'httppush',
    about: { en: 'A path on the HTTP data server.', zh: 'HTTP 数据服务器上的路径。' },
    props: connectionProps,
    open(context, p) {
      if (!p.datasource.startsWith('/')) throw connectorErrors.ENDPOINT();
      checkMethod(p.method);
      const removals = new Set<() => void>();
      server.start().then(
        () => context.status('connected'),
        (error: Error) => context.status('disconnected', error.message),
      );
      return {
        receive(receiver) {
          const remove = server.addPushRoute(p.datasource, p.method, receiver);
          removals.add(remove);
          return () => {
            removals.delete(remove);
            remove();
          };
        },
        ping: () => server.start(),
        close() {
          for (const remove of removals) remove();
        },
      };
    },
  });
}

export function httppushSource(connection: HttppushDeclaration): SourceDeclaration {
  return defineSource({
    type: 'httppush',
    about: { en: 'Takes payloads that others post over HTTP.', zh: '接收通过 HTTP 推送的数据。' },
    emits: 'bytes',
    backpressure: 'withhold',
    dataSource: {
      about: { en: 'Path on the data server, starting with /', zh: '数据服务器上的路径，以 / 开头' },
      required: true,
      example: '/api/data',
    },
    props,
    check(p, path) {
      if (!path.startsWith('/')) throw connectorErrors.ENDPOINT();
      checkMethod(p.method);
    },
    open(context, p, path) {
      const lease = context.connections.acquire(connection, { ...p, datasource: path }, context.status.bind(context));
      const starts = [0];
      const ends = [0];
      let position = 0;
      const stop = lease.connection.receive((body) => {
        ends[0] = body.length;
        const timestampMs = context.clock.now();
        const first = position++;
        return context.ingest({ buffer: body, starts, ends, count: 1, timestampMs, position: first, meta: () => null });
      });
      return {
        close() {
          stop();
          return lease.release();
        },
      };
    },
  });
}

function checkMethod(method: string): void {
  if (method !== 'POST' && method !== 'PUT') throw connectorErrors.PUSH_METHOD(method);
}
