/** `/udf/javascript`. Source: behaviour spec, rest-cli-config §4.15. */
import { serverErrors, withPrefix } from '../errors.ts';
import { parseFirstJson, readFields } from '../http/json-body.ts';
import { orderedJson, textReply } from '../http/reply.ts';
import { bodyText, param, type RestRequest } from '../http/request.ts';
import type { Route } from '../http/rest-server.ts';
import { checkId } from '../registry/check-id.ts';
import { type Script, scriptBodyTypes } from '../registry/script-registry.ts';
import type { Services } from '../services.ts';

export function scriptRoutes({ scripts }: Services): Route[] {
  return [
    { method: 'GET', path: '/udf/javascript', handle: () => orderedJson(scripts.list()) },
    {
      method: 'POST',
      path: '/udf/javascript',
      handle: async (request) => {
        const script = readScript(request, 'the new javascript function json');
        try {
          await scripts.create(script);
        } catch (error) {
          throw withPrefix('javascript function create command error', error, 1000);
        }
        return textReply(`javascript function ${script.id} is created`, 201);
      },
    },
    {
      method: 'GET',
      path: '/udf/javascript/:id',
      handle: (request) => {
        const id = checkId(param(request, 'id'));
        const script = scripts.get(id);
        if (script === undefined) throw serverErrors.REQUEST(`describe javascript function ${id} error: not found`);
        return orderedJson(script);
      },
    },
    {
      method: 'PUT',
      path: '/udf/javascript/:id',
      handle: async (request) => {
        checkId(param(request, 'id'));
        const script = readScript(request, 'the javascript function json');
        try {
          await scripts.put(script);
        } catch (error) {
          throw withPrefix('javascript function update command error', error, 1000);
        }
        return textReply(`javascript function ${script.id} is updated`);
      },
    },
    {
      method: 'DELETE',
      path: '/udf/javascript/:id',
      handle: async (request) => {
        const id = checkId(param(request, 'id'));
        try {
          await scripts.delete(id);
        } catch (error) {
          throw withPrefix(`delete javascript function ${id} error`, error);
        }
        return textReply(`javascript function ${id} is deleted`);
      },
    },
  ];
}

function readScript(request: RestRequest, what: string): Script {
  let fields: ReturnType<typeof readFields<typeof scriptBodyTypes>>;
  try {
    fields = readFields(parseFirstJson(bodyText(request)), scriptBodyTypes);
  } catch (error) {
    throw withPrefix(`Invalid body: Error decoding ${what}`, error, 1000);
  }
  const { id = '', description = '', script = '', isAgg = false } = fields;
  return { id: checkId(id), description, script, isAgg };
}
