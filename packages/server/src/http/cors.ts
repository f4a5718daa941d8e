/** Cross-origin requests. Source: behaviour spec, rest-cli-config §1. */
import type { Reply } from './reply.ts';

const methods = new Set(['POST', 'GET', 'PUT', 'DELETE', 'HEAD']);
const simpleMethods = new Set(['POST', 'GET', 'HEAD']);
const simpleHeaders = new Set(['Accept', 'Accept-Language', 'Content-Language', 'Origin']);
const headers = new Set([...simpleHeaders, 'Content-Type', 'Authorization']);

/** The answer to `OPTIONS`, which needs no route. */
export function preflightReply(requestHeaders: Readonly<Record<string, string>>): Reply {
  if (requestHeaders.origin === undefined) return bare(200);
  const method = requestHeaders['access-control-request-method'] ?? '';
  if (method === '') return bare(400);
  if (!methods.has(method)) return bare(405);
  const wanted = (requestHeaders['access-control-request-headers'] ?? '')
    .split(',')
    .map((name) => canonical(name.trim()))
    .filter((name) => name !== '');
  if (wanted.some((name) => !headers.has(name))) return bare(403);
  const allowed = wanted.filter((name) => !simpleHeaders.has(name));
  return bare(200, {
    'Access-Control-Allow-Origin': '*',
    ...(allowed.length > 0 && { 'Access-Control-Allow-Headers': allowed.join(',') }),
    ...(!simpleMethods.has(method) && { 'Access-Control-Allow-Methods': method }),
  });
}

function bare(status: number, replyHeaders: Readonly<Record<string, string>> = {}): Reply {
  return { status, type: null, body: '', headers: replyHeaders };
}

function canonical(name: string): string {
  return name.toLowerCase().replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase());
}
