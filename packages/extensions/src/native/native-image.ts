/**
 * What threads load of a plugin: a folder of its own for each content, below `data/native`, with types taken out of
 * TypeScript. Another content is another path, so what a module imports is fresh as well; what threads have loaded stays
 * where it is until the next start. Modules in it find `@kuiper/sdk`.
 */
import { createHash, randomBytes } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, sep } from 'node:path';
import { errorText } from '@kuiper/base';
import type { NativeRecord } from '../extension-record.ts';
import { nativeErrors } from './errors.ts';
import { checkApiVersion } from './load-module.ts';
import type { ModulePlace } from './module-file.ts';
import { compiledName, compileImports, relativeImports } from './relative-imports.ts';
import { stripTypes } from './strip-types.ts';

/** Declarations alone (`.d.ts`) are nothing that runs. */
const hasTypes = /(?<!\.d)\.[cm]?ts$/;
const isText = /(?<!\.d)\.[cm]?[jt]s$/;

/** Makes the image, unless there is one. Throws why it cannot be read. @returns the module in it, absolute */
export async function makeImage(type: NativeRecord['type'], place: ModulePlace, images: string): Promise<string> {
  const root = place.isFolder ? place.path : dirname(place.path);
  const files = place.isFolder ? listFolder(root) : collectImports(root, place.main);
  if (files.includes('package.json') && place.isFolder) checkManifest(place.name, join(root, 'package.json'));
  const hash = hashFiles(root, files);
  const version = place.version === '' ? '' : `@${place.version.replaceAll(/[^\w.-]/g, '_')}`;
  const image = join(images, type, `${place.name}${version}-${hash}`);
  const main = join(image, compiledName(place.main));
  if (existsSync(main)) return main;
  const draft = join(images, type, `.${randomBytes(6).toString('hex')}`);
  try {
    const known = new Set(files);
    const typed = files.filter((file) => isOwn(file) && hasTypes.test(file));
    const stripped = await stripTypes(new Map(typed.map((file) => [file, readFileSync(join(root, file), 'utf8')])));
    for (const file of files) {
      const target = join(draft, isOwn(file) && isText.test(file) ? compiledName(file) : file);
      mkdirSync(dirname(target), { recursive: true });
      if (!isOwn(file) || !isText.test(file)) copyFileSync(join(root, file), target);
      else {
        const code = stripped.get(file) ?? readFileSync(join(root, file), 'utf8');
        writeFileSync(
          target,
          compileImports(file, code, (path) => known.has(path)),
        );
      }
    }
    linkSdk(images);
    rmSync(image, { recursive: true, force: true });
    renameSync(draft, image);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    throw error;
  }
  return main;
}

/** Removes images of contents that are not installed any more. @param used modules in those that are */
export function sweepImages(images: string, used: readonly string[]): void {
  const kept = new Set(used.map((main) => relative(images, main).split(sep).slice(0, 2).join(sep)));
  for (const type of ['sources', 'sinks', 'functions']) {
    if (!existsSync(join(images, type))) continue;
    for (const name of readdirSync(join(images, type))) {
      if (!kept.has(join(type, name))) rmSync(join(images, type, name), { recursive: true, force: true });
    }
  }
}

/** Links are left out. */
function listFolder(root: string): string[] {
  const files: string[] = [];
  for (const entry of readdirSync(root, { withFileTypes: true, recursive: true })) {
    if (entry.isFile()) files.push(relative(root, join(entry.parentPath, entry.name)).replaceAll(sep, '/'));
  }
  return files.sort();
}

/** A module in a folder of many, with what it imports from there. */
function collectImports(root: string, main: string): string[] {
  const exists = (path: string): boolean => statSync(join(root, path), { throwIfNoEntry: false })?.isFile() === true;
  const found = new Set([main]);
  for (const path of found) {
    if (!isText.test(path)) continue;
    for (const imported of relativeImports(path, readFileSync(join(root, path), 'utf8'), exists)) found.add(imported);
  }
  return [...found].sort();
}

function checkManifest(name: string, file: string): void {
  let manifest: { readonly apiVersion?: unknown };
  try {
    manifest = JSON.parse(readFileSync(file, 'utf8')) as typeof manifest;
  } catch (error) {
    throw nativeErrors.SYNTAX('package.json', errorText(error));
  }
  checkApiVersion(name, manifest.apiVersion);
}

function hashFiles(root: string, files: readonly string[]): string {
  const hash = createHash('sha256');
  for (const file of files) {
    hash.update(`${file}\0`);
    const path = join(root, file);
    if (isOwn(file)) hash.update(readFileSync(path));
    else {
      const { size, mtimeMs } = statSync(path);
      hash.update(`${size} ${mtimeMs}`);
    }
  }
  return hash.digest('hex').slice(0, 16);
}

/** What is in `node_modules` is taken as it is. */
function isOwn(file: string): boolean {
  return !/(^|\/)node_modules\//.test(file);
}

/** So that plugins need not bring what the engine has. */
function linkSdk(images: string): void {
  const link = join(images, 'node_modules', '@kuiper', 'sdk');
  const found = (createRequire(import.meta.url).resolve.paths('@kuiper/sdk') ?? [])
    .map((folder) => join(folder, '@kuiper', 'sdk'))
    .find((folder) => existsSync(folder));
  if (found === undefined) return;
  const target = realpathSync(found);
  if (existsSync(link) && realpathSync(link) === target) return;
  rmSync(link, { force: true });
  mkdirSync(dirname(link), { recursive: true });
  symlinkSync(target, link, 'junction');
}
