/** What is imported when the server starts: `connection.yaml` and `init.json`. Source: rest-cli-config §14. */
import { createHash } from 'node:crypto';
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errorText, jsonText, type Logger } from '@kuiper/base';
import type { Kv } from '@kuiper/host';
import type { Sections } from '../config/source-files.ts';
import type { ConfKeys } from '../registry/conf-keys.ts';
import type { RuleRegistry } from '../registry/rule-registry.ts';
import { StoredTable } from '../registry/stored-table.ts';
import type { StreamRegistry } from '../registry/stream-registry.ts';
import { importRuleset, readRuleset } from './ruleset.ts';

/** Adds connections that are not stored yet and removes those marked so, once for each content of the file. */
export async function provisionConnections(
  kv: Kv,
  confKeys: ConfKeys,
  types: Readonly<Record<string, Sections>>,
  logger: Logger,
): Promise<void> {
  const table = await StoredTable.open(kv, 'connectionYamlProvision');
  const hash = createHash('sha256').update(jsonText(types)).digest('hex');
  if (Object.keys(types).length === 0 || table.get('hash') === hash) return;
  for (const [type, connections] of Object.entries(types)) {
    for (const [id, { xoperation: operation = 'create', ...props }] of Object.entries(connections)) {
      const isStored = confKeys.hasStored('connections', type, id);
      if (operation === 'create' && !isStored) await confKeys.put('connections', type, id, props);
      else if (operation === 'delete' && isStored) await confKeys.delete('connections', type, id);
      else if (operation !== 'create' && operation !== 'delete') {
        logger.warn(`connection.yaml: unknown xOperation ${String(operation)} of ${type} ${id}`);
      }
    }
  }
  await table.set('hash', hash);
}

/** Imports `init.json` of these directories when it has changed since the last time. */
export async function importInitFiles(
  directories: readonly string[],
  streams: StreamRegistry,
  rules: RuleRegistry,
  logger: Logger,
): Promise<void> {
  for (const directory of directories) {
    const path = join(directory, 'init.json');
    const modified = await stat(path).catch(() => null);
    if (modified === null) continue;
    const marker = `initialized${Math.floor(modified.mtimeMs)}`;
    const markers = (await readdir(directory)).filter((name) => /^initialized\d+$/.test(name));
    if (markers.includes(marker)) continue;
    try {
      const counts = await importRuleset(readRuleset(await readFile(path, 'utf8')), streams, rules, logger);
      logger.info(`${path}: imported ${counts.streams} streams, ${counts.tables} tables and ${counts.rules} rules`);
    } catch (error) {
      logger.error(`${path}: ${errorText(error)}`);
    }
    for (const old of markers) await rm(join(directory, old), { force: true });
    await writeFile(join(directory, marker), '');
  }
}
