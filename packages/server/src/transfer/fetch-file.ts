/**
 * Files that requests name by URL: `file:///…`, `http://…`, `https://…`. Source: behaviour spec, rest-cli-config §4.6,
 * "File URL rules". Certificates are verified.
 */
import { constants } from 'node:fs';
import { open, realpath } from 'node:fs/promises';
import http from 'node:http';
import https from 'node:https';
import { sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { errorText } from '@kuiper/base';
import { privateNetworkGuard } from '@kuiper/sdk';
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

  /** Each address on the way, redirected ones too, has to be public. */
  async #download(start: URL): Promise<Buffer> {
    let url = start;
    for (let hops = 0; hops <= mostRedirects; hops++) {
      const { enablePrivateNet } = this.#options;
      if (!enablePrivateNet) guard.refuse(url.hostname);
      const answer = await request(url, enablePrivateNet ? {} : { lookup: guard.lookup });
      if (Buffer.isBuffer(answer)) return answer;
      url = parseUrl(new URL(answer.location, url).href);
      if (url.protocol !== 'http:' && url.protocol !== 'https:') {
        throw serverErrors.FILE(`unsupported url scheme ${url.protocol.slice(0, -1)}`);
      }
    }
    throw serverErrors.FILE(`stopped after ${mostRedirects} redirects`);
  }
}

const mostRedirects = 10;
const guard = privateNetworkGuard((address) => serverErrors.FILE(`ip ${address} is in internal network`));

/** The content, or where it is instead. */
function request(url: URL, options: https.RequestOptions): Promise<Buffer | { readonly location: string }> {
  return new Promise((resolve, reject) => {
    const get = url.protocol === 'https:' ? https.get : http.get;
    const outgoing = get(url, { timeout: timeoutMs, ...options }, (response) => {
      const { statusCode = 0, statusMessage, headers } = response;
      if (statusCode !== 200) {
        response.resume();
        if (statusCode >= 300 && statusCode < 400 && headers.location !== undefined) {
          resolve({ location: headers.location });
        } else reject(serverErrors.FILE(`cannot download the file with status: ${statusCode} ${statusMessage}`));
        return;
      }
      const chunks: Buffer[] = [];
      let length = 0;
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        length += chunk.length;
        if (length > maxBytes) outgoing.destroy(new Error(`the file is larger than ${maxBytes} bytes`));
      });
      response.on('end', () => resolve(Buffer.concat(chunks)));
      response.on('error', reject);
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer within ${timeoutMs / 1000} s`)));
    outgoing.on('error', (error) => reject(serverErrors.FILE(errorText(error), { cause: error })));
  });
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
