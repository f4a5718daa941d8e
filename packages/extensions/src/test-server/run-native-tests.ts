/** What the engine would load of a plugin in TypeScript, with the types taken out; its tests run on that. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { makeImage } from '../native/native-image.ts';

/** @returns the folder in `target` that holds everything of the plugin's folder. Rejects with what cannot be read. */
export async function compileFolder(directory: string, module: string, target: string): Promise<string> {
  const place = { name: stemOf(module), version: '', path: resolve(directory), isFolder: true, main: module };
  return dirname(await makeImage('functions', place, target));
}

const stemOf = (module: string): string => module.replace(/[@.].*$/, '');

/** @returns the exit code of `node --test`. Rejects when there are no tests, or the plugin cannot be read. */
export async function runNativeTests(directory: string, module: string, signal: AbortSignal): Promise<number> {
  const images = mkdtempSync(join(tmpdir(), 'kuiper-plugin-'));
  try {
    const image = await compileFolder(directory, module, images);
    const tests = readdirSync(image, { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.(test|spec)\.[cm]?js$/.test(file) && !file.includes('node_modules'))
      .sort();
    if (tests.length === 0) throw new Error(`${directory} has no tests: files such as ${stemOf(module)}.test.mjs`);
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
