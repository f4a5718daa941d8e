/** Source `websocket`: text frames of clients or of a server. Source: behaviour spec, io §14.8. */
import { defineSource, type SourceDeclaration } from '@kuiper/sdk';
import { connectionSelector } from '../connection-selector.ts';
import { checkWebsocket, type WebsocketDeclaration, websocketProps } from './websocket-connection.ts';

const props = { ...websocketProps, connectionSelector };

export function websocketSource(connection: WebsocketDeclaration): SourceDeclaration {
  return defineSource({
    type: 'websocket',
    about: { en: 'Takes text messages of a websocket.', zh: '接收 WebSocket 的文本消息。' },
    emits: 'bytes',
    backpressure: 'pause',
    dataSource: {
      about: { en: 'Path, starting with /', zh: '路径，以 / 开头' },
      required: true,
      example: '/api/data',
    },
    props,
    check: checkWebsocket,
    open(context, p, path) {
      const lease = context.connections.acquire(connection, { ...p, datasource: path }, context.status.bind(context));
      const starts = [0];
      const ends = [0];
      let position = 0;
      const stop = lease.connection.receive((text) => {
        ends[0] = text.length;
        const timestampMs = context.clock.now();
        const first = position++;
        return context.ingest({ buffer: text, starts, ends, count: 1, timestampMs, position: first, meta: () => null });
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
