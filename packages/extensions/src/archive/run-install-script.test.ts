import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runInstallScript } from './run-install-script.ts';

let dir = '';
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'script-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

const run = async (script: string, paras: string[] = [], timeoutMs = 10_000): Promise<string> => {
  await writeFile(join(dir, 'install.sh'), script);
  return runInstallScript(dir, paras, timeoutMs).then(
    () => 'done',
    (error: Error) => error.message,
  );
};

it('runs in its directory with its parameters', async () => {
  expect(await run('printf "%s|" "$@" > out; pwd >> out', ['a b', '$(id)', "'"])).toBe('done');
  expect(await readFile(join(dir, 'out'), 'utf8')).toBe(`a b|$(id)|'|${dir}\n`);
});

it('fails with what it has printed', async () => {
  expect(await run('echo one; echo two >&2; exit 3')).toBe('err:exit status 3 stdout:one\n stderr:two\n');
  expect(await run('kill -9 $$')).toBe('err:signal: SIGKILL stdout: stderr:');
  expect(await run('head -c 50000 /dev/zero | tr "\\0" x; echo end; exit 1')).toMatch(
    /^err:exit status 1 stdout:x{16380}end\n stderr:$/,
  );
});

it('ends with all it has started when its time is over', async () => {
  expect(await run('sleep 100 & sleep 100', [], 300)).toBe('err:no end within 0.3 s stdout: stderr:');
});

it('does not wait for what it leaves behind', async () => {
  expect(await run('echo up; sleep 5 & exit 0')).toBe('done');
});
