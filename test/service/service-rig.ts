/** One service loaded as a thread that runs rules loads it, and servers for it to call. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Clock, SystemClock } from '@kuiper/base';
import type { ServiceRecord } from '@kuiper/extensions';
import type { ServiceCallMetrics } from '../../packages/extensions/src/service/call-metrics.ts';
import { type ServiceProvider, serviceProvider } from '../../packages/extensions/src/service/service-provider.ts';
import type { CallArgument, FunctionInstance, ScalarFunction } from '@kuiper/sdk';

export interface LoadOptions {
  readonly clock?: Clock;
  readonly enablePrivateNet?: boolean;
}

/** A record with one interface, named `calls`. */
export function serviceRecord(
  definition: Readonly<Record<string, unknown>> & { readonly schemaFile?: string },
  schema: string | null,
  name = 'sample',
): ServiceRecord {
  const schemaFile = 'calls.proto';
  const described = schema === null ? { schemaless: true } : { schemaType: 'protobuf', schemaFile };
  return {
    kind: 'service',
    name,
    definition: { interfaces: { calls: { ...described, ...definition } } },
    schemas: schema === null ? {} : { [definition.schemaFile ?? schemaFile]: schema },
  };
}

/** A provider whose functions are called as rules call them. */
export class ServiceRig {
  readonly provider: ServiceProvider;
  readonly #instances = new Map<string, FunctionInstance>();

  constructor(options: LoadOptions = {}) {
    const { clock = new SystemClock({ keepAlive: true }), enablePrivateNet = true } = options;
    this.provider = serviceProvider({ clock, rootPath: '/', enablePrivateNet });
  }

  static async load(record: ServiceRecord, options: LoadOptions = {}): Promise<ServiceRig> {
    const rig = new ServiceRig(options);
    await rig.provider.put(record);
    return rig;
  }

  declaration(name: string): ScalarFunction {
    const found = this.provider.function?.(name);
    if (found?.class !== 'scalar') throw new Error(`function ${name} not found`);
    return found;
  }

  /** The same call site each time. */
  async call(name: string, ...args: unknown[]): Promise<unknown> {
    let instance = this.#instances.get(name);
    if (instance === undefined) {
      instance = this.open(name);
      this.#instances.set(name, instance);
    }
    return (await instance.eval(...args)) as unknown;
  }

  /** A further call site. */
  open(name: string): FunctionInstance {
    return this.declaration(name).instantiate?.(undefined as never) as FunctionInstance;
  }

  check(name: string, args: readonly Partial<CallArgument>[]): string | null | undefined {
    const whole = args.map((arg) => ({ literal: null, value: undefined, isCondition: false, ...arg }));
    return this.declaration(name).check?.(whole);
  }

  metrics(name: string): ServiceCallMetrics {
    const found = this.provider.metrics().find((metrics) => metrics.function === name);
    if (found === undefined) throw new Error(`no metrics of ${name}`);
    return found;
  }

  async close(): Promise<void> {
    await this.provider.close?.();
  }
}

export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface GivenAnswer {
  readonly status?: number;
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** A real HTTP server that writes down what it is asked. */
export class RecordingServer {
  readonly seen: SeenRequest[] = [];
  readonly url: string;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  /** @param answer undefined leaves the request without one */
  static async start(
    answer: (request: SeenRequest, response: ServerResponse) => GivenAnswer | undefined | Promise<GivenAnswer>,
    create: typeof createServer = createServer,
  ): Promise<RecordingServer> {
    const seen: SeenRequest[] = [];
    const server = create((request: IncomingMessage, response: ServerResponse) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const asked = {
          method: request.method ?? '',
          url: request.url ?? '',
          headers: request.headers,
          body: Buffer.concat(chunks).toString('utf8'),
        };
        seen.push(asked);
        void Promise.resolve(answer(asked, response)).then((given) => {
          if (given === undefined || response.destroyed) return;
          const { status = 200, type = 'application/json', headers = {}, body = '{}' } = given;
          response.writeHead(status, { 'content-type': type, ...headers });
          response.end(body);
        });
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const recording = new RecordingServer(server);
    (recording as { seen: SeenRequest[] }).seen = seen;
    return recording;
  }

  get last(): SeenRequest {
    return this.seen[this.seen.length - 1] as SeenRequest;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
