/**
 * Sink `websocket`: a text frame per output to every client, or to the server. Source: behaviour spec, io §15.9.
 *
 * On the data server delivery is best effort: who is not there misses it. A client that is not connected can retry.
 */
import { prop } from '@kuiper/base';
import { defineSink, type Payload, type SinkDeclaration, SinkWriteError } from '@kuiper/sdk';
import { connectionSelector } from '../connection-selector.ts';
import { checkWebsocket, type WebsocketDeclaration, websocketProps } from './websocket-connection.ts';

const props = {
  path: prop.string({
    default: '',
    example: '/api/result',
    label: { en: 'Path', zh: '路径' },
    about: { en: 'Starts with /.', zh: '以 / 开头。' },
  }),
  ...websocketProps,
  connectionSelector,
};

export function websocketSink(connection: WebsocketDeclaration): SinkDeclaration {
  return defineSink({
    type: 'websocket',
    about: { en: 'Sends each output over a websocket.', zh: '通过 WebSocket 发送每条结果。' },
    accepts: 'bytes',
    props,
    check(p) {
      if (p.connectionSelector === '' || p.path !== '') checkWebsocket(p, p.path);
    },
    open(context, p) {
      const lease = context.connections.acquire(connection, { ...p, datasource: p.path }, context.status.bind(context));
      return {
        write(items): undefined {
          if (items.kind !== 'bytes')
            throw new SinkWriteError('websocket takes bytes', { index: 0, recoverable: false });
          for (let index = 0; index < items.payloads.length; index++) {
            if (lease.connection.send(items.payloads[index] as Payload)) continue;
            throw new SinkWriteError('websocket is not connected', { index, recoverable: true });
          }
        },
        close: () => lease.release(),
      };
    },
  });
}
