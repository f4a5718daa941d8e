/**
 * A Python with the official SDK of portable plugins. Without one its tests are skipped, saying so; where `CI` is true
 * they fail instead.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Archive } from '@kuiper/extensions/install';
import { archiveOf } from './plugin-rig.ts';

const candidates = [process.env['KUIPER_TEST_PYTHON'], 'python3', 'python'].filter((name) => name !== undefined);

const found = candidates.find((name) => spawnSync(name, ['-c', 'import ekuiper']).status === 0) ?? null;

/** Why tests with Python plugins cannot run here, null when they can. */
export const pythonMissing: string | null =
  found === null
    ? 'install the Python packages ekuiper and pynng (pip install ekuiper pynng); KUIPER_TEST_PYTHON names another Python'
    : null;

if (pythonMissing !== null) {
  if (process.env['CI'] === 'true') throw new Error(pythonMissing);
  console.warn(`skipped: ${pythonMissing}`);
}

export const pythonBin: string = found ?? 'python3';

const program = readFileSync(new URL('./python-plugin/plugin.py', import.meta.url), 'utf8');

/** An archive of the Python plugin. */
export function pythonArchive(
  name: string,
  manifest: Readonly<Record<string, unknown>>,
  more: Readonly<Record<string, string>> = {},
): Archive {
  return archiveOf({
    [`${name}.json`]: JSON.stringify({ version: 'v1.0.0', language: 'python', executable: 'plugin.py', ...manifest }),
    'plugin.py': program,
    ...more,
  });
}
