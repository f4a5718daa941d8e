/** What can be wrong with a plugin's folder, or with making, packing and installing one. */
import { defineErrors, ErrorCode } from '@kuiper/base';

const user = { code: ErrorCode.general, domain: 'user' } as const;

export const pluginErrors = defineErrors({
  NAME: {
    ...user,
    text: (name: string) =>
      `"${name}" cannot be the name of a plugin: a letter, then letters, digits and underscores, since it names files and functions.`,
  },
  OPTION: {
    ...user,
    text: (option: string, value: string, known: readonly string[]) =>
      `--${option} ${value} is not known: it is one of ${known.join(', ')}.`,
  },
  NATIVE_LANGUAGE: {
    ...user,
    text: (language: string) =>
      `A native plugin is written in TypeScript, not in ${language}: leave out --kind native.`,
  },
  NATIVE_OFFERS: {
    ...user,
    text: () => 'A native plugin offers one of source, sink and function: create one for each, or use --kind portable.',
  },
  EXISTS: { ...user, text: (path: string) => `${path} is there already: nothing was written.` },
  SDK_MISSING: {
    ...user,
    text: (what: string, path: string) => `This installation has no ${what}: ${path} is missing.`,
  },
  NOT_A_DIRECTORY: { ...user, text: (path: string) => `${path} is no folder of a plugin.` },
  NO_PLUGIN: {
    ...user,
    text: (path: string) =>
      `${path} holds no plugin: neither a <name>.json with "language" and "executable" nor a module such as <name>.ts.`,
  },
  SEVERAL_MANIFESTS: {
    ...user,
    text: (files: readonly string[]) => `Which one is the plugin's? ${files.join(', ')} all describe one.`,
  },
  SEVERAL_MODULES: {
    ...user,
    text: (files: readonly string[]) =>
      `Which module is the plugin's? There are ${files.join(', ')}: give one the name of the folder.`,
  },
  TYPE_UNKNOWN: {
    ...user,
    text: (file: string) =>
      `${file}: is it a source, a sink or a function? Say so with --type, or export a class with subscribe, pull, lookup, collect or exec.`,
  },
  /** Something at a place of a file. */
  AT: { ...user, text: (place: string, what: string) => `${place}: ${what}` },
  FILE: { ...user, text: (file: string, what: string) => `${file} ${what}.` },
  BUILD: { ...user, text: (command: string, output: string) => `${command} failed:\n${output}` },
  TOO_LARGE: {
    ...user,
    text: (what: string) => `A package holds at most 65535 files and 4 GiB: ${what}.`,
  },
  TOOL_MISSING: {
    ...user,
    text: (path: string) =>
      `This installation has no plugin test server: ${path} is missing. It comes with the engine.`,
  },
});
