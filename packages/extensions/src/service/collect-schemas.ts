/** The schema files that a service needs: what its interfaces name, and what these files import. */
import { serviceErrors } from './errors.ts';
import type { InterfaceDefinition } from './service-definition.ts';

const importLine = /\bimport\s+(?:weak\s+|public\s+)?["']([^"']+)["']/g;

/**
 * @param read the text of a file by its path below the directory of schemas; undefined when there is none
 * @returns texts by path. A file that is missing is left out: whoever parses finds out whether it is needed.
 * Throws for a path that leaves the directory.
 */
export function collectSchemas(
  interfaces: readonly InterfaceDefinition[],
  read: (file: string) => string | undefined,
): Readonly<Record<string, string>> {
  const texts: Record<string, string> = {};
  const add = (file: string): boolean => {
    if (Object.hasOwn(texts, file)) return true;
    if (!isInside(file)) return false;
    const text = read(file);
    if (text === undefined) return false;
    texts[file] = text;
    const folder = file.slice(0, file.lastIndexOf('/') + 1);
    for (const [, name = ''] of file.endsWith('.proto') ? text.matchAll(importLine) : []) {
      if (!add(name)) add(folder + name);
    }
    return true;
  };
  for (const { schema } of interfaces) {
    if (schema.type === 'schemaless') continue;
    if (!isInside(schema.file))
      throw serviceErrors.SCHEMA_FILE(schema.file, 'it is not below the directory of schemas');
    add(schema.file);
  }
  return texts;
}

function isInside(file: string): boolean {
  return file !== '' && !file.startsWith('/') && !/[\\\0]/.test(file) && !file.split('/').includes('..');
}
