import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { connectorErrors } from '../errors.ts';

/** The file or directory to read. Throws when it is not there. */
export function findPath(rootPath: string, path: string, dataSource: string): string {
  const directory = resolve(rootPath, path);
  if (!existsSync(directory)) throw connectorErrors.PATH_INVALID(path);
  const found = dataSource === '' ? directory : join(directory, dataSource);
  if (!existsSync(found)) throw connectorErrors.FILE_ABSENT(found);
  return found;
}
