/** A throw-away certificate for `localhost` and 127.0.0.1, made by the program of the Debian package `openssl`. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Why TLS tests cannot run here, null when they can. */
export const opensslMissing: string | null =
  spawnSync('openssl', ['version']).error === undefined ? null : 'install the Debian package openssl';

if (opensslMissing !== null && process.env['CI'] === 'true') throw new Error(opensslMissing);

export class Certificate {
  readonly #directory: string;

  constructor() {
    this.#directory = mkdtempSync(join(tmpdir(), 'kuiper-tls-'));
    const made = spawnSync('openssl', [
      ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost'],
      ...['-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-keyout', this.keyPath, '-out', this.certPath],
    ]);
    if (made.status !== 0) throw new Error(made.stderr.toString());
  }

  get certPath(): string {
    return join(this.#directory, 'cert.pem');
  }

  get keyPath(): string {
    return join(this.#directory, 'key.pem');
  }

  remove(): void {
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
