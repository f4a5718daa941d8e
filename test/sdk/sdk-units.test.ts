/** The tests that SDKs bring along, in their own languages. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { goBin, goMissing, pythonMissing, repository } from './example-files.ts';

const run = (command: string, args: readonly string[], cwd: string): void => {
  const env = { ...process.env, GOFLAGS: '-mod=mod', GOTOOLCHAIN: 'local' };
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: join(repository, cwd), env, encoding: 'utf8' });
  expect(status, `${stdout}${stderr}`).toBe(0);
};

it.skipIf(pythonMissing !== null)('those of the Python SDK pass', { timeout: 60_000 }, () => {
  run('python3', ['-m', 'unittest', 'discover', '-s', 'tests'], 'sdks/python');
});

it.skipIf(goMissing !== null)('those of the Go SDK pass', { timeout: 120_000 }, () => {
  run(goBin, ['vet', './...'], 'sdks/go');
  run(goBin, ['test', './...'], 'sdks/go');
});
