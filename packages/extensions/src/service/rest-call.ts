/** Calls over HTTP. Source: behaviour spec, extension §6.4. */
import { describeValue, jsonText, rowError } from '@kuiper/base';
import type { CallArgument } from '@kuiper/sdk';
import type { CallSignal } from './call-signal.ts';
import { type Headers, HeaderTemplate } from './header-template.ts';
import type { HttpClient, HttpRequest } from './http-client.ts';
import { fillHttpRule } from './http-rule.ts';
import { checkArgumentsOf, mapArguments } from './map-arguments.ts';
import { resultOfMessage } from './message-result.ts';
import type { MessageType, MessageValue } from './message-type.ts';
import { jsonOfMessage } from './proto-json.ts';
import type { ProtoMethod } from './proto-schema.ts';
import { longestKey, type RemoteCall } from './remote-call.ts';
import { messageOfAnswer, plainAnswer } from './rest-answer.ts';

/** What the calls of a REST interface share. */
export interface RestSite {
  readonly client: HttpClient;
  /** Of the interface, its base path included. */
  readonly address: string;
  readonly headers: HeaderTemplate;
}

const jsonHeaders: Headers = { 'Content-Type': 'application/json' };

/** The user's headers override ours, in any case of letters. */
export function restHeaders(headers: Headers): HeaderTemplate {
  const hasType = Object.keys(headers).some((name) => name.toLowerCase() === 'content-type');
  return new HeaderTemplate(hasType ? headers : { ...jsonHeaders, ...headers });
}

/** A target never changes whom a call goes to. Throws a row error. */
export function joinUrl(address: string, target: string): string {
  const url = address + target;
  if (!URL.canParse(url) || new URL(url).host !== new URL(address).host) rowError(`invalid url ${url}`);
  return url;
}

export function requestKey({ method, url, headers, body }: HttpRequest): string | null {
  if (body !== null && body.length > longestKey) return null;
  return `${method} ${url}\n${JSON.stringify(headers)}\n${body ?? ''}`;
}

/** A method of a `.proto` file. */
export class MessageRestCall implements RemoteCall<HttpRequest> {
  readonly #site: RestSite;
  readonly #method: ProtoMethod;

  constructor(site: RestSite, method: ProtoMethod) {
    this.#site = site;
    this.#method = method;
  }

  check(args: readonly CallArgument[]): string | null {
    return checkArgumentsOf(this.#method.input, args);
  }

  encode(args: readonly unknown[]): HttpRequest {
    const { input, http, name } = this.#method;
    const { address, headers } = this.#site;
    const value = mapArguments(input, args);
    const filled = headers.fill((path) => memberAt(input, value, path));
    if (http === null) {
      return { method: 'POST', url: `${address}/${name}`, headers: filled, body: bodyOf(input, value) };
    }
    const { verb, target, body } = fillHttpRule(http, input, value);
    return { method: verb, url: joinUrl(address, target), headers: filled, body };
  }

  key(request: HttpRequest): string | null {
    return requestKey(request);
  }

  /** A method named by the option means what it says; the plain POST is how any call is sent. */
  shareable({ method }: HttpRequest): boolean {
    return this.#method.http === null || method === 'GET' || method === 'HEAD';
  }

  async send(request: HttpRequest, signal: CallSignal): Promise<unknown> {
    const { output, http } = this.#method;
    return messageOfAnswer(output, http?.responseField ?? '', await this.#site.client.send(request, signal));
  }
}

/** A text is sent as it is: whoever has JSON already wraps it into a `StringValue`. */
function bodyOf(input: MessageType, value: MessageValue): string {
  if (input.name === 'google.protobuf.StringValue') return (value[0] as string | undefined) ?? '';
  return jsonOfMessage(input, value);
}

/** The tagged value of a field of the input, for headers. */
export function memberAt(input: MessageType, value: MessageValue, path: readonly string[]): unknown {
  let found: unknown = resultOfMessage(input, value);
  for (const name of path) {
    if (found === null || typeof found !== 'object' || !Object.hasOwn(found, name)) return undefined;
    found = (found as Readonly<Record<string, unknown>>)[name];
  }
  return found;
}

/** `interface(method, path, body…)`, without a schema. */
export class SchemalessCall implements RemoteCall<HttpRequest> {
  readonly #site: RestSite;

  constructor(site: RestSite) {
    this.#site = site;
  }

  check(args: readonly CallArgument[]): string | null {
    return args.length < 2 ? tooFew : null;
  }

  encode(args: readonly unknown[]): HttpRequest {
    if (args.length < 2) rowError(tooFew);
    const [method, path, ...rest] = args;
    const verb = text(method, 'method').toUpperCase();
    if (!/^[A-Z]+$/.test(verb)) rowError(`invalid method ${verb}`);
    const url = joinUrl(this.#site.address, text(path, 'path'));
    const headers = this.#site.headers.fill(() => undefined);
    const body = rest.length === 0 ? null : jsonText(rest.length === 1 ? rest[0] : rest);
    return { method: verb, url, headers, body };
  }

  key(request: HttpRequest): string | null {
    return requestKey(request);
  }

  shareable({ method }: HttpRequest): boolean {
    return method === 'GET' || method === 'HEAD';
  }

  async send(request: HttpRequest, signal: CallSignal): Promise<unknown> {
    return plainAnswer(await this.#site.client.send(request, signal));
  }
}

const tooFew = 'the parameter count must be greater than 2';

function text(value: unknown, name: string): string {
  return typeof value === 'string'
    ? value
    : rowError(`${name} must be a string but got ${describeValue(value, 'any')}`);
}
