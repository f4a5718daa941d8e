/**
 * Unary gRPC calls over one HTTP/2 session, many at a time. The session is opened by the first call and again after it was
 * lost. A call takes half the CPU time of one through @grpc/grpc-js (bench/service.mjs). Source: behaviour spec,
 * extension §6.5.
 */
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  type IncomingHttpHeaders,
} from 'node:http2';
import { type Clock, errorText } from '@kuiper/base';
import type { CallSignal } from './call-signal.ts';
import { withDeadline } from './deadline.ts';
import { type CallFailure, callFailure } from './errors.ts';
import type { Headers } from './header-template.ts';
import type { RemoteClient } from './remote-call.ts';
import type { ServiceTls } from './service-tls.ts';

export interface GrpcClientOptions {
  readonly clock: Clock;
  /** As the definition has it. */
  readonly address: string;
  /** Null for plaintext. */
  readonly tls: ServiceTls | null;
  readonly timeoutMs: number;
}

export interface GrpcRequest {
  readonly method: string;
  /** `/package.Service/Method` */
  readonly path: string;
  readonly metadata: Headers;
  readonly body: Uint8Array;
}

const longestConnectMs = 5000;
const longestPingMs = 5000;
const frameHeaderBytes = 5;
const mostBytes = 64 << 20;
const windowBytes = 1 << 20;

export class GrpcClient implements RemoteClient {
  readonly #options: GrpcClientOptions;
  readonly #url: URL;
  #session: ClientHttp2Session | null = null;
  #connecting: Promise<ClientHttp2Session> | null = null;

  constructor(options: GrpcClientOptions) {
    this.#options = options;
    this.#url = new URL(options.address.replace(/^[^:]+/, options.tls === null ? 'http' : 'https'));
  }

  /** The message of the answer. Rejects with the texts of the spec. */
  async call(request: GrpcRequest, signal: CallSignal): Promise<Uint8Array> {
    const { clock, timeoutMs } = this.#options;
    const session = this.#session ?? (await this.#connect());
    const late = (): string => {
      this.#probe(session);
      return `invoke ${request.method} timeout`;
    };
    return withDeadline(clock, timeoutMs, signal, late, (inner) => exchange(session, request, timeoutMs, inner));
  }

  close(): void {
    const connecting = this.#connecting;
    this.#connecting = null;
    this.#session?.close();
    this.#session = null;
    connecting?.then(
      (session) => session.close(),
      () => undefined,
    );
  }

  #connect(): Promise<ClientHttp2Session> {
    if (this.#connecting !== null) return this.#connecting;
    const connecting = this.#open().finally(() => {
      if (this.#connecting === connecting) this.#connecting = null;
    });
    this.#connecting = connecting;
    return connecting;
  }

  async #open(): Promise<ClientHttp2Session> {
    const { clock, address, tls, timeoutMs } = this.#options;
    const session = connect(this.#url, { ...tls, settings: { enablePush: false, initialWindowSize: windowBytes } });
    const forget = (): void => {
      if (this.#session === session) this.#session = null;
    };
    // Streams report their own failures; without a listener that of an idle session would end the process.
    session.on('error', forget);
    session.on('close', forget);
    session.on('goaway', () => {
      forget();
      session.close();
    });
    const waitMs = Math.min(timeoutMs, longestConnectMs);
    await new Promise<void>((resolve, reject) => {
      const timer = clock.setTimer(clock.now() + waitMs, () => {
        reject(callFailure('timeout', `connect to ${address} timeout`));
        session.destroy();
      });
      session.once('connect', () => {
        timer.cancel();
        resolve();
      });
      session.once('error', (error) => {
        timer.cancel();
        reject(callFailure('unreachable', `connect to ${address} failed: ${errorText(error) || codeOf(error)}`));
      });
      session.once('close', () => {
        timer.cancel();
        reject(callFailure('unreachable', `connect to ${address} failed: closed`));
      });
    });
    session.setLocalWindowSize(windowBytes * 4);
    this.#session = session;
    return session;
  }

  /** A connection whose other end is gone says nothing: after a late call it must prove that it lives. */
  #probe(session: ClientHttp2Session): void {
    if (session.destroyed || session.closed) return;
    const { clock } = this.#options;
    const timer = clock.setTimer(clock.now() + longestPingMs, () => session.destroy());
    session.ping(() => timer.cancel());
  }
}

function codeOf(error: unknown): string {
  return String((error as { readonly code?: unknown } | null)?.code);
}

function exchange(
  session: ClientHttp2Session,
  request: GrpcRequest,
  timeoutMs: number,
  signal: CallSignal,
): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    let stream: ClientHttp2Stream;
    try {
      stream = session.request({
        ...metadataOf(request.metadata),
        ':method': 'POST',
        ':path': request.path,
        te: 'trailers',
        'content-type': 'application/grpc+proto',
        'grpc-accept-encoding': 'identity',
        'grpc-timeout': timeoutText(timeoutMs),
        'user-agent': 'kuiper-ts',
      });
    } catch (error) {
      reject(
        callFailure('unreachable', invokeText(request, `rpc error: code = Unavailable desc = ${errorText(error)}`)),
      );
      return;
    }
    const reply = new Reply(request);
    const abort = (): void => {
      stream.close(constants.NGHTTP2_CANCEL);
      reject(signal.reason as Error);
    };
    signal.on('abort', abort);
    stream.on('response', (headers) => reply.headers(headers));
    stream.on('trailers', (headers) => reply.trailers(headers));
    stream.on('data', (chunk: Buffer) => {
      if (reply.data(chunk)) return;
      stream.close(constants.NGHTTP2_CANCEL);
    });
    stream.on('error', (error) => reply.fail(errorText(error)));
    stream.on('close', () => {
      signal.removeListener('abort', abort);
      const outcome = reply.outcome();
      if (outcome instanceof Uint8Array) resolve(outcome);
      else reject(outcome);
    });
    stream.end(frame(request.body));
  });
}

function frame(body: Uint8Array): Buffer {
  const framed = Buffer.allocUnsafe(frameHeaderBytes + body.length);
  framed[0] = 0;
  framed.writeUInt32BE(body.length, 1);
  framed.set(body, frameHeaderBytes);
  return framed;
}

const mostTimeoutDigits = 99_999_999;

function timeoutText(timeoutMs: number): string {
  const ms = Math.max(1, Math.ceil(timeoutMs));
  return ms <= mostTimeoutDigits ? `${ms}m` : `${Math.min(Math.ceil(ms / 1000), mostTimeoutDigits)}S`;
}

/** Names are lower case on the wire; some belong to the protocol. */
function metadataOf(metadata: Headers): Record<string, string> {
  const made: Record<string, string> = {};
  for (const [name, value] of Object.entries(metadata)) made[name.toLowerCase()] = value;
  return made;
}

function invokeText({ method }: GrpcRequest, why: string): string {
  return `error invoking method ${method} in proto: ${why}`;
}

const statusNames = [
  'OK',
  'Canceled',
  'Unknown',
  'InvalidArgument',
  'DeadlineExceeded',
  'NotFound',
  'AlreadyExists',
  'PermissionDenied',
  'ResourceExhausted',
  'FailedPrecondition',
  'Aborted',
  'OutOfRange',
  'Unimplemented',
  'Internal',
  'Unavailable',
  'DataLoss',
  'Unauthenticated',
];
const deadlineExceeded = 4;
const unavailable = 14;

/** What has arrived of one answer. */
class Reply {
  readonly #request: GrpcRequest;
  readonly #chunks: Buffer[] = [];
  #length = 0;
  #httpStatus = 0;
  #status: number | null = null;
  #statusText = '';
  #broken: string | null = null;

  constructor(request: GrpcRequest) {
    this.#request = request;
  }

  headers(headers: IncomingHttpHeaders): void {
    this.#httpStatus = Number(headers[':status']);
    this.trailers(headers);
  }

  trailers(headers: IncomingHttpHeaders): void {
    const status = headers['grpc-status'];
    if (status === undefined) return;
    this.#status = Number(status);
    this.#statusText = readable(String(headers['grpc-message'] ?? ''));
  }

  /** False when it is too much. */
  data(chunk: Buffer): boolean {
    this.#length += chunk.length;
    if (this.#length > mostBytes) {
      this.#broken = `the answer is larger than ${mostBytes} bytes`;
      return false;
    }
    this.#chunks.push(chunk);
    return true;
  }

  fail(why: string): void {
    this.#broken ??= why;
  }

  outcome(): Uint8Array | CallFailure {
    if (this.#status === 0 && this.#broken === null) return this.#message();
    if (this.#status === null) return this.#noStatus();
    const name = statusNames[this.#status] ?? `Code(${this.#status})`;
    const text = this.#text(name, this.#broken ?? this.#statusText);
    if (this.#status === unavailable) return callFailure('unreachable', text);
    return callFailure(this.#status === deadlineExceeded ? 'timeout' : 'answer', text);
  }

  #noStatus(): CallFailure {
    if (this.#httpStatus !== 0 && this.#httpStatus !== 200) {
      const isAway = this.#httpStatus >= 502 && this.#httpStatus <= 504;
      const text = this.#text(isAway ? 'Unavailable' : 'Unknown', `unexpected HTTP status code ${this.#httpStatus}`);
      return callFailure(isAway ? 'away' : 'answer', text);
    }
    return callFailure('unreachable', this.#text('Unavailable', this.#broken ?? 'the connection was lost'));
  }

  #message(): Uint8Array | CallFailure {
    const all = this.#chunks.length === 1 ? (this.#chunks[0] as Buffer) : Buffer.concat(this.#chunks);
    if (all.length < frameHeaderBytes || all.length - frameHeaderBytes !== all.readUInt32BE(1)) {
      return callFailure('answer', this.#text('Internal', 'the answer is not one message'));
    }
    if (all[0] !== 0) return callFailure('answer', this.#text('Internal', 'the answer is compressed'));
    return all.subarray(frameHeaderBytes);
  }

  #text(code: string, description: string): string {
    return invokeText(this.#request, `rpc error: code = ${code} desc = ${description}`);
  }
}

/** Texts are percent-encoded on the wire. */
function readable(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
