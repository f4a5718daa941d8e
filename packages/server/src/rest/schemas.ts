/** `/schemas`. Source: behaviour spec, rest-cli-config §4.12. */
import { errorText } from '@kuiper/base';
import { serverErrors, withPrefix } from '../errors.ts';
import { parseFirstJson, readFields } from '../http/json-body.ts';
import { jsonType, orderedJson, orderedText, type Reply, textReply } from '../http/reply.ts';
import { bodyText, param, type RestRequest } from '../http/request.ts';
import type { Route } from '../http/rest-server.ts';
import { checkId } from '../registry/check-id.ts';
import { checkSchemaBody, schemaBodyTypes, type SchemaRequest } from '../registry/schema-registry.ts';
import type { Services } from '../services.ts';

export function schemaRoutes({ schemas }: Services): Route[] {
  return [
    { method: 'GET', path: '/schemas/:type', handle: (request) => orderedJson(schemas.list(param(request, 'type'))) },
    {
      method: 'POST',
      path: '/schemas/:type',
      handle: async (request) => {
        const body = readBody(request, '');
        try {
          await schemas.create(body);
        } catch (error) {
          throw withPrefix('schema create command error', error, 1000);
        }
        return textReply(`${body.type} schema ${body.name} is created`, 201);
      },
    },
    {
      method: 'GET',
      path: '/schemas/:type/:name',
      handle: async (request) =>
        orderedJson(await schemas.describe(param(request, 'type'), checkId(param(request, 'name')))),
    },
    {
      method: 'PUT',
      path: '/schemas/:type/:name',
      handle: async (request) => {
        const name = checkId(param(request, 'name'));
        const body = readBody(request, name);
        if (body.name !== name) throw serverErrors.REQUEST(`Invalid body: name ${body.name} is not ${name}`);
        try {
          await schemas.replace(body);
        } catch (error) {
          throw withPrefix('schema update command error', error, 1000);
        }
        return textReply(`${body.type} schema ${name} is updated`);
      },
    },
    {
      method: 'DELETE',
      path: '/schemas/:type/:name',
      handle: async (request) => {
        const type = param(request, 'type');
        const name = checkId(param(request, 'name'));
        try {
          await schemas.delete(type, name);
        } catch (error) {
          throw withPrefix(`delete ${type} schema ${name} error`, error, 1000);
        }
        return textReply(`${type} schema ${name} is deleted`);
      },
    },
    {
      method: 'PUT',
      path: '/schemas/:type/:name/upload',
      handle: (request) => upload(request, (body) => schemas.replace(body)),
    },
  ];
}

/** @param pathName stands for a missing name */
function readBody(request: RestRequest, pathName: string): SchemaRequest {
  let fields: ReturnType<typeof readFields<typeof schemaBodyTypes>>;
  try {
    fields = readFields(parseFirstJson(bodyText(request)), schemaBodyTypes);
  } catch (error) {
    throw withPrefix('Invalid body: Error decoding schema json', error, 1000);
  }
  const type = param(request, 'type');
  const { name = pathName, content = '', file = '', soFile = '', version = '' } = fields;
  if (fields.type !== undefined && fields.type !== '' && fields.type !== type) {
    throw serverErrors.REQUEST(`Invalid body: type ${fields.type} is not ${type}`);
  }
  const body = { type, name, content, file, soFile, version };
  try {
    checkSchemaBody(body);
  } catch (error) {
    throw withPrefix('Invalid body', error, 1000);
  }
  return body;
}

const maxVersionBytes = 4096;

async function upload(request: RestRequest, replace: (body: SchemaRequest) => Promise<boolean>): Promise<Reply> {
  const type = param(request, 'type');
  const name = param(request, 'name');
  const contentType = request.headers['content-type'] ?? '';
  if (contentType.split(';')[0]?.trim().toLowerCase() !== 'multipart/form-data') {
    return refusal(415, 'Invalid content type: content type must be multipart/form-data');
  }
  let prefix = 'Invalid multipart body';
  try {
    const { content, version } = await readForm(request, contentType);
    const body = { type, name, content, file: '', soFile: '', version };
    prefix = 'Invalid schema';
    checkSchemaBody(body);
    prefix = 'schema upsert error';
    const isNew = await replace(body);
    return {
      status: isNew ? 201 : 200,
      type: jsonType,
      body: orderedText({ type, name }),
      headers: { Location: `/schemas/${type}/${name}` },
    };
  } catch (error) {
    return refusal(400, `${prefix}: ${errorText(error)}`);
  }
}

/** The one `file` and the `version` of a form. Throws with what is wrong with it. */
async function readForm(
  request: RestRequest,
  contentType: string,
): Promise<{ readonly content: string; readonly version: string }> {
  const response = new Response(new Uint8Array(request.body), { headers: { 'content-type': contentType } });
  const form = await response.formData();
  const versions = form.getAll('version');
  if (versions.length > 1) throw serverErrors.REQUEST('version field must not be repeated');
  const version = String(versions[0] ?? '');
  if (Buffer.byteLength(version) > maxVersionBytes) throw serverErrors.REQUEST('version field is too large');
  const files = form.getAll('file');
  if (files.length === 0) throw serverErrors.REQUEST('file field is required');
  if (files.length > 1) throw serverErrors.REQUEST('file field must appear exactly once');
  const [file] = files;
  return { content: file instanceof Blob ? await file.text() : String(file), version };
}

/** Errors of this one endpoint are JSON, without a line break. */
function refusal(status: number, message: string): Reply {
  return { status, type: jsonType, body: JSON.stringify({ error: 1000, message }) };
}
