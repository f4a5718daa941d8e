/**
 * Sink `rest`: one HTTP request per output, in order, over kept-alive connections.
 *
 * An output is safe with a 2xx answer. A failing network is worth a retry, any other answer is final.
 * Source: behaviour spec, io §15.2.
 */
import { errorText, type Logger, prop, type Props } from '@kuiper/base';
import {
  defineSink,
  type ItemProps,
  type OpenSink,
  type Payload,
  type SinkContext,
  type SinkDeclaration,
  type SinkItems,
  SinkWriteError,
} from '@kuiper/sdk';
import { connectorErrors } from '../errors.ts';
import { loadTlsOptions, type TlsOptions } from '../tls-options.ts';
import {
  bodyTypeOf,
  callHttp,
  checkBodyCode,
  checkHttpProps,
  type HttpAnswer,
  httpProps,
  isSuccess,
  isTransient,
  renderFields,
  requestHeaders,
  stringMap,
} from './http-request.ts';
import { multipartBody } from './multipart.ts';
import { OAuthSession } from './oauth-session.ts';
import type { HttpPool, OutboundHttp } from './outbound-http.ts';

const props = {
  ...httpProps,
  formData: prop.map({
    default: {},
    label: { en: 'Form fields', zh: '表单字段' },
    about: { en: 'Further fields of a formdata body.', zh: 'formdata 正文中的其他字段。' },
  }),
  fileFieldName: prop.string({
    default: '',
    label: { en: 'File field', zh: '文件字段名' },
    about: { en: 'Name of the file part of a formdata body.', zh: 'formdata 正文中文件部分的名称。' },
  }),
  debugResp: prop.bool({
    default: false,
    label: { en: 'Log answers', zh: '记录响应' },
    about: { en: 'Writes each answer to the log.', zh: '将每个响应写入日志。' },
  }),
  compression: prop.string({
    default: '',
    label: { en: 'Compression', zh: '压缩' },
    about: {
      en: 'How the body is compressed: gzip, zlib, flate or zstd.',
      zh: '正文的压缩方式：gzip、zlib、flate 或 zstd。',
    },
  }),
  format: prop.string({ default: 'json', label: { en: 'Format', zh: '格式' } }),
};

type RestProps = Props<typeof props>;

export interface RestOptions {
  readonly http: OutboundHttp;
  readonly sharedTls: TlsOptions | null;
}

export function restSink(options: RestOptions): SinkDeclaration {
  return defineSink({
    type: 'rest',
    about: { en: 'Sends each output in an HTTP request.', zh: '通过 HTTP 请求发送每条结果。' },
    accepts: 'bytes',
    props,
    dynamic: ['url', 'headers.*', 'formData.*'],
    check(p) {
      checkHttpProps(p);
      stringMap('formData', p.formData);
      const bodyType = bodyTypeOf(p);
      const format = p.format.toLowerCase();
      if (bodyType === 'json' && format !== 'json') throw connectorErrors.HTTP_FORMAT_JSON();
      if (bodyType === 'form' && format !== 'urlencoded') throw connectorErrors.HTTP_FORMAT_FORM();
    },
    async open(context, p) {
      const pool = options.http.pool(loadTlsOptions(p, context.rootPath, options.sharedTls));
      const oauth = OAuthSession.from(p.oauth, { clock: context.clock, pool, timeoutMs: p.timeout });
      await oauth?.authorize();
      context.status('connected');
      return new RestSink(context, p, pool, oauth);
    },
  });
}

class RestSink implements OpenSink {
  readonly #props: RestProps;
  readonly #logger: Logger;
  readonly #clock: SinkContext['clock'];
  readonly #pool: HttpPool;
  readonly #oauth: OAuthSession | null;
  readonly #method: string;
  readonly #bodyType: string;
  readonly #headers: Readonly<Record<string, string>>;

  constructor(context: SinkContext, p: RestProps, pool: HttpPool, oauth: OAuthSession | null) {
    this.#props = p;
    this.#logger = context.logger;
    this.#clock = context.clock;
    this.#pool = pool;
    this.#oauth = oauth;
    this.#method = p.method.toUpperCase();
    this.#bodyType = bodyTypeOf(p);
    const own = stringMap('headers', p.headers);
    const encoding = p.compression === 'gzip' || p.compression === 'zstd' ? { 'Content-Encoding': p.compression } : {};
    this.#headers = requestHeaders(this.#bodyType, { ...encoding, ...own });
  }

  async write(items: SinkItems): Promise<void> {
    if (items.kind !== 'bytes') throw new SinkWriteError('rest takes bytes', { index: 0, recoverable: false });
    for (let i = 0; i < items.payloads.length; i++) {
      await this.#send(items.payloads[i] as Payload, items.props?.[i] ?? null, i);
    }
  }

  close(): void {}

  async #send(payload: Payload, dynamic: ItemProps, index: number): Promise<void> {
    const url = dynamic?.['url'] ?? this.#props.url;
    let answer: HttpAnswer;
    try {
      answer = await callHttp({
        url,
        method: this.#method,
        timeoutMs: this.#props.timeout,
        pool: this.#pool,
        ...this.#content(payload, dynamic),
      });
      if (isSuccess(answer.statusCode) && !this.#props.debugResp) await answer.body.dump();
      else await this.#examine(answer, url, index);
      await this.#oauth?.renew();
    } catch (error) {
      if (error instanceof SinkWriteError) throw error;
      const recoverable = isTransient(error);
      throw new SinkWriteError(
        `rest sink fails to send out the data:err=${errorText(error)} recoverAble=${recoverable} method=${this.#method} path="${url}"`,
        { index, recoverable, cause: error },
      );
    }
  }

  #content(payload: Payload, dynamic: ItemProps): { headers: Readonly<Record<string, string>>; body: Payload | null } {
    const headers = this.#render('headers', this.#headers, dynamic);
    if (this.#bodyType === 'none') return { headers, body: null };
    if (this.#bodyType !== 'formdata') return { headers, body: payload };
    const fields = this.#render('formData', this.#props.formData as Readonly<Record<string, string>>, dynamic);
    const form = multipartBody(this.#props.fileFieldName, String(this.#clock.now()), payload, fields);
    return { headers: { 'Content-Type': form.contentType, ...headers }, body: form.body };
  }

  /** Values rendered for this item win over configured ones, in which tokens are filled in. */
  #render(
    name: string,
    configured: Readonly<Record<string, string>>,
    dynamic: ItemProps,
  ): Readonly<Record<string, string>> {
    if (dynamic === null && this.#oauth === null) return configured;
    const rendered: Record<string, string> = {};
    for (const [key, value] of Object.entries(configured)) {
      rendered[key] =
        dynamic?.[`${name}.${key}`] ?? (this.#oauth === null ? value : renderFields(value, this.#oauth.tokens));
    }
    return rendered;
  }

  async #examine(answer: HttpAnswer, url: string, index: number): Promise<void> {
    const body = await answer.body.text();
    let why: string | null = null;
    if (!isSuccess(answer.statusCode)) {
      why = connectorErrors.RESPONSE_CODE(answer.statusCode).message;
    } else {
      this.#logger.info(`rest sink got response ${answer.statusCode}: ${body}`);
      if (this.#props.responseType === 'body') why = bodyMistake(body);
    }
    if (why === null) return;
    throw new SinkWriteError(
      `parse response error: ${why}. | method=${this.#method} path="${url}" status=${answer.statusCode} response_body="${body}"`,
      { index, recoverable: false },
    );
  }
}

function bodyMistake(body: string): string | null {
  try {
    checkBodyCode(JSON.parse(body));
    return null;
  } catch (error) {
    return errorText(error);
  }
}
