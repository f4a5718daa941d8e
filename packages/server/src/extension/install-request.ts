/** What clients send to install something: a name and where its archive is. */
import { errorText } from '@kuiper/base';
import { type Archive, readArchive } from '@kuiper/extensions/install';
import { serverErrors, withPrefix } from '../errors.ts';
import { parseFirstJson, readFields } from '../http/json-body.ts';
import { orderedText } from '../http/reply.ts';
import { bodyText, type RestRequest } from '../http/request.ts';
import { type FileFetcher, isZipUrl } from '../transfer/fetch-file.ts';

export interface InstallRequest {
  readonly name: string;
  /** URL of a zip archive. */
  readonly file: string;
  /** For `install.sh`. */
  readonly shellParas: readonly string[];
  /** Names of functions, for function plugins; null when none are given. */
  readonly functions: readonly string[] | null;
  /** SHA-256 of the archive in hexadecimal; empty when it is not to be checked. Ours. */
  readonly sha256: string;
  /** `worker` gives a native plugin a thread of its own. Ours. */
  readonly isolation: string;
}

const bodyTypes = {
  name: 'string',
  file: 'string',
  shellParas: 'strings',
  functions: 'strings',
  sha256: 'string',
  isolation: 'string',
} as const;

/** @param what names the body in errors: `the portable plugin json` */
export function readInstallRequest(request: RestRequest, what: string): InstallRequest {
  try {
    return installRequest(parseFirstJson(bodyText(request)));
  } catch (error) {
    throw withPrefix(`Invalid body: Error decoding ${what}`, error, 1000);
  }
}

/** Throws when a property has a wrong type. */
export function installRequest(value: unknown): InstallRequest {
  const fields = readFields(value, bodyTypes);
  const { name = '', file = '', shellParas = [], functions = null, sha256 = '', isolation = '' } = fields;
  if (isolation !== '' && isolation !== 'none' && isolation !== 'worker') {
    throw serverErrors.REQUEST(`isolation must be none or worker, not ${isolation}`);
  }
  return { name, file, shellParas, functions, sha256, isolation };
}

/** As it is stored and exported. */
export function installRecord(request: InstallRequest): string {
  const { name, file, shellParas, functions, sha256, isolation } = request;
  return orderedText({
    name,
    file,
    shellParas,
    ...(functions === null ? {} : { functions }),
    ...(sha256 === '' ? {} : { sha256 }),
    ...(isolation === '' ? {} : { isolation }),
  });
}

/** Throws `invalid uri …`. */
export function checkUri({ file }: InstallRequest): void {
  if (!isZipUrl(file)) throw serverErrors.REQUEST(`invalid uri ${file}`);
}

/** Throws `invalid uri …`, `fail to download file …`, `fail to install plugin: …`. */
export async function fetchPlugin(request: InstallRequest, files: FileFetcher): Promise<Archive> {
  checkUri(request);
  const { file, sha256 } = request;
  const content = await download(file, files);
  await checkDigest(content, sha256);
  return inInstallation(() => readArchive(content));
}

export async function download(file: string, files: FileFetcher): Promise<Buffer> {
  try {
    return await files.read(file);
  } catch (error) {
    throw serverErrors.REQUEST(`fail to download file ${file}: ${errorText(error)}`, { cause: error });
  }
}

/** Throws when a digest is given and differs. */
export async function checkDigest(content: Buffer, expected: string): Promise<void> {
  if (expected === '') return;
  const { createHash } = await import('node:crypto');
  const found = createHash('sha256').update(content).digest('hex');
  if (found !== expected.toLowerCase()) {
    throw serverErrors.REQUEST(`fail to install plugin: the archive's SHA-256 is ${found}, expected ${expected}`);
  }
}

/** Errors of the work come as `fail to install plugin: …`. */
export async function inInstallation<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw withPrefix('fail to install plugin', error, 1000);
  }
}
