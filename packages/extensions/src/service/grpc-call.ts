/** Calls over gRPC. Source: behaviour spec, extension §6.5. */
import type { CallArgument } from '@kuiper/sdk';
import type { CallSignal } from './call-signal.ts';
import type { GrpcClient } from './grpc-client.ts';
import type { Headers, HeaderTemplate } from './header-template.ts';
import { checkArgumentsOf, mapArguments } from './map-arguments.ts';
import { resultOfMessage } from './message-result.ts';
import type { ProtoMethod } from './proto-schema.ts';
import { longestKey, type RemoteCall } from './remote-call.ts';
import { memberAt } from './rest-call.ts';
import { decodeMessage, encodeMessage } from './wire-codec.ts';

export interface GrpcSite {
  readonly client: GrpcClient;
  /** Sent as metadata. */
  readonly headers: HeaderTemplate;
}

interface GrpcMessage {
  readonly metadata: Headers;
  readonly bytes: Uint8Array;
}

export class GrpcCall implements RemoteCall<GrpcMessage> {
  readonly #site: GrpcSite;
  readonly #method: ProtoMethod;

  constructor(site: GrpcSite, method: ProtoMethod) {
    this.#site = site;
    this.#method = method;
  }

  check(args: readonly CallArgument[]): string | null {
    return checkArgumentsOf(this.#method.input, args);
  }

  encode(args: readonly unknown[]): GrpcMessage {
    const { input } = this.#method;
    const value = mapArguments(input, args);
    const metadata = this.#site.headers.fill((path) => memberAt(input, value, path));
    return { metadata, bytes: encodeMessage(input, value) };
  }

  key({ metadata, bytes }: GrpcMessage): string | null {
    if (bytes.length > longestKey) return null;
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
    return `${JSON.stringify(metadata)}\n${text}`;
  }

  shareable(): boolean {
    return true;
  }

  async send({ metadata, bytes }: GrpcMessage, signal: CallSignal): Promise<unknown> {
    const { name, path, output } = this.#method;
    const answer = await this.#site.client.call({ method: name, path, metadata, body: bytes }, signal);
    return resultOfMessage(output, decodeMessage(output, answer));
  }
}
