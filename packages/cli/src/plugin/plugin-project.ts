/** A plugin as it is written: what its folder says it is. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { pluginErrors } from './errors.ts';
import { type NativeProject, readNativeProject } from './native-project.ts';
import { type PortableProject, readPortableProject } from './portable-project.ts';

export type PluginProject = NativeProject | PortableProject;

/** What a file of the package will be. */
export interface PackedFile {
  readonly path: string;
  readonly isExecutable: boolean;
}

/** The one word that `kuiper create plugin` has for a type. */
export const nativeTypes = { source: 'sources', sink: 'sinks', function: 'functions' } as const;
export type NativeKind = keyof typeof nativeTypes;

export interface ProjectOptions {
  /** What a native plugin is; found out when it is not given. */
  readonly type?: NativeKind;
}

/**
 * @param path of the folder, or of the manifest in it
 * Throws what is wrong with it, with its place.
 */
export function readProject(path: string, options: ProjectOptions = {}): PluginProject {
  const isFile = statSync(path, { throwIfNoEntry: false })?.isFile() === true;
  const directory = resolve(isFile ? dirname(path) : path);
  if (statSync(directory, { throwIfNoEntry: false })?.isDirectory() !== true) throw pluginErrors.NOT_A_DIRECTORY(path);
  const manifests = isFile && extname(path) === '.json' ? [basename(path)] : findManifests(directory);
  if (manifests.length > 1) throw pluginErrors.SEVERAL_MANIFESTS(manifests);
  const [manifest] = manifests;
  if (manifest !== undefined) return readPortableProject(directory, manifest);
  const native = readNativeProject(directory, options.type);
  if (native === null) throw pluginErrors.NO_PLUGIN(path);
  return native;
}

/** JSON files that name a language and a program, readable or not. */
function findManifests(directory: string): string[] {
  return readdirSync(directory)
    .filter((name) => name.endsWith('.json') && !name.startsWith('.'))
    .filter((name) => {
      const text = readFileSync(join(directory, name), 'utf8');
      return /"language"\s*:/i.test(text) && /"exec(utable)?"\s*:/i.test(text);
    })
    .sort();
}
