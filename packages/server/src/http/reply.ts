/** What a handler answers. */
import type { ServerResponse } from 'node:http';
import { type ErrorPlace, errorText, jsonText, KuiperError, placeOf } from '@kuiper/base';
import { locate, underline } from '@kuiper/sql';
import { wireCode } from '../errors.ts';

export interface Reply {
  readonly status: number;
  /** Content type; null for an empty body. */
  readonly type: string | null;
  readonly body: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  /** Takes over the response after the headers: event streams. */
  readonly stream?: (response: ServerResponse) => void;
  /** Called when the answer is out. */
  readonly after?: () => void;
}

export const plainType = 'text/plain; charset=utf-8';
export const jsonType = 'application/json';

export const emptyReply: Reply = { status: 200, type: null, body: '' };

export function textReply(body: string, status = 200): Reply {
  return { status, type: plainType, body };
}

/** JSON text as it stands. */
export function jsonReply(body: string, status = 200): Reply {
  return { status, type: jsonType, body };
}

/** A value whose maps have no order of their own: keys sorted, `<`, `>` and `&` escaped. */
export function sortedJson(value: unknown, status = 200): Reply {
  return jsonReply(jsonText(value), status);
}

/** A value whose keys stand in their order. */
export function orderedJson(value: unknown, status = 200): Reply {
  return jsonReply(orderedText(value), status);
}

/** JSON with keys as they stand, `<`, `>` and `&` escaped as in every answer. */
export function orderedText(value: unknown): string {
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** A file to download. */
export function fileReply(body: string | Uint8Array, nowMs: number, name?: string): Reply {
  return {
    status: 200,
    type: 'application/octet-stream',
    body,
    headers: {
      'Content-Disposition': name === undefined ? 'Attachment' : `attachment; filename="${name}"`,
      'Last-Modified': new Date(nowMs).toUTCString(),
    },
  };
}

/** `{"error":1000,"message":"…"}` and a line break. Source: rest-cli-config §2. */
export function errorReply(error: unknown): Reply {
  const code = error instanceof KuiperError ? wireCode(error) : 1000;
  return {
    status: code === 1002 ? 404 : 400,
    type: plainType,
    body: `${JSON.stringify({ error: code, message: errorText(error) })}\n`,
    headers: { 'X-Content-Type-Options': 'nosniff' },
  };
}

export const problemType = 'application/problem+json';

/**
 * The same refusal with the place in the refused text, where there is one. Bodies are matched by clients to the letter,
 * so the place stands in a header (`Kuiper-Error-Place`, a structured field: RFC 8941), and in the body only of a client
 * that accepts `application/problem+json` (RFC 9457).
 */
export function withPlace(reply: Reply, error: unknown, accept: string | undefined): Reply {
  const place = placeOf(error);
  const headers = place === null ? reply.headers : { ...reply.headers, [placeHeader]: placeField(place) };
  if (accept === undefined || !accept.includes(problemType)) return { ...reply, ...(headers && { headers }) };
  const problem: Record<string, unknown> = {
    status: reply.status,
    error: error instanceof KuiperError ? wireCode(error) : 1000,
    message: errorText(error),
  };
  if (place !== null) {
    const { statement, span, hint } = place;
    Object.assign(problem, locate(statement, span), { near: statement.slice(span.start, span.end) });
    problem.excerpt = underline(statement, span);
    if (hint !== undefined) problem.hint = hint;
  }
  return { ...reply, type: problemType, body: `${JSON.stringify(problem)}\n`, ...(headers && { headers }) };
}

const placeHeader = 'Kuiper-Error-Place';

/** `line=1, column=10, length=4, hint="FROM"`; what is not printable ASCII is percent-encoded. */
function placeField({ statement, span, hint }: ErrorPlace): string {
  const { line, column } = locate(statement, span);
  const field = `line=${line}, column=${column}, length=${span.end - span.start}`;
  if (hint === undefined) return field;
  const shown = Buffer.from(hint)
    .toString('latin1')
    .replace(/[^ !#$&-[\]-~]/g, (byte) => `%${byte.charCodeAt(0).toString(16).padStart(2, '0')}`);
  return `${field}, hint="${shown}"`;
}

export const notFoundReply: Reply = {
  status: 404,
  type: plainType,
  body: '404 page not found\n',
  headers: { 'X-Content-Type-Options': 'nosniff' },
};

export const methodReply: Reply = { status: 405, type: null, body: '' };
