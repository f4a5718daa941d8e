/**
 * npm packages that some examples load and the project does not depend on: in the directory that KUIPER_TEST_PACKAGES
 * names, as `.ci/run` installs them, or in the project's own `node_modules`.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

export const packageVersions = { sharp: '0.35.5', 'onnxruntime-node': '1.30.0', '@litertjs/core': '2.5.3' } as const;
export type OptionalPackage = keyof typeof packageVersions;

const directories = [process.env.KUIPER_TEST_PACKAGES, new URL('../..', import.meta.url).pathname]
  .filter((directory) => directory !== undefined)
  .map((directory) => join(directory, 'node_modules'));

function find(name: OptionalPackage): string | undefined {
  return directories.find((directory) => existsSync(join(directory, name, 'package.json')));
}

/**
 * True when the package is installed. Under CI its absence is a failure, elsewhere the tests that need it are skipped.
 */
export function hasPackage(name: OptionalPackage): boolean {
  if (find(name) !== undefined) return true;
  const how =
    `npm install --prefix <directory> --no-save --ignore-scripts ${name}@${packageVersions[name]}, ` +
    'with KUIPER_TEST_PACKAGES=<directory>';
  if (process.env.CI === 'true') throw new Error(`the npm package ${name} is missing: ${how}`);
  console.warn(`skipped: the npm package ${name} is missing, ${how}`);
  return false;
}

/** The `node_modules` it lies in, with all that it needs. */
export function modulesOf(name: OptionalPackage): string {
  const found = find(name);
  if (found === undefined) throw new Error(`the npm package ${name} is missing`);
  return found;
}

export async function importPackage<T>(name: OptionalPackage): Promise<T> {
  const file = createRequire(join(modulesOf(name), 'x.js')).resolve(name);
  return ((await import(/* @vite-ignore */ pathToFileURL(file).href)) as { readonly default: T }).default;
}
