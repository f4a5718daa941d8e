/** One request as handlers see it, be it from a socket or from within a batch. */
export interface RestRequest {
  /** Upper case. */
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Path variables, decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export function bodyText(request: RestRequest): string {
  return request.body.toString('utf8');
}

/** A variable of the path. */
export function param(request: RestRequest, name: string): string {
  return request.params[name] ?? '';
}

/** Texts that count as true in a query: `1`, `t`, `T`, `true` … */
export function queryFlag(request: RestRequest, name: string): boolean {
  return ['1', 't', 'T', 'TRUE', 'true', 'True'].includes(request.query.get(name) ?? '');
}
