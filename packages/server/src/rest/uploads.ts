/** `/config/uploads`. Source: behaviour spec, rest-cli-config §4.8. */
import { errorText } from '@kuiper/base';
import { serverErrors, withPrefix } from '../errors.ts';
import { parseFirstJson, readFields } from '../http/json-body.ts';
import { orderedJson, type Reply, textReply } from '../http/reply.ts';
import { bodyText, param, type RestRequest } from '../http/request.ts';
import type { Route } from '../http/rest-server.ts';
import type { Services } from '../services.ts';
import { checkUpload, type Uploads } from '../transfer/uploads.ts';
import { escapeHtml } from './streams.ts';

export function uploadRoutes({ uploads }: Services): Route[] {
  return [
    { method: 'GET', path: '/config/uploads', handle: async () => orderedJson(await uploads.list()) },
    {
      method: 'POST',
      path: '/config/uploads',
      handle: (request) => {
        const type = request.headers['content-type'] ?? '';
        return type.split(';')[0]?.trim() === 'application/json'
          ? uploadJson(uploads, request)
          : uploadForm(uploads, request, type);
      },
    },
    {
      method: 'DELETE',
      path: '/config/uploads/:name',
      handle: async (request) => {
        try {
          await uploads.delete(param(request, 'name'));
        } catch (error) {
          throw withPrefix('Error deleting the file', error, 1000);
        }
        return textReply('ok');
      },
    },
  ];
}

async function uploadJson(uploads: Uploads, request: RestRequest): Promise<Reply> {
  let body: { readonly name?: string; readonly content?: string; readonly file?: string };
  try {
    body = readFields(parseFirstJson(bodyText(request)), { name: 'string', content: 'string', file: 'string' });
  } catch (error) {
    throw withPrefix('Invalid body: Error decoding file json', error, 1000);
  }
  const upload = { name: body.name ?? '', content: body.content ?? '', file: body.file ?? '' };
  try {
    checkUpload(upload);
  } catch (error) {
    throw withPrefix('Invalid body: missing necessary field', error, 1000);
  }
  try {
    return textReply(escapeHtml(await uploads.upload(upload)), 201);
  } catch (error) {
    throw withPrefix('Upload error', error, 1000);
  }
}

async function uploadForm(uploads: Uploads, request: RestRequest, type: string): Promise<Reply> {
  let form: FormData;
  try {
    form = await new Response(new Uint8Array(request.body), { headers: { 'content-type': type } }).formData();
  } catch (error) {
    throw serverErrors.REQUEST(`Error parse the multi part form: ${errorText(error)}`);
  }
  const file = form.get('uploadFile');
  if (!(file instanceof Blob)) throw serverErrors.REQUEST('Error Retrieving the File: http: no such file');
  try {
    const path = await uploads.save((file as File).name, new Uint8Array(await file.arrayBuffer()));
    return textReply(escapeHtml(path), 201);
  } catch (error) {
    throw withPrefix('Error saving the file', error, 1000);
  }
}
