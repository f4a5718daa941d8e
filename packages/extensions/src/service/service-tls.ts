/** TLS options of an interface, as `tls.connect` takes them. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { serviceErrors } from './errors.ts';
import type { ServiceOptions } from './service-options.ts';

export interface ServiceTls {
  readonly cert?: string;
  readonly key?: string;
  readonly ca?: string;
  readonly rejectUnauthorized: boolean;
  readonly minVersion: 'TLSv1.2';
}

/** Reads the key material. Throws when a file cannot be read, or a certificate comes without its key. */
export function loadServiceTls(options: ServiceOptions, rootPath: string): ServiceTls {
  const cert = pem(options.certificationPath, options.certificationRaw, rootPath);
  const key = pem(options.privateKeyPath, options.privateKeyRaw, rootPath);
  const ca = pem(options.rootCaPath, options.rootCARaw, rootPath);
  if ((cert === null) !== (key === null)) throw serviceErrors.OPTIONS('a certificate needs its private key');
  return {
    ...(cert === null || key === null ? {} : { cert, key }),
    ...(ca === null ? {} : { ca }),
    rejectUnauthorized: !options.insecureSkipVerify,
    minVersion: 'TLSv1.2',
  };
}

function pem(path: string, raw: string, rootPath: string): string | null {
  if (path !== '') return readFileSync(resolve(rootPath, path), 'utf8');
  return raw === '' ? null : Buffer.from(raw, 'base64').toString('utf8');
}
