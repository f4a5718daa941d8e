/**
 * `GET /rules/{name}/tap`: what a rule sends, live, as server-sent events. A client that reads too slowly loses events
 * and is told how many; the stream ends when the rule is deleted.
 */
import { jsonText } from '@kuiper/base';
import type { TapEvent } from '@kuiper/host';
import { serverErrors } from '../errors.ts';
import { eventStreamReply } from '../http/event-stream.ts';
import { param } from '../http/request.ts';
import type { Route } from '../http/rest-server.ts';
import type { Services } from '../services.ts';

export function tapRoutes({ rules }: Services): Route[] {
  return [
    {
      method: 'GET',
      path: '/rules/:name/tap',
      handle: (request) => {
        const name = param(request, 'name');
        if (rules.get(name) === undefined) throw serverErrors.NOT_FOUND(`tap rule error: Rule ${name} is not found`);
        return eventStreamReply((client) =>
          rules.tap(name, { event: (event) => client.send(eventText(event)), removed: () => client.end() }),
        );
      },
    },
  ];
}

/** Rows come as the JSON text of a list. */
function eventText({ timestampMs, kind, data }: TapEvent): string {
  return kind === 'rows'
    ? `{"timestamp":${timestampMs},"rows":${typeof data === 'string' ? data : jsonText(data)}}`
    : `{"timestamp":${timestampMs},"error":${jsonText(String(data))}}`;
}
