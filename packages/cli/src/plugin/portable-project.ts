/**
 * Portable plugins: `<name>.json` describes the program. Source: behaviour spec, extension §4.1; the rules are those of
 * the engine, told with the place in the file.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isValidId } from '@kuiper/base';
import { pluginErrors } from './errors.ts';
import { listFolder, readOptional } from './plugin-folder.ts';
import type { PackedFile } from './plugin-project.ts';
import { jsonErrorPlace, jsonErrorText, placeIn, propertyPlace } from './text-place.ts';

export interface PortableProject {
  readonly kind: 'portable';
  readonly directory: string;
  readonly name: string;
  /** File name. */
  readonly manifest: string;
  readonly language: string;
  readonly executable: string;
  readonly sources: readonly string[];
  readonly sinks: readonly string[];
  readonly functions: readonly string[];
  readonly lookups: readonly string[];
  /** What makes the program; null when it is there as it is. */
  readonly build: 'go' | 'typescript' | null;
  readonly files: readonly PackedFile[];
}

const languages = ['go', 'python', 'node', 'exec'];
const lists = ['sources', 'sinks', 'functions', 'lookups'] as const;

export function readPortableProject(directory: string, manifest: string): PortableProject {
  const text = readFileSync(join(directory, manifest), 'utf8');
  const name = manifest.slice(0, -'.json'.length);
  if (!isValidId(name)) throw pluginErrors.NAME(name);
  const bag = readManifest(manifest, text);
  const fail = (property: string, what: string): Error =>
    pluginErrors.AT(propertyPlace(manifest, text, property), what);
  const string = (property: string): string => {
    const value = bag.get(property.toLowerCase()) ?? '';
    if (typeof value !== 'string') throw fail(property, `"${property}" is a text`);
    return value;
  };
  const said = string('name');
  if (said !== '' && said !== name) throw fail('name', `the name is that of the file, "${name}", not "${said}"`);
  const language = string('language');
  if (!languages.includes(language)) {
    throw fail('language', `"language" is one of ${languages.join(', ')}, not "${language}"`);
  }
  const executable = string('executable') || string('exec');
  if (executable === '') throw fail('executable', 'the program is missing: "executable" is its path in the folder');
  if (executable.startsWith('/') || executable.split(/[/\\]/).includes('..')) {
    throw fail('executable', `the program lies in the folder, not at ${executable}`);
  }
  const symbols = Object.fromEntries(lists.map((list) => [list, readNames(bag, list, fail)])) as Record<
    (typeof lists)[number],
    readonly string[]
  >;
  if (lists.every((list) => symbols[list].length === 0)) {
    throw pluginErrors.AT(manifest, 'it offers nothing: at least one name in "sources", "sinks" or "functions"');
  }
  const build = buildOf(directory, language, executable);
  const paths = listFolder(directory, (path) => isOfProgram(directory, path, build));
  if (build === null && !paths.includes(executable)) {
    throw fail('executable', `there is no file ${executable} in ${directory}`);
  }
  const everything = build === 'go' ? [...new Set([...paths, executable])].sort() : paths;
  for (const path of everything.filter((one) => /^(sources|sinks|functions)\/[^/]+\.json$/.test(one))) {
    readManifest(path, readFileSync(join(directory, path), 'utf8'));
  }
  checkStatedName(directory, name, programText(executable, build));
  const files = everything.map((path) => ({ path, isExecutable: path === executable || path === 'install.sh' }));
  return { kind: 'portable', directory, name, manifest, language, executable, ...symbols, build, files };
}

/** Properties by their names in lower case. */
function readManifest(file: string, text: string): ReadonlyMap<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw pluginErrors.AT(jsonErrorPlace(file, text), jsonErrorText(error));
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw pluginErrors.AT(file, 'a JSON object is expected');
  }
  return new Map(Object.entries(value).map(([key, member]) => [key.toLowerCase(), member]));
}

function readNames(
  bag: ReadonlyMap<string, unknown>,
  list: string,
  fail: (property: string, what: string) => Error,
): readonly string[] {
  const names = bag.get(list) ?? [];
  const isName = (name: unknown): boolean =>
    typeof name === 'string' && /^[^/\\\0]+$/.test(name) && name !== '.' && name !== '..';
  if (!Array.isArray(names) || !names.every(isName)) throw fail(list, `"${list}" is a list of names`);
  const repeated = names.find((name, i) => names.indexOf(name) !== i) as string | undefined;
  if (repeated !== undefined) throw fail(list, `"${list}" names ${repeated} twice`);
  return names as readonly string[];
}

function buildOf(directory: string, language: string, executable: string): PortableProject['build'] {
  if (language === 'go') return readOptional(directory, 'go.mod') === null ? null : 'go';
  const isTypescript = language === 'node' && readOptional(directory, executable) === null;
  return isTypescript && readOptional(directory, sourceOf(executable)) !== null ? 'typescript' : null;
}

/** `main.mjs` is made from `main.ts`. */
export function sourceOf(executable: string): string {
  return executable.replace(/\.mjs$/, '.ts');
}

function programText(executable: string, build: PortableProject['build']): string {
  if (build === null) return executable;
  return build === 'go' ? 'main.go' : sourceOf(executable);
}

/** Go sources and the modules among them are in the program already. */
function isOfProgram(directory: string, path: string, build: PortableProject['build']): boolean {
  if (build !== 'go') return true;
  if (path.endsWith('/')) return readOptional(directory, `${path}go.mod`) === null && path !== 'vendor/';
  return !path.endsWith('.go') && !/^go\.(mod|sum|work)$/.test(path);
}

/** By the name in its code a plugin finds its engine: another one would never be heard. */
const statedNames = [
  /\bPluginConfig\(\s*(?:name\s*=\s*)?["']([^"']+)["']/,
  /\bName:\s*"([^"]+)"/,
  /\bservePlugin\(\s*\{\s*name:\s*["']([^"']+)["']/,
];

function checkStatedName(directory: string, name: string, file: string): void {
  if (!/\.(py|go|ts|[cm]?js)$/.test(file)) return;
  const text = readOptional(directory, file) ?? '';
  for (const pattern of statedNames) {
    const found = pattern.exec(text);
    if (found === null || found[1] === name) continue;
    throw pluginErrors.AT(
      placeIn(file, text, found.index),
      `the plugin calls itself "${found[1]}" here, its manifest ${name}.json says "${name}"`,
    );
  }
}
