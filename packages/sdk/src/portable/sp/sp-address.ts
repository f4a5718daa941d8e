/** Where a socket listens or dials. Source: behaviour spec, extension §4.4. */
import { spErrors } from './errors.ts';

export type SpAddress =
  | { readonly transport: 'ipc'; readonly path: string }
  | { readonly transport: 'tcp'; readonly host: string; readonly port: number };

/** Longest path of a UNIX socket: `sun_path` without its final zero. */
export const MAX_PATH_BYTES = 107;

/**
 * Reads `ipc:///tmp/x.ipc` (the path `/tmp/x.ipc`) or `tcp://host:port`; the host `*` means every interface.
 * Throws `ADDRESS` for anything else and `PATH_TOO_LONG` for a path that no system call takes.
 */
export function parseSpAddress(url: string): SpAddress {
  if (url.startsWith('ipc://') && url.length > 6) {
    const path = url.slice(6);
    const bytes = Buffer.byteLength(path);
    if (bytes > MAX_PATH_BYTES) throw spErrors.PATH_TOO_LONG(path, bytes, MAX_PATH_BYTES);
    if (path.includes('\0')) throw spErrors.ADDRESS(url);
    return { transport: 'ipc', path };
  }
  const tcp = /^tcp:\/\/(\[[0-9a-fA-F:.]+\]|[^:/[\]]*):(\d{1,5})\/?$/.exec(url);
  if (tcp === null || Number(tcp[2]) > 65_535) throw spErrors.ADDRESS(url);
  const host = (tcp[1] as string).replace(/^\[|\]$/g, '');
  return { transport: 'tcp', host: host === '*' || host === '' ? '0.0.0.0' : host, port: Number(tcp[2]) };
}

/** `unix /tmp/x.ipc` or `tcp host:port`, as error texts name a place. */
export function placeOf(address: SpAddress): string {
  return address.transport === 'ipc' ? `unix ${address.path}` : `tcp ${address.host}:${address.port}`;
}

const systemTexts: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or directory',
  ECONNREFUSED: 'connection refused',
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  ENOTDIR: 'not a directory',
  ECONNRESET: 'connection reset by peer',
  EPIPE: 'broken pipe',
  EADDRNOTAVAIL: 'cannot assign requested address',
};

/** Why a system call failed, in the words of the operating system. */
export function systemText(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return (code === undefined ? undefined : systemTexts[code]) ?? message;
}
