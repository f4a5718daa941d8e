/**
 * Files that requests name by URL: `file:///…`, `http://…`, `https://…`. Source: behaviour spec, rest-cli-config §4.6,
 * "File URL rules". Certificates are verified.
 */
import { constants } from 'node:fs';
import { open, realpath } from 'node:fs/promises';
import { lookup as resolveName } from 'node:dns';
import http from 'node:http';
import https from 'node:https';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { errorText } from '@kuiper/base';
import { serverErrors } from '../errors.ts';

export interface FileFetcherOptions {
  /** The only directory to read from when `allowExternalFileAccess` is off. */
  readonly uploads: string;
  readonly allowExternalFileAccess: boolean;
  /** Lets requests reach loopback and private networks. */
  readonly enablePrivateNet: boolean;
}

const timeoutMs = 300_000;
const maxBytes = 512 << 20;

export class FileFetcher {
  readonly #options: FileFetcherOptions;

  constructor(options: FileFetcherOptions) {
    this.#options = options;
  }

  /** The content of the file. Throws with why it cannot be had. */
  async read(url: string): Promise<Buffer> {
    const parsed = parseUrl(url);
    switch (parsed.protocol) {
      case 'file:':
        return this.#readLocal(fileURLToPath(parsed));
      case 'http:':
      case 'https:':
        return this.#download(parsed);
      default:
        throw serverErrors.FILE(`unsupported url scheme ${parsed.protocol.slice(0, -1)}`);
    }
  }

  async #readLocal(path: string): Promise<Buffer> {
    let actual: string;
    try {
      actual = await realpath(path);
    } catch (error) {
      throw fileFailure('stat', path, error);
    }
    if (!this.#options.allowExternalFileAccess) {
      const uploads = await realpath(this.#options.uploads);
      if (!actual.startsWith(uploads + sep)) {
        throw serverErrors.FILE(`file access denied: path must be under ${this.#options.uploads}`);
      }
    }
    try {
      const file = await open(actual, constants.O_RDONLY | constants.O_NOFOLLOW);
      try {
        return await file.readFile();
      } finally {
        await file.close();
      }
    } catch (error) {
      throw fileFailure('open', path, error);
    }
  }

  #download(url: URL): Promise<Buffer> {
    const { enablePrivateNet } = this.#options;
    const host = url.hostname.replace(/^\[|\]$/g, '');
    if (!enablePrivateNet && isIP(host) !== 0 && isPrivate(host)) {
      return Promise.reject(serverErrors.FILE(`ip ${host} is in internal network`));
    }
    return new Promise((resolve, reject) => {
      const get = url.protocol === 'https:' ? https.get : http.get;
      const request = get(
        url,
        { timeout: timeoutMs, ...(enablePrivateNet ? {} : { lookup: publicLookup }) },
        (response) => {
          if (response.statusCode !== 200) {
            response.resume();
            const status = `${response.statusCode} ${response.statusMessage}`;
            reject(serverErrors.FILE(`cannot download the file with status: ${status}`));
            return;
          }
          const chunks: Buffer[] = [];
          let length = 0;
          response.on('data', (chunk: Buffer) => {
            chunks.push(chunk);
            length += chunk.length;
            if (length > maxBytes) request.destroy(new Error(`the file is larger than ${maxBytes} bytes`));
          });
          response.on('end', () => resolve(Buffer.concat(chunks)));
          response.on('error', reject);
        },
      );
      request.on('timeout', () => request.destroy(new Error(`no answer within ${timeoutMs / 1000} s`)));
      request.on('error', (error) => reject(serverErrors.FILE(errorText(error), { cause: error })));
    });
  }
}

function parseUrl(url: string): URL {
  try {
    return new URL(url);
  } catch {
    throw serverErrors.FILE(`parse "${url}": invalid URI for request`);
  }
}

/** An URL that services may come from: http, https or file. */
export function isFileUrl(url: string): boolean {
  return /^(https?|file):\/\//.test(url) && !/^https?:\/\/\//.test(url);
}

/** An URL that plugins may come from: it ends in `.zip`. */
export function isZipUrl(url: string): boolean {
  return isFileUrl(url) && url.endsWith('.zip');
}

/** In the words of the operating system: `stat /x: no such file or directory`. */
export function fileFailure(verb: string, path: string, error: unknown): Error {
  const code = (error as NodeJS.ErrnoException).code;
  const why = code === 'ENOENT' ? 'no such file or directory' : errorText(error);
  return serverErrors.FILE(`${verb} ${path}: ${why}`, { cause: error });
}

const internal = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['224.0.0.0', 4],
] as const) {
  internal.addSubnet(network, prefix, 'ipv4');
}
for (const [network, prefix] of [
  ['::', 128],
  ['::1', 128],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
] as const) {
  internal.addSubnet(network, prefix, 'ipv6');
}

function isPrivate(address: string): boolean {
  return internal.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

/** Refuses at connect time, on the resolved address. */
const publicLookup: LookupFunction = (hostname, options, callback) => {
  resolveName(hostname, { ...options, all: true }, (error, addresses) => {
    if (error !== null) return callback(error, '', 0);
    const bad = addresses.find(({ address }) => isPrivate(address));
    if (bad !== undefined) return callback(new Error(`ip ${bad.address} is in internal network`), '', 0);
    const [first] = addresses;
    if (options.all === true) callback(null, addresses);
    else callback(null, first?.address ?? '', first?.family ?? 0);
  });
};
