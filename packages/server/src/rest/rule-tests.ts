/** `/ruletest` and the event stream of its results. Source: behaviour spec, rest-cli-config §4.5. */
import { errorText } from '@kuiper/base';
import { serverErrors, withPrefix } from '../errors.ts';
import { parseJson, readFields } from '../http/json-body.ts';
import { notFoundReply, orderedText, type Reply, textReply } from '../http/reply.ts';
import { bodyText, param, type RestRequest } from '../http/request.ts';
import type { Route } from '../http/rest-server.ts';
import type { TrialClient, TrialRuns } from '../registry/trial-runs.ts';
import type { Services } from '../services.ts';

const bodyTypes = { id: 'string', sql: 'string', mockSource: 'map', sinkProps: 'map' } as const;

/** @param port of the event stream, `/test/{id}` */
export function ruleTestRoutes({ trials }: Services, port: () => number): Route[] {
  const events = (request: RestRequest): Reply => eventStream(trials, param(request, 'id'));
  return [
    {
      method: 'POST',
      path: '/ruletest',
      handle: async (request) => {
        const text = bodyText(request);
        let fields: ReturnType<typeof readFields<typeof bodyTypes>>;
        try {
          fields = readFields(parseJson(text), bodyTypes);
        } catch (error) {
          throw serverErrors.REQUEST(`fail to parse rule definition ${text}: ${errorText(error)}`);
        }
        const { id = '', sql = '', mockSource = {}, sinkProps = {} } = fields;
        await trials.create({ id, sql, mocks: mockSource, sinkProps });
        return textReply(orderedText({ id, port: port() }));
      },
    },
    {
      method: 'POST',
      path: '/ruletest/:id/start',
      handle: async (request) => {
        const id = param(request, 'id');
        try {
          await trials.start(id);
        } catch (error) {
          throw withPrefix('start rule error', error, 1000);
        }
        return textReply(`Test rule ${id} was started`);
      },
    },
    {
      method: 'DELETE',
      path: '/ruletest/:id',
      handle: async (request) => {
        const id = param(request, 'id');
        await trials.remove(id);
        return textReply(`Test rule ${id} was stopped.`);
      },
    },
    { method: 'GET', path: '/test/:id', handle: events },
    { method: 'POST', path: '/test/:id', handle: events },
  ];
}

/** Bytes that may wait for one client; then it loses events. */
const clientLimitBytes = 1 << 20;

function eventStream(trials: TrialRuns, id: string): Reply {
  let attach: ((client: TrialClient) => void) | null = null;
  let leave: (() => void) | null = null;
  // The client joins before the answer is sent, so that nothing emitted from now on is missed.
  const client: TrialClient = { send: () => {}, end: () => {} };
  const relay: TrialClient = { send: (text) => client.send(text), end: () => client.end() };
  leave = trials.listen(id, relay);
  if (leave === null) return notFoundReply;
  attach = (target) => Object.assign(client, target);
  return {
    status: 200,
    type: 'text/event-stream',
    body: '',
    headers: { 'Cache-Control': 'no-cache', 'Access-Control-Allow-Origin': '*' },
    stream: (response) => {
      attach({
        send: (text) => {
          if (response.writableLength <= clientLimitBytes)
            response.write(`data: ${text.replaceAll('\n', '\ndata: ')}\n\n`);
        },
        end: () => response.end(),
      });
      response.write(': connected\n\n');
      response.once('close', leave as () => void);
    },
  };
}
