/** A command as data: the words that name it, how it is used, and what it asks of the server. */
import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { cliErrors, systemText } from '../errors.ts';
import { prependMember } from '../json-text.ts';
import type { RestClient } from '../rest-client.ts';
import type { Terminal } from '../terminal.ts';

export interface Command {
  /** `['create', 'stream']` */
  readonly words: readonly string[];
  /** What follows the words, for the help. */
  readonly usage: string;
  readonly about: string;
  /** What follows `kuiper`. */
  readonly example?: string;
  readonly options?: readonly OptionSpec[];
  /** Goes on until Ctrl-C and then puts things in order: its requests are not cut off. */
  readonly follows?: boolean;
  /** @returns the result to print; null when everything has been printed on the way */
  readonly run: (call: Call) => Promise<string | null>;
}

export interface OptionSpec {
  /** `-f, --file <path>` */
  readonly flags: string;
  readonly about: string;
}

export interface Call {
  readonly args: readonly string[];
  /** By long name. */
  readonly options: Readonly<Record<string, string | boolean | undefined>>;
  readonly client: RestClient;
  readonly terminal: Terminal;
}

export const fileOption: OptionSpec = { flags: '-f, --file <path>', about: 'read the definition from a file' };
export const tableOption: OptionSpec = { flags: '--table', about: 'show a table instead of JSON' };

/** One or more names and nothing else. Throws `expected` as wrong usage. */
export function takeNames(args: readonly string[], count: number, expected: string): string[] {
  if (args.length !== count) throw cliErrors.USAGE(args.length < count ? expected : withFound(expected, args));
  return [...args];
}

export interface Definition {
  /** The words before the definition, such as the type and the name of a plugin. */
  readonly names: readonly string[];
  /** JSON as given; empty when it is optional and missing. */
  readonly json: string;
}

/** Names followed by a definition, which is the next argument or the content of `--file`. */
export async function takeDefinition(
  { args, options, terminal }: Call,
  count: number,
  expected: string,
  isOptional = false,
): Promise<Definition> {
  const { file } = options;
  const fromFile = typeof file === 'string';
  const least = count + (fromFile || isOptional ? 0 : 1);
  const most = count + (fromFile ? 0 : 1);
  if (args.length < least || args.length > most) throw cliErrors.USAGE(withFound(expected, args));
  const json = fromFile ? await readLocal(terminal, file) : (args[count] ?? '');
  return { names: args.slice(0, count), json };
}

function withFound(expected: string, args: readonly string[]): string {
  return `${expected}\nBut found ${args.length} args:[${args.join(' ')}].`;
}

export async function readLocal({ cwd }: Terminal, path: string): Promise<string> {
  try {
    return await readFile(resolve(cwd, path), 'utf8');
  } catch (error) {
    throw cliErrors.FILE_READ(path, systemText(error), { cause: error });
  }
}

export async function writeLocal({ cwd }: Terminal, path: string, text: string): Promise<void> {
  try {
    await writeFile(resolve(cwd, path), text);
  } catch (error) {
    throw cliErrors.FILE_WRITE(path, systemText(error), { cause: error });
  }
}

/**
 * The definition with its own name in it. Text that is no JSON object goes to the server as it is: its error tells more.
 * @param key of the name, matched in any case as the server does
 * Throws when the definition says another name than the command.
 */
export function nameDefinition(json: string, key: string, name: string, what: string): string {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return json;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return json;
  const own = Object.keys(value).find((member) => member.toLowerCase() === key);
  if (own === undefined) return prependMember(json, key, name);
  const defined = (value as Record<string, unknown>)[own];
  if (defined !== name) throw cliErrors.NAME_MISMATCH(what, name, String(defined));
  return json;
}

/** `-s true`; the flag alone means true, its absence false. Throws for other words. */
export function takeFlag({ options }: Call, name: string, letter: string): boolean {
  const value = options[name];
  if (value === undefined) return false;
  if (typeof value === 'boolean') return value;
  if (/^(1|t|true)$/i.test(value)) return true;
  if (/^(0|f|false)$/i.test(value)) return false;
  throw cliErrors.USAGE(`Expect ${letter} flag to be a boolean value.`);
}

/** A segment of a path. */
export function segment(name: string): string {
  return encodeURIComponent(name);
}
