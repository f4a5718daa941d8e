/** One request of `httppull` and what its answer means; for the source and the lookup. Source: behaviour spec, io §14.2. */
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip, inflate, inflateRaw } from 'node:zlib';
import { type Clock, errorText, prop, type Prop, type Props, type Row } from '@kuiper/base';
import { connectorErrors } from '../errors.ts';
import { loadTlsOptions, type TlsOptions } from '../tls-options.ts';
import {
  bodyTypeOf,
  callHttp,
  checkBodyCode,
  checkHttpProps,
  checkUrl,
  type HttpSchema,
  httpProps,
  isSuccess,
  renderFields,
  requestHeaders,
  stringMap,
} from './http-request.ts';
import { multipartBody } from './multipart.ts';
import { OAuthSession } from './oauth-session.ts';
import type { HttpPool, OutboundHttp } from './outbound-http.ts';

export type PollSchema = HttpSchema & {
  readonly body: Prop<string>;
  readonly incremental: Prop<boolean>;
  readonly compression: Prop<string>;
  readonly states: Prop<Readonly<Record<string, unknown>>>;
};

export const pollProps: PollSchema = {
  ...httpProps,
  body: prop.string({
    default: '',
    label: { en: 'Body', zh: '正文' },
    about: { en: 'Body of the request.', zh: '请求正文。' },
  }),
  incremental: prop.bool({
    default: false,
    label: { en: 'Changes only', zh: '仅变化' },
    about: { en: 'Passes over an answer that equals the one before.', zh: '与上次相同的响应将被忽略。' },
  }),
  compression: prop.string({
    default: '',
    advanced: true,
    label: { en: 'Compression', zh: '压缩' },
    about: { en: 'How answers are compressed: gzip, zlib or flate.', zh: '响应的压缩方式：gzip、zlib 或 flate。' },
  }),
  states: prop.map({
    default: {},
    advanced: true,
    label: { en: 'States', zh: '状态' },
    about: {
      en: 'Values for the URL template; a column of the same name renews one.',
      zh: 'URL 模板中的值，响应中的同名列会更新它。',
    },
  }),
};

export type PollProps = Props<PollSchema>;

export interface HttpPollOptions {
  readonly http: OutboundHttp;
  readonly sharedTls: TlsOptions | null;
  readonly clock: Clock;
  readonly rootPath: string;
}

const decompressors: Readonly<Record<string, (bytes: Buffer) => Promise<Buffer>>> = {
  gzip: promisify<Buffer, Buffer>(gunzip),
  zlib: promisify<Buffer, Buffer>(inflate),
  flate: promisify<Buffer, Buffer>(inflateRaw),
};

/** Throws with the texts of io §14.2. */
export function checkPoll(p: PollProps, suffix: string): void {
  checkHttpProps(p);
  checkUrl(p.url + suffix);
  if (p.compression !== '' && decompressors[p.compression] === undefined) {
    throw connectorErrors.DECOMPRESSOR(p.compression);
  }
}

export class HttpPoll {
  readonly #props: PollProps;
  readonly #suffix: string;
  readonly #options: HttpPollOptions;
  readonly #pool: HttpPool;
  readonly #oauth: OAuthSession | null;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #bodyType: string;
  #lastDigest = '';
  states: Readonly<Record<string, unknown>>;

  /** @param suffix appended to the URL as it stands */
  constructor(p: PollProps, suffix: string, options: HttpPollOptions) {
    this.#props = p;
    this.#suffix = suffix;
    this.#options = options;
    this.#pool = options.http.pool(loadTlsOptions(p, options.rootPath, options.sharedTls));
    this.#oauth = OAuthSession.from(p.oauth, {
      clock: options.clock,
      pool: this.#pool,
      timeoutMs: p.timeout,
    });
    this.#bodyType = bodyTypeOf(p);
    this.#headers = stringMap('headers', p.headers);
    this.states = p.states;
  }

  /** Fetches a first token where one is needed. */
  async authorize(): Promise<void> {
    await this.#oauth?.authorize();
  }

  /** The rows of one answer, null when it equals the one before and only changes are wanted. */
  async poll(): Promise<readonly Row[] | null> {
    const answer = await this.#request();
    const raw = Buffer.from(await answer.body.arrayBuffer());
    await this.#oauth?.renew();
    if (!isSuccess(answer.statusCode)) throw connectorErrors.RESPONSE_CODE(answer.statusCode);
    if (this.#props.incremental) {
      const digest = createHash('md5').update(raw).digest('hex');
      if (digest === this.#lastDigest) return null;
      this.#lastDigest = digest;
    }
    const rows = await this.#decode(raw, answer.headers);
    this.#renewStates(rows);
    return rows;
  }

  #request(): ReturnType<typeof callHttp> {
    const tokens = this.#oauth?.tokens ?? {};
    const render = (text: string): string => (this.#oauth === null ? text : renderFields(text, tokens));
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(this.#headers)) headers[name] = render(value);
    let all = requestHeaders(this.#bodyType, headers);
    let body: string | Uint8Array | null = this.#bodyType === 'none' ? null : render(this.#props.body);
    if (this.#bodyType === 'formdata') {
      const form = multipartBody('', String(this.#options.clock.now()), body ?? '', {});
      all = { 'Content-Type': form.contentType, ...all };
      body = form.body;
    }
    return callHttp({
      url: renderFields(this.#props.url + this.#suffix, this.states),
      method: this.#props.method.toUpperCase(),
      headers: all,
      body,
      timeoutMs: this.#props.timeout,
      pool: this.#pool,
    });
  }

  async #decode(raw: Buffer, headers: Readonly<Record<string, unknown>>): Promise<readonly Row[]> {
    const { compression, responseType } = this.#props;
    let parsed: unknown;
    try {
      let bytes = raw;
      if (compression !== '') {
        if (headers['content-encoding'] === undefined) throw connectorErrors.CONTENT_ENCODING_ABSENT();
        bytes = (await decompressors[compression]?.(raw)) ?? raw;
      }
      parsed = JSON.parse(bytes.toString('utf8'));
    } catch (error) {
      throw connectorErrors.RESPONSE_BODY(`decode fail for ${errorText(error)}`, { cause: error });
    }
    if (responseType === 'body') checkBodyCode(parsed);
    const rows = Array.isArray(parsed) ? parsed : [parsed];
    for (const row of rows) {
      if (typeof row !== 'object' || row === null || Array.isArray(row)) {
        throw connectorErrors.RESPONSE_BODY(`decode fail for ${JSON.stringify(row)}: not an object`);
      }
    }
    return rows as readonly Row[];
  }

  #renewStates(rows: readonly Row[]): void {
    const names = Object.keys(this.states);
    if (names.length === 0) return;
    const renewed: Record<string, unknown> = { ...this.states };
    for (const row of rows) for (const name of names) if (Object.hasOwn(row, name)) renewed[name] = row[name];
    this.states = renewed;
  }
}
