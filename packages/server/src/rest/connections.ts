/** `/connections`. Source: behaviour spec, rest-cli-config §4.11. */
import { jsonText } from '@kuiper/base';
import { serverErrors, withPrefix } from '../errors.ts';
import { parseJson, readFields } from '../http/json-body.ts';
import { jsonReply, textReply } from '../http/reply.ts';
import { bodyText, param, type RestRequest } from '../http/request.ts';
import type { Route } from '../http/rest-server.ts';
import { checkId } from '../registry/check-id.ts';
import type { ConnectionView } from '../registry/connection-registry.ts';
import type { Services } from '../services.ts';

export function connectionRoutes({ connections }: Services): Route[] {
  return [
    {
      method: 'GET',
      path: '/connections',
      handle: async () => textReply(`[${(await connections.list()).map(viewText).join(',')}]`),
    },
    {
      method: 'POST',
      path: '/connections',
      handle: async (request) => {
        const { id = '', typ = '', props = {} } = readBody(request);
        try {
          if (id === '' || typ === '') throw serverErrors.REQUEST('connection id and type should be defined');
          await connections.create(checkId(id), typ, props);
        } catch (error) {
          throw withPrefix('create connection failed', error, 1000);
        }
        return textReply('success', 201);
      },
    },
    {
      method: 'GET',
      path: '/connections/:id',
      handle: async (request) => jsonReply(viewText(await connections.view(checkId(param(request, 'id'))))),
    },
    {
      method: 'PUT',
      path: '/connections/:id',
      handle: async (request) => {
        const id = checkId(param(request, 'id'));
        const { typ = '', props = {} } = readBody(request);
        try {
          if (typ === '') throw serverErrors.REQUEST('connection id and type should be defined');
          await connections.update(id, typ, props);
        } catch (error) {
          throw withPrefix('update connection failed', error, 1000);
        }
        return textReply('success');
      },
    },
    {
      method: 'DELETE',
      path: '/connections/:id',
      handle: async (request) => {
        try {
          await connections.delete(checkId(param(request, 'id')));
        } catch (error) {
          throw withPrefix('drop connection failed', error, 1000);
        }
        return textReply('success');
      },
    },
  ];
}

const bodyTypes = { id: 'string', typ: 'string', props: 'map' } as const;

function readBody(request: RestRequest): ReturnType<typeof readFields<typeof bodyTypes>> {
  try {
    return readFields(parseJson(bodyText(request)), bodyTypes);
  } catch (error) {
    throw withPrefix('Invalid body', error, 1000);
  }
}

/** Members in their order, properties sorted. */
function viewText(view: ConnectionView): string {
  const members = Object.entries(view).map(([name, value]) => `${jsonText(name)}:${jsonText(value)}`);
  return `{${members.join(',')}}`;
}
