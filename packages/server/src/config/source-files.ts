/**
 * Configuration keys of sources in `etc`: `mqtt_source.yaml` and `sources/<type>.yaml`, read once. Keys lose their case
 * when read and get it back from the property names of the connector. Source: rest-cli-config §12, io §2.1.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Environment } from './environment.ts';
import { readYamlFile } from './yaml-file.ts';

export type Sections = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** @param propertyNames of a source type, in their true case; empty for an unknown type */
export async function readSourceFiles(
  etc: string,
  environment: Environment,
  propertyNames: (type: string) => readonly string[],
): Promise<Map<string, Sections>> {
  const files: [type: string, path: string][] = [['mqtt', join(etc, 'mqtt_source.yaml')]];
  const folder = join(etc, 'sources');
  for (const name of (await readdir(folder).catch(() => [])).sort()) {
    if (name.endsWith('.yaml')) files.push([name.slice(0, -'.yaml'.length), join(folder, name)]);
  }
  const sections = new Map<string, Sections>();
  for (const [type, path] of files) {
    const bag = await readYamlFile(path, environment);
    if (Object.keys(bag).length > 0) sections.set(type, restoreSections(bag, propertyNames(type)));
  }
  return sections;
}

/** `sources/<type>.yaml` of a plugin, whose property names stand as they are written. */
export async function readSourceFile(etc: string, type: string, environment: Environment): Promise<Sections> {
  const bag = await readYamlFile(join(etc, 'sources', `${type}.yaml`), environment);
  return Object.fromEntries(Object.entries(bag).map(([key, section]) => [key.toLowerCase(), asBag(section)]));
}

/** `connections/connection.yaml`: type → id → properties, all names in lower case. */
export async function readConnectionFile(etc: string, environment: Environment): Promise<Record<string, Sections>> {
  const bag = await readYamlFile(join(etc, 'connections', 'connection.yaml'), environment);
  const types: Record<string, Sections> = {};
  for (const [type, section] of Object.entries(bag)) types[type.toLowerCase()] = restoreSections(asBag(section), []);
  return types;
}

function restoreSections(bag: Readonly<Record<string, unknown>>, names: readonly string[]): Sections {
  const trueCase = new Map(names.map((name) => [name.toLowerCase(), name]));
  const sections: Record<string, Record<string, unknown>> = {};
  for (const [name, section] of Object.entries(bag)) {
    sections[name.toLowerCase()] = restoreKeys(asBag(section), trueCase) as Record<string, unknown>;
  }
  return sections;
}

function restoreKeys(value: unknown, trueCase: ReadonlyMap<string, string>): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value).map(([key, inner]) => {
    const lower = key.toLowerCase();
    return [trueCase.get(lower) ?? lower, restoreKeys(inner, trueCase)] as const;
  });
  return Object.fromEntries(entries);
}

function asBag(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}
