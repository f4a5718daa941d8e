/** What a handler answers. */
import type { ServerResponse } from 'node:http';
import { errorText, jsonText, KuiperError } from '@kuiper/base';
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

export const notFoundReply: Reply = {
  status: 404,
  type: plainType,
  body: '404 page not found\n',
  headers: { 'X-Content-Type-Options': 'nosniff' },
};

export const methodReply: Reply = { status: 405, type: null, body: '' };
