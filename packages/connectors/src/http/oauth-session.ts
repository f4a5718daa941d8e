/** Tokens for requests: fetched at connect, refreshed after half of their life. Source: behaviour spec, io §14.2. */
import { type Clock, errorText } from '@kuiper/base';
import { connectorErrors } from '../errors.ts';
import { callHttp, isSuccess, renderFields, requestHeaders } from './http-request.ts';
import type { HttpPool } from './outbound-http.ts';

type Bag = Readonly<Record<string, unknown>>;

interface TokenRequest {
  readonly url: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface OAuthOptions {
  readonly clock: Clock;
  readonly pool: HttpPool;
  readonly timeoutMs: number;
}

export class OAuthSession {
  readonly #options: OAuthOptions;
  readonly #access: TokenRequest;
  readonly #refresh: TokenRequest | null;
  readonly #lifeMs: number;
  #tokens: Bag = {};
  #fetchedAtMs = 0;

  private constructor(access: TokenRequest, refresh: TokenRequest | null, lifeMs: number, options: OAuthOptions) {
    this.#access = access;
    this.#refresh = refresh;
    this.#lifeMs = lifeMs;
    this.#options = options;
  }

  /** Null when `oauth` is absent or has an empty access URL. Throws when `access` is missing. */
  static from(oauth: Bag | undefined, options: OAuthOptions): OAuthSession | null {
    if (oauth === undefined || Object.keys(oauth).length === 0) return null;
    const access = oauth['access'] as Bag | undefined;
    if (access === undefined || access === null) throw connectorErrors.OAUTH_ACCESS();
    if (text(access['url']) === '') return null;
    const refresh = oauth['refresh'] as Bag | undefined;
    const lifeMs = Number(access['expire'] ?? 0) * 1000;
    return new OAuthSession(
      tokenRequest(access),
      refresh === undefined || text(refresh['url']) === '' ? null : tokenRequest(refresh),
      Number.isFinite(lifeMs) ? lifeMs : 0,
      options,
    );
  }

  /** What `{{.name}}` stands for in headers and bodies. */
  get tokens(): Bag {
    return this.#tokens;
  }

  /** Fetches a first token. Throws `fail to authorize by oAuth: …`. */
  async authorize(): Promise<void> {
    try {
      this.#tokens = await this.#fetch(this.#access);
    } catch (error) {
      throw connectorErrors.OAUTH_FAILED(errorText(error), { cause: error });
    }
    this.#fetchedAtMs = this.#options.clock.now();
  }

  /** Called after each request: renews the token when more than half of its life is over. */
  async renew(): Promise<void> {
    if (this.#lifeMs <= 0 || this.#options.clock.now() - this.#fetchedAtMs <= this.#lifeMs / 2) return;
    if (this.#refresh === null) return this.authorize();
    this.#tokens = { ...this.#tokens, ...(await this.#fetch(this.#refresh)) };
    this.#fetchedAtMs = this.#options.clock.now();
  }

  async #fetch(ask: TokenRequest): Promise<Bag> {
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(ask.headers)) headers[name] = renderFields(value, this.#tokens);
    const answer = await callHttp({
      url: ask.url,
      method: 'POST',
      headers: requestHeaders('json', headers),
      body: renderFields(ask.body, this.#tokens),
      timeoutMs: this.#options.timeoutMs,
      pool: this.#options.pool,
    });
    const body = await answer.body.text();
    if (!isSuccess(answer.statusCode)) throw connectorErrors.RESPONSE_CODE(answer.statusCode);
    const parsed: unknown = JSON.parse(body);
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
      throw connectorErrors.RESPONSE_BODY(`not an object: ${body}`);
    }
    return parsed as Bag;
  }
}

function tokenRequest(bag: Bag): TokenRequest {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries((bag['headers'] as Bag | undefined) ?? {})) headers[name] = text(value);
  return { url: text(bag['url']), body: text(bag['body']), headers };
}

function text(value: unknown): string {
  return value === undefined || value === null ? '' : String(value);
}
