/** `POST /batch/req`: several requests in one, one after the other. Source: behaviour spec, rest-cli-config §4.17. */
import { withPrefix } from '../errors.ts';
import { mismatch, parseFirstJson, readFields } from '../http/json-body.ts';
import { orderedJson, type Reply } from '../http/reply.ts';
import { bodyText } from '../http/request.ts';
import type { RawRequest, Route } from '../http/rest-server.ts';

export function batchRoutes(dispatch: (request: RawRequest) => Promise<Reply>): Route[] {
  return [
    {
      method: 'POST',
      path: '/batch/req',
      handle: async (request) => {
        const answers: unknown[] = [];
        for (const entry of readEntries(bodyText(request))) {
          const { method = '', path = '', body = '' } = entry;
          if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]*$/.test(method)) {
            answers.push({ code: 0, error: `net/http: invalid method "${method}"` });
            continue;
          }
          const inner: RawRequest = {
            method: method === '' ? 'GET' : method,
            url: path.startsWith('/') ? path : `/${path}`,
            headers: request.headers,
            body: Buffer.from(body),
          };
          const reply = await dispatch(inner);
          const text = typeof reply.body === 'string' ? reply.body : Buffer.from(reply.body).toString('utf8');
          answers.push(text === '' ? { code: reply.status } : { code: reply.status, response: text });
        }
        return orderedJson(answers);
      },
    },
  ];
}

const entryTypes = { method: 'string', path: 'string', body: 'string' } as const;

function readEntries(text: string): ReturnType<typeof readFields<typeof entryTypes>>[] {
  try {
    const value = parseFirstJson(text);
    if (value === null) return [];
    if (!Array.isArray(value)) throw mismatch('', 'array', value);
    return value.map((entry: unknown) => readFields(entry, entryTypes));
  } catch (error) {
    throw withPrefix('Invalid body', error, 1000);
  }
}
