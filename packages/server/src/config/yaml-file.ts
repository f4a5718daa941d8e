/** Reads a YAML file of `etc` with the environment laid over it. */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { errorText } from '@kuiper/base';
import { parse } from 'yaml';
import { serverErrors } from '../errors.ts';
import { applyEnvironment, type Environment } from './environment.ts';

/** An empty map when the file is missing or empty. Throws when it is no YAML map. */
export async function readYamlFile(path: string, environment: Environment): Promise<Record<string, unknown>> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw serverErrors.CONFIGURATION(path, errorText(error), { cause: error });
  });
  let content: unknown;
  try {
    content = parse(text) as unknown;
  } catch (error) {
    throw serverErrors.CONFIGURATION(path, errorText(error), { cause: error });
  }
  if (content !== null && content !== undefined && (typeof content !== 'object' || Array.isArray(content))) {
    throw serverErrors.CONFIGURATION(path, 'a map of sections is expected');
  }
  const bag = (content ?? {}) as Record<string, unknown>;
  applyEnvironment(basename(path).replace(/\.ya?ml$/, ''), bag, environment);
  return bag;
}
