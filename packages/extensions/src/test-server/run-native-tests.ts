/** Runs the tests of a native plugin on what the engine would load of it: with the types taken out. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { makeImage } from '../native/native-image.ts';

/** @returns the exit code of `node --test`. Rejects when there are no tests, or the plugin cannot be read. */
export async function runNativeTests(directory: string, module: string, signal: AbortSignal): Promise<number> {
  const path = resolve(directory);
  const images = mkdtempSync(join(tmpdir(), 'kuiper-plugin-'));
  try {
    const place = { name: module.replace(/[@.].*$/, ''), version: '', path, isFolder: true, main: module };
    const image = dirname(await makeImage('functions', place, images));
    const tests = readdirSync(image, { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.(test|spec)\.[cm]?js$/.test(file) && !file.includes('node_modules'))
      .sort();
    if (tests.length === 0) throw new Error(`${directory} has no tests: files such as ${place.name}.test.mjs`);
    return await nodeTest(image, tests, signal);
  } finally {
    rmSync(images, { recursive: true, force: true });
  }
}

function nodeTest(directory: string, tests: readonly string[], signal: AbortSignal): Promise<number> {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const child = spawn(process.execPath, ['--test', '--test-reporter=spec', ...tests], {
    cwd: directory,
    stdio: ['ignore', 'inherit', 'inherit'],
    env,
  });
  const end = (): void => void child.kill('SIGTERM');
  signal.addEventListener('abort', end, { once: true });
  return new Promise((done, reject) => {
    child.once('error', reject);
    child.once('exit', (status) => done(status ?? 1));
  });
}
