/** Files to the server, which installs from them. */
import { pathToFileURL } from 'node:url';
import type { RestClient } from './rest-client.ts';

/** Replaces a file of this name. @returns the URL under which the server finds its copy */
export async function uploadFile(client: RestClient, name: string, content: Uint8Array): Promise<string> {
  const form = new FormData();
  form.set('uploadFile', new Blob([new Uint8Array(content)]), name);
  const encoded = new Response(form);
  const stored = await client.send('POST', '/config/uploads', {
    type: encoded.headers.get('content-type') ?? '',
    content: new Uint8Array(await encoded.arrayBuffer()),
  });
  return pathToFileURL(stored).href;
}
