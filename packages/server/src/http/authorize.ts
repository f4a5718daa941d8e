/** Tokens: RSA-signed JWTs whose issuer names a public key file. Source: behaviour spec, rest-cli-config §7. */
import { createPublicKey } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errorText } from '@kuiper/base';

/** Null when the header's token is good, else what the 401 says. */
export type Authorize = (header: string) => Promise<string | null>;

const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'];
const audience = 'eKuiper';

/** @param keyDirectory holds one PEM public key per issuer, by file name */
export function jwtAuthorize(keyDirectory: string): Authorize {
  return async (header) => {
    if (header === '') return 'missing_token';
    try {
      const { decodeJwt, jwtVerify } = await import('jose');
      const issuer = decodeJwt(header).iss;
      if (issuer === undefined || issuer === '') return 'validate token error: issuer field not exist in jwt payload';
      const key = await readKey(keyDirectory, issuer);
      if (key === null) return `validate token error: not found target key file ${issuer} in /etc/mgmt`;
      const { payload } = await jwtVerify(header, createPublicKey(key), { algorithms });
      const audiences = payload.aud === undefined ? [] : [payload.aud].flat();
      if (!audiences.includes(audience))
        return `audience field should contain ${audience}, but got [${audiences.join(' ')}]`;
      return null;
    } catch (error) {
      return `validate token error: ${errorText(error)}`;
    }
  };
}

/** Names are compared, never joined unseen to the path. */
async function readKey(directory: string, issuer: string): Promise<string | null> {
  const names = await readdir(directory).catch(() => []);
  const name = names.find((candidate) => candidate.toLowerCase() === issuer.toLowerCase());
  return name === undefined ? null : readFile(join(directory, name), 'utf8');
}
