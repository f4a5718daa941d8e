/** Which server to talk to: `--server`, then `KUIPER_SERVER`, then the client configuration, then this machine. */
import { isIPv6 } from 'node:net';
import { type ConfigLocation, readClientConfig } from './client-config.ts';
import { cliErrors } from './errors.ts';

export const defaultPort = 9081;

/** Files written for the original client name its RPC port, which speaks no REST. */
const rpcPort = 20498;

export async function findServer(named: string | undefined, location: ConfigLocation): Promise<URL> {
  if (named !== undefined) return parseAddress(named, '--server');
  const { KUIPER_SERVER: variable } = location.env;
  if (variable) return parseAddress(variable, 'KUIPER_SERVER');
  const { host = '127.0.0.1', port = defaultPort } = await readClientConfig(location);
  const restPort = port === rpcPort ? defaultPort : port;
  return parseAddress(`http://${isIPv6(host) ? `[${host}]` : host}:${restPort}`, 'client configuration');
}

/**
 * `http://host:port`, `https://…`, `host:port` or `host`. Without a scheme it is HTTP, and the port defaults to the
 * REST port; an URL without a port means the one of its scheme.
 * @param origin where the text comes from, for the error
 */
export function parseAddress(text: string, origin: string): URL {
  const hasScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(text);
  let url: URL | null = null;
  try {
    url = new URL(hasScheme ? text : `http://${text}`);
  } catch {
    // Told below, together with other schemes.
  }
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:') || url.hostname === '') {
    throw cliErrors.ADDRESS_INVALID(text, origin);
  }
  if (!hasScheme && !/:\d+(\/|$)/.test(text)) url.port = String(defaultPort);
  url.search = '';
  url.hash = '';
  return url;
}
