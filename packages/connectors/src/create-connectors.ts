/** All built-in connectors of one process or worker, wired to what they share. */
import type { Clock, Logger } from '@kuiper/base';
import type { ConnectionDeclaration, LookupDeclaration, SinkDeclaration, SourceDeclaration } from '@kuiper/sdk';
import { ConnectionPool } from './connection-pool.ts';
import { fileSink } from './file/file-sink.ts';
import { fileSource } from './file/file-source.ts';
import { DataServer, type DataServerOptions } from './http/data-server.ts';
import { httppushConnection, httppushSource } from './http/httppush-source.ts';
import { httppullLookup } from './http/httppull-lookup.ts';
import { httppullSource } from './http/httppull-source.ts';
import { OutboundHttp } from './http/outbound-http.ts';
import { restSink } from './http/rest-sink.ts';
import { logSink } from './log/log-sink.ts';
import { nopSink } from './log/nop-sink.ts';
import { MemoryBus } from './memory/memory-bus.ts';
import { memoryLookup } from './memory/memory-lookup.ts';
import { memorySink } from './memory/memory-sink.ts';
import { memorySource } from './memory/memory-source.ts';
import { simulatorLookup } from './simulator/simulator-lookup.ts';
import { simulatorSource } from './simulator/simulator-source.ts';
import { mqttConnection } from './mqtt/mqtt-connection.ts';
import { mqttSink } from './mqtt/mqtt-sink.ts';
import { mqttSource } from './mqtt/mqtt-source.ts';
import { redisConnections } from './redis/redis-connection.ts';
import { redisLookup } from './redis/redis-lookup.ts';
import { redisPubSink } from './redis/redis-pub-sink.ts';
import { redisSink } from './redis/redis-sink.ts';
import { redisSubSource } from './redis/redis-sub-source.ts';
import { sseConnection, sseSink } from './sse/sse-sink.ts';
import type { TlsOptions } from './tls-options.ts';
import { websocketConnection } from './websocket/websocket-connection.ts';
import { websocketSink } from './websocket/websocket-sink.ts';
import { websocketSource } from './websocket/websocket-source.ts';

export interface ConnectorOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly rootPath: string;
  /** Options for a data server, or one that several sets of connectors share (it is then not closed here). */
  readonly dataServer?: DataServerOptions | DataServer;
  /** One that several sets of connectors share. */
  readonly memoryBus?: MemoryBus;
  /** Lets outgoing HTTP requests reach loopback and private networks. Default false. */
  readonly enablePrivateNet?: boolean;
  /** What `tls: default` stands for. */
  readonly sharedTls?: TlsOptions;
  /** Key of the file sink's encryption: 16, 24 or 32 bytes. */
  readonly aesKey?: Uint8Array;
}

export interface Connectors {
  readonly sources: readonly SourceDeclaration[];
  readonly sinks: readonly SinkDeclaration[];
  readonly lookups: readonly LookupDeclaration[];
  readonly connectionTypes: readonly ConnectionDeclaration[];
  readonly connections: ConnectionPool;
  /** Listens from its first source on; call `start()` to listen at once. */
  readonly dataServer: DataServer;
  readonly memoryBus: MemoryBus;
  close(): Promise<void>;
}

export function createConnectors(options: ConnectorOptions): Connectors {
  const { clock, logger, rootPath } = options;
  const sharedTls = options.sharedTls ?? null;
  const ownServer = !(options.dataServer instanceof DataServer);
  const dataServer = options.dataServer instanceof DataServer ? options.dataServer : new DataServer(options.dataServer);
  const memoryBus = options.memoryBus ?? new MemoryBus();
  const http = new OutboundHttp({ enablePrivateNet: options.enablePrivateNet ?? false });
  const httppush = httppushConnection(dataServer);
  const mqtt = mqttConnection(sharedTls);
  const websocket = websocketConnection(dataServer, sharedTls);
  const sse = sseConnection(dataServer);
  const connectionTypes = [
    mqtt,
    httppush,
    websocket,
    sse,
    ...redisConnections,
  ] as readonly unknown[] as readonly ConnectionDeclaration[];
  const connections = new ConnectionPool({ declarations: connectionTypes, clock, logger, rootPath });
  return {
    sources: [
      mqttSource(mqtt),
      memorySource(memoryBus),
      simulatorSource,
      fileSource(rootPath),
      httppushSource(httppush),
      httppullSource({ http, sharedTls }),
      websocketSource(websocket),
      redisSubSource,
    ],
    sinks: [
      mqttSink(mqtt),
      memorySink(memoryBus),
      restSink({ http, sharedTls }),
      fileSink(options.aesKey ?? null),
      websocketSink(websocket),
      sseSink(sse),
      redisSink,
      redisPubSink,
      logSink,
      nopSink,
    ],
    lookups: [memoryLookup(memoryBus), simulatorLookup, httppullLookup({ http, sharedTls }), redisLookup],
    connectionTypes,
    connections,
    dataServer,
    memoryBus,
    async close() {
      await connections.close();
      if (ownServer) await dataServer.close();
      await http.close();
    },
  };
}
