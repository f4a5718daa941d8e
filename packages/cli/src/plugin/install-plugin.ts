/** Puts a packed plugin on the running engine, and takes it away. */
import type { RestClient } from '../rest-client.ts';
import { uploadFile } from '../upload-file.ts';
import { nativeTypes, type PluginProject } from './plugin-project.ts';

/** `/plugins/portables`, `/plugins/functions` … */
export function pluginsPath(project: PluginProject): string {
  return `/plugins/${project.kind === 'portable' ? 'portables' : nativeTypes[project.type]}`;
}

/** Installs or replaces it; rules that use it go over. Throws what the engine says. */
export async function installPlugin(
  client: RestClient,
  project: PluginProject,
  zip: Uint8Array,
): Promise<'installed' | 'updated'> {
  const path = pluginsPath(project);
  const isThere = await isInstalled(client, project);
  const file = await uploadFile(client, `${project.name}.zip`, zip);
  const body = JSON.stringify({ name: project.name, file });
  if (isThere) await client.send('PUT', `${path}/${project.name}`, body);
  else await client.send('POST', path, body);
  return isThere ? 'updated' : 'installed';
}

export async function removePlugin(client: RestClient, project: PluginProject): Promise<void> {
  await client.send('DELETE', `${pluginsPath(project)}/${project.name}`);
}

/** Lists also name what was deleted; the description tells. */
async function isInstalled(client: RestClient, project: PluginProject): Promise<boolean> {
  const { name, kind } = project;
  const list = JSON.parse(await client.send('GET', pluginsPath(project))) as readonly unknown[] | null;
  if (kind === 'portable') return (list ?? []).some((plugin) => (plugin as { readonly name: string }).name === name);
  if (!(list ?? []).includes(name)) return false;
  const { version } = JSON.parse(await client.send('GET', `${pluginsPath(project)}/${name}`)) as {
    readonly version: string;
  };
  return version !== '$deleted';
}
