/** Calls of the operations of an OpenAPI document. */
import { asInt, describeValue, isMapValue, jsonText, rowError, setMember, textForm } from '@kuiper/base';
import type { CallArgument } from '@kuiper/sdk';
import type { CallSignal } from './call-signal.ts';
import type { HttpClient, HttpRequest } from './http-client.ts';
import type { JsonShape, OpenApiOperation, OpenApiParameter } from './openapi-document.ts';
import type { RemoteCall } from './remote-call.ts';
import { checkStatus } from './rest-answer.ts';
import { joinUrl, type RestSite, requestKey } from './rest-call.ts';

export class OpenApiCall implements RemoteCall<HttpRequest> {
  readonly #site: RestSite;
  readonly #operation: OpenApiOperation;

  constructor(site: RestSite, operation: OpenApiOperation) {
    this.#site = site;
    this.#operation = operation;
  }

  check(args: readonly CallArgument[]): string | null {
    return this.#checkCount(args.length, false);
  }

  encode(args: readonly unknown[]): HttpRequest {
    const { parameters, verb } = this.#operation;
    const byName = this.#membersOf(args);
    const wrong = byName === null ? this.#checkCount(args.length, true) : null;
    if (wrong !== null) rowError(wrong);
    const values = parameters.map((parameter, i) => {
      const value = byName === null ? args[i] : byName[parameter.name];
      if (value !== null && value !== undefined) return fitting(parameter, value);
      return parameter.required ? rowError(`parameter ${parameter.name} is missing`) : undefined;
    });
    const headers = this.#site.headers.fill((path) => memberOf(parameters, values, path));
    return {
      method: verb,
      url: joinUrl(this.#site.address, this.#target(values)),
      headers: { ...headers, ...this.#headersOf(values) },
      body: this.#body(values),
    };
  }

  key(request: HttpRequest): string | null {
    return requestKey(request);
  }

  shareable({ method }: HttpRequest): boolean {
    return method === 'GET' || method === 'HEAD';
  }

  async send(request: HttpRequest, signal: CallSignal): Promise<unknown> {
    const client: HttpClient = this.#site.client;
    const answer = await client.send(request, signal);
    checkStatus(answer);
    if (answer.text === '') return null;
    let value: unknown;
    try {
      value = JSON.parse(answer.text);
    } catch {
      return answer.text;
    }
    return taggedBy(this.#operation.answer, value);
  }

  /** A single map names the parameters when one of its members is one; else it is the value of the only parameter. */
  #membersOf(args: readonly unknown[]): Readonly<Record<string, unknown>> | null {
    const [arg] = args;
    if (args.length !== 1 || !isMapValue(arg)) return null;
    return this.#operation.parameters.some(({ name }) => Object.hasOwn(arg, name)) ? arg : null;
  }

  /** @param exact a single argument counts as a value, it may not be a map of all */
  #checkCount(found: number, exact: boolean): string | null {
    const { parameters } = this.#operation;
    const most = parameters.length;
    const least = parameters.findLastIndex(({ required }) => required) + 1;
    if (found >= least && found <= most) return null;
    if (found === 0) return `require ${least} parameters but none`;
    if (found === 1 && !exact && most > 0) return null;
    return `require ${least === most || found < least ? least : most} parameters but only got ${found}`;
  }

  #target(values: readonly unknown[]): string {
    const { path, parameters } = this.#operation;
    const pairs: string[] = [];
    const byName = new Map<string, unknown>();
    for (const [i, parameter] of parameters.entries()) {
      const value = values[i];
      if (parameter.in === 'path') byName.set(parameter.name, value);
      else if (parameter.in === 'query' && value !== undefined) pairs.push(...queryPairs(parameter, value));
    }
    const filled = path.replace(/\{([^{}]*)\}/g, (_all, name: string) => segment(name, byName.get(name)));
    return pairs.length === 0 ? filled : `${filled}?${pairs.join('&')}`;
  }

  #headersOf(values: readonly unknown[]): Record<string, string> {
    const headers: Record<string, string> = {};
    for (const [i, { in: place, name }] of this.#operation.parameters.entries()) {
      const value = values[i];
      if (place === 'header' && value !== undefined) headers[name] = partText(value).replace(/[^\t\x20-\x7e]/g, '');
    }
    return headers;
  }

  #body(values: readonly unknown[]): string | null {
    const at = this.#operation.parameters.findIndex(({ in: place }) => place === 'body');
    const value = at < 0 ? undefined : values[at];
    return value === undefined ? null : jsonText(value);
  }
}

function memberOf(
  parameters: readonly OpenApiParameter[],
  values: readonly unknown[],
  path: readonly string[],
): unknown {
  let found: unknown = values[parameters.findIndex(({ name }) => name === path[0])];
  for (const name of path.slice(1)) found = isMapValue(found) ? found[name] : undefined;
  return found;
}

/** The value in the type of the parameter: numbers of one kind fit the other, texts are no numbers. */
function fitting({ name, shape }: OpenApiParameter, value: unknown): unknown {
  const wrong = (): never =>
    rowError(`invalid type for ${shape.type} type field '${name}': cannot convert ${describeValue(value, 'any')}`);
  switch (shape.type) {
    case 'integer':
      return asInt(value, 'any', 'sameKind') ?? wrong();
    case 'number':
      return typeof value === 'number' || typeof value === 'bigint' ? value : wrong();
    case 'boolean':
      return typeof value === 'boolean' ? value : wrong();
    case 'array':
      return Array.isArray(value) ? value : wrong();
    case 'object':
      return isMapValue(value) ? value : wrong();
    default:
      return value;
  }
}

function partText(value: unknown): string {
  return Array.isArray(value) ? value.map((element) => textForm(element, 'any')).join(',') : textForm(value, 'any');
}

function segment(name: string, value: unknown): string {
  const text = partText(value);
  if (text === '' || text === '.' || text === '..') rowError(`parameter ${name}(${text}) cannot be a part of the path`);
  return encodeURIComponent(text);
}

function queryPairs({ name, explode }: OpenApiParameter, value: unknown): string[] {
  const key = encodeURIComponent(name);
  if (Array.isArray(value) && explode) {
    return value.map((element) => `${key}=${encodeURIComponent(partText(element))}`);
  }
  return [`${key}=${encodeURIComponent(partText(value))}`];
}

/** Parsed JSON with the ints of the schema as ints; other numbers are floats. */
function taggedBy(shape: JsonShape, value: unknown): unknown {
  if (typeof value === 'number') return shape.type === 'integer' && Number.isInteger(value) ? BigInt(value) : value;
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) {
    const { items } = shape;
    return items === null ? value : value.map((element) => taggedBy(items, element));
  }
  if (shape.members.size === 0 && shape.rest === null) return value;
  const made: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(value)) {
    const of = shape.members.get(name) ?? shape.rest;
    setMember(made, name, of === null ? member : taggedBy(of, member));
  }
  return made;
}
