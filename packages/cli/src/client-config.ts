/**
 * `client.yaml` (`basic: {host, port}`) and the variables laid over it.
 * Source: behaviour spec, rest-cli-config §9.2, §10 and §11.
 */
import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { cliErrors, systemText } from './errors.ts';

export interface ClientConfig {
  readonly host?: string;
  readonly port?: number;
}

export interface ConfigLocation {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** `absolute` looks in `/etc/kuiper` alone; otherwise `etc` of the working directory and of those above. */
  readonly loadFileType?: string;
  /** The directory of `client.yaml`, which then must have one. */
  readonly etc?: string;
}

/** Empty when there is no such file. Throws when one is there, or is named, and cannot be read. */
export async function readClientConfig(location: ConfigLocation): Promise<ClientConfig> {
  const { env } = location;
  let config: ClientConfig = {};
  for (const path of candidates(location)) {
    const text = await readText(path, location.etc !== undefined);
    if (text === null) continue;
    config = parseClientConfig(text, path);
    break;
  }
  const host = env.CLIENT__BASIC__HOST || config.host;
  const port = env.CLIENT__BASIC__PORT ? readPort(env.CLIENT__BASIC__PORT, 'CLIENT__BASIC__PORT') : config.port;
  return { ...(host !== undefined && { host }), ...(port !== undefined && { port }) };
}

function candidates({ cwd, env, loadFileType, etc }: ConfigLocation): string[] {
  const file = 'client.yaml';
  if (etc !== undefined) return [resolve(cwd, etc, file)];
  if (loadFileType === 'absolute') return [join('/etc/kuiper', file)];
  if (env.KuiperBaseKey) return [resolve(cwd, env.KuiperBaseKey, 'etc', file)];
  const paths: string[] = [];
  for (let directory = resolve(cwd); ; directory = dirname(directory)) {
    paths.push(join(directory, 'etc', file));
    if (dirname(directory) === directory) return paths;
  }
}

async function readText(path: string, isNamed: boolean): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (!isNamed && (code === 'ENOENT' || code === 'ENOTDIR')) return null;
    throw cliErrors.CONFIGURATION(path, systemText(error), { cause: error });
  }
}

/** Reads the one section of the file, in block or in flow style; other YAML has no place in it. */
export function parseClientConfig(text: string, path: string): ClientConfig {
  const values = new Map<string, string>();
  let section = '';
  for (const raw of text.split(/\r?\n/)) {
    const line = raw.replace(/(^|\s)#.*$/, '').trimEnd();
    if (line.trim() === '' || line === '---') continue;
    const [, indent = '', name, value = ''] = /^(\s*)([\w-]+)\s*:\s*(.*)$/.exec(line) ?? [];
    if (name === undefined) throw cliErrors.CONFIGURATION(path, `"${line.trim()}" is no "name: value"`);
    if (indent !== '') values.set(`${section}.${name.toLowerCase()}`, unquoted(value));
    else {
      section = name.toLowerCase();
      const flow = /^\{(.*)\}$/.exec(value)?.[1] ?? '';
      for (const pair of flow.split(',').filter((part) => part.trim() !== '')) {
        const [key = '', ...rest] = pair.split(':');
        values.set(`${section}.${key.trim().toLowerCase()}`, unquoted(rest.join(':').trim()));
      }
    }
  }
  const host = values.get('basic.host');
  const port = values.get('basic.port');
  return { ...(host && { host }), ...(port && { port: readPort(port, path) }) };
}

function unquoted(value: string): string {
  return /^(["'])(.*)\1$/.exec(value)?.[2] ?? value;
}

function readPort(text: string, origin: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw cliErrors.CONFIGURATION(origin, `"${text}" is no port`);
}
