/**
 * What plugins say about their sources and sinks to user interfaces: `<etc|data>/<kind>/<name>.json`, in the form of
 * `/metadata`. The file below `data` is asked first. Source: behaviour spec, extension §3.2, §4.2; rest-cli-config §4.10.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errorText, type Logger } from '@kuiper/base';
import type { Directories } from '../config/directories.ts';
import { isMap } from '../http/json-body.ts';

export type MetadataFolder = 'sources' | 'sinks' | 'functions';

/** A file's content with languages named as in answers; null when there is none or it cannot be read. */
export async function readPluginMetadata(
  { etc, data }: Pick<Directories, 'etc' | 'data'>,
  folder: MetadataFolder,
  name: string,
  logger: Logger,
): Promise<Readonly<Record<string, unknown>> | null> {
  for (const root of [data, etc]) {
    const path = join(root, folder, `${name}.json`);
    const text = await readFile(path, 'utf8').catch(() => null);
    if (text === null) continue;
    try {
      const value = JSON.parse(text) as unknown;
      if (isMap(value)) return folder === 'functions' ? value : (withShortLanguages(value) as Record<string, unknown>);
      logger.error(`${path}: a JSON object is expected`);
    } catch (error) {
      logger.error(`${path}: ${errorText(error)}`);
    }
  }
  return null;
}

const languages: Readonly<Record<string, string>> = { en_US: 'en', zh_CN: 'zh' };

function withShortLanguages(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withShortLanguages);
  if (!isMap(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [languages[key] ?? key, withShortLanguages(member)]),
  );
}

const noAuthor = { name: '', email: '', company: '', website: '' };
const noText = { en: '', zh: '' };

/** The `about` of an answer. */
export function pluginAbout(metadata: Readonly<Record<string, unknown>> | null): Record<string, unknown> {
  const about = isMap(metadata?.about) ? metadata.about : {};
  const { trial = false, author, helpUrl, description } = about;
  return {
    trial,
    installed: true,
    author: { ...noAuthor, ...(isMap(author) ? author : {}) },
    helpUrl: { ...noText, ...(isMap(helpUrl) ? helpUrl : {}) },
    description: { ...noText, ...(isMap(description) ? description : {}) },
  };
}

/** Fields of a form; a list as default is a form of its own. */
export function pluginFields(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter(isMap).map(pluginField);
  if (!isMap(value)) return {};
  return Object.fromEntries(Object.entries(value).map(([key, fields]) => [key, pluginFields(fields)]));
}

function pluginField(field: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { name = '', default: standard = null, type = 'string', control = 'text', values = null } = field;
  return {
    exist: false,
    name,
    default: Array.isArray(standard) && standard.every(isMap) ? pluginFields(standard) : standard,
    type,
    control,
    connection_related: field.connection_related === true,
    optional: field.optional === true,
    values,
    hint: { ...noText, ...(isMap(field.hint) ? field.hint : {}) },
    label: { ...noText, ...(isMap(field.label) ? field.label : {}) },
  };
}
