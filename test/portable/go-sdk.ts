/**
 * Builds the Go plugin of the tests. Without Go its tests are skipped, saying so; where `CI` is true they fail instead.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Why tests with Go plugins cannot run here, null when they can. */
export const goMissing: string | null =
  spawnSync('go', ['version']).status === 0 ? null : 'install Go 1.19 or later (the Debian package golang-go)';

if (goMissing !== null) {
  if (process.env['CI'] === 'true') throw new Error(goMissing);
  console.warn(`skipped: ${goMissing}`);
}

/** @param directory where the program goes */
export function buildGoPlugin(directory: string): Buffer {
  const output = join(directory, 'go-plugin');
  const cwd = fileURLToPath(new URL('./go-plugin', import.meta.url));
  execFileSync('go', ['build', '-o', output, '.'], { cwd, stdio: 'inherit' });
  return readFileSync(output);
}
