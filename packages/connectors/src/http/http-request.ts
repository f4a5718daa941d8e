/** What sources and sinks that make HTTP requests share: properties, their checks, headers and bodies. */
import { baseErrors, type Prop, type Props, prop } from '@kuiper/base';
import type { Dispatcher } from 'undici';
import { connectorErrors } from '../errors.ts';
import { type TlsSchema, tlsProps } from '../tls-options.ts';
import type { HttpPool } from './outbound-http.ts';

export type HttpSchema = TlsSchema & {
  readonly url: Prop<string>;
  readonly method: Prop<string>;
  readonly bodyType: Prop<string>;
  readonly timeout: Prop<number>;
  readonly headers: Prop<Readonly<Record<string, unknown>>>;
  readonly responseType: Prop<string>;
  readonly oauth: Prop<Readonly<Record<string, unknown>>>;
};

export const httpProps: HttpSchema = {
  url: prop.string({
    default: 'http://localhost',
    connection: true,
    example: 'https://example.org/api',
    label: { en: 'URL', zh: 'URL' },
    about: { en: 'Where requests go.', zh: '请求的地址。' },
  }),
  method: prop.string({
    default: 'GET',
    label: { en: 'HTTP method', zh: 'HTTP 方法' },
    about: { en: 'GET, POST, PUT or DELETE.', zh: 'GET、POST、PUT 或 DELETE。' },
  }),
  bodyType: prop.string({
    default: '',
    label: { en: 'Body type', zh: '正文类型' },
    about: {
      en: 'none, text, json, html, xml, javascript, form, binary or formdata; by default none for GET, else json.',
      zh: 'none、text、json、html、xml、javascript、form、binary 或 formdata；GET 默认为 none，其他默认为 json。',
    },
  }),
  timeout: prop.duration({
    default: '5s',
    label: { en: 'Timeout', zh: '超时' },
    about: { en: 'How long to wait for the answer; 0 waits for ever.', zh: '等待响应的时间，0 表示一直等待。' },
  }),
  headers: prop.map({
    default: {},
    label: { en: 'Headers', zh: 'HTTP 头' },
    about: { en: 'Headers of each request.', zh: '每个请求的 HTTP 头。' },
  }),
  responseType: prop.string({
    default: 'code',
    advanced: true,
    label: { en: 'Response type', zh: '响应类型' },
    about: {
      en: '`code`: the HTTP status decides; `body`: the member `code` of the answer too.',
      zh: '`code` 由 HTTP 状态码决定；`body` 还检查响应正文中的 `code`。',
    },
  }),
  oauth: prop.map({
    optional: true,
    secret: true,
    advanced: true,
    label: { en: 'OAuth', zh: 'OAuth' },
    about: { en: 'How to get and refresh a token.', zh: '如何获取和刷新令牌。' },
  }),
  ...tlsProps,
};

const methods = new Set(['GET', 'POST', 'PUT', 'DELETE']);

/** Body type → `Content-Type`; null sends no such header. Source: behaviour spec, io §14.2. */
const contentTypes: Readonly<Record<string, string | null>> = {
  none: null,
  text: 'text/plain',
  json: 'application/json',
  html: 'text/html',
  xml: 'application/xml',
  javascript: 'application/javascript',
  form: 'application/x-www-form-urlencoded;param=value',
  binary: '',
  formdata: null,
};

/** The body type in force, in lower case. */
export function bodyTypeOf(p: Props<Pick<HttpSchema, 'method' | 'bodyType'>>): string {
  if (p.bodyType !== '') return p.bodyType.toLowerCase();
  return p.method.toUpperCase() === 'GET' ? 'none' : 'json';
}

/** Throws with the texts of io §14.2 when method, body type, response type, timeout, headers or URL are wrong. */
export function checkHttpProps(p: Props<HttpSchema>): void {
  if (!methods.has(p.method.toUpperCase())) throw connectorErrors.HTTP_METHOD(p.method);
  if (contentTypes[bodyTypeOf(p)] === undefined) throw connectorErrors.HTTP_BODY_TYPE(p.bodyType);
  if (p.responseType !== 'code' && p.responseType !== 'body') throw connectorErrors.HTTP_RESPONSE_TYPE(p.responseType);
  if (p.timeout < 0) throw connectorErrors.HTTP_TIMEOUT();
  stringMap('headers', p.headers);
  checkUrl(p.url);
}

/** Scheme and host must stand there literally, the rest may be a template. */
export function checkUrl(url: string): void {
  if (url === '') throw connectorErrors.URL_REQUIRED();
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(url)?.[1]?.toLowerCase() ?? '';
  if (scheme !== 'http' && scheme !== 'https') throw connectorErrors.URL_SCHEME(scheme);
  const host = url.slice(scheme.length + 1).match(/^\/\/([^/?#]+)/)?.[1] ?? '';
  if (host === '') throw connectorErrors.URL_HOST();
}

/** A map whose values must be strings; throws the decoding error otherwise. */
export function stringMap(name: string, map: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  const mistakes = Object.entries(map)
    .filter(([, value]) => typeof value !== 'string')
    .map(([key, value]) => {
      const type = typeof value === 'boolean' ? 'bool' : typeof value === 'number' ? 'float64' : typeof value;
      return `* '${name}[${key}]' expected type 'string', got unconvertible type '${type}', value: '${String(value)}'`;
    });
  if (mistakes.length > 0) throw baseErrors.PROPS_INVALID(mistakes.length, mistakes.sort().join('\n'));
  return map as Readonly<Record<string, string>>;
}

/** The headers of a request: those of the body type, overridden by the user's in any case of letters. */
export function requestHeaders(
  bodyType: string,
  headers: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const type = contentTypes[bodyType] ?? null;
  if (type === null || Object.keys(headers).some((name) => name.toLowerCase() === 'content-type')) return headers;
  return { 'Content-Type': type, ...headers };
}

export interface HttpCall {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | null;
  /** 0 waits for ever. */
  readonly timeoutMs: number;
  readonly pool: HttpPool;
}

export type HttpAnswer = Dispatcher.ResponseData;

/** Sends one request. The caller reads or dumps the body of the answer. */
export async function callHttp(call: HttpCall): Promise<HttpAnswer> {
  const { dispatcher, request } = await call.pool.client();
  return request(call.url, {
    method: call.method as Dispatcher.HttpMethod,
    headers: call.headers as Record<string, string>,
    body: call.body,
    dispatcher,
    headersTimeout: call.timeoutMs,
    bodyTimeout: call.timeoutMs,
  });
}

const transientCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EAI_AGAIN',
  'UND_ERR_SOCKET',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
]);

/** True when the same request can succeed later: the network failed, not the request. */
export function isTransient(error: unknown): boolean {
  return transientCodes.has(String((error as { code?: unknown } | null)?.code));
}

export function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

/** With `responseType: body` every object of the answer must carry a `code` in 200..299. */
export function checkBodyCode(parsed: unknown): void {
  for (const item of Array.isArray(parsed) ? parsed : [parsed]) {
    const code = (item as { code?: unknown } | null)?.code;
    if (typeof code !== 'number' || !isSuccess(code)) {
      throw connectorErrors.RESPONSE_BODY(`code ${String(code)} is not in 200..299`);
    }
  }
}

/** Replaces `{{.name}}` and `{{.outer.inner}}` by values. */
export function renderFields(template: string, values: Readonly<Record<string, unknown>>): string {
  if (!template.includes('{{')) return template;
  return template.replace(/\{\{\s*\.([\w.]+)\s*\}\}/g, (_whole, path: string) => {
    let value: unknown = values;
    for (const name of path.split('.')) value = (value as Record<string, unknown> | null | undefined)?.[name];
    return value === undefined || value === null ? '<no value>' : String(value);
  });
}
