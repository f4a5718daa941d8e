/** Errors of native plugins. Texts: behaviour spec, extension §3.1–§3.3, rest-cli-config §4.14. */
import { defineErrors, ErrorCode } from '@kuiper/base';

const code = ErrorCode.undefined;
const user = { code, domain: 'user' } as const;

export const nativeErrors = defineErrors({
  NAME_EMPTY: { ...user, text: () => 'invalid name : should not be empty' },
  NAME: {
    ...user,
    text: (name: string) => `invalid name ${name}: only alphanumeric, hyphens and underscores are allowed`,
  },
  DUPLICATE: { ...user, text: (name: string) => `invalid name ${name}: duplicate` },
  NOT_EXIST: { code: ErrorCode.notFound, domain: 'user', text: (name: string) => `invalid name ${name}: not exist` },
  FUNCTION_EXISTS: { ...user, text: (name: string) => `function name ${name} already exists` },
  FUNCTIONS_EMPTY: { ...user, text: () => `property 'functions' must not be empty` },
  SHELL_PARAMETERS: {
    ...user,
    text: (paras: readonly string[]) => `have shell parameters : [${paras.join(' ')}] but no install.sh file`,
  },
  ZIP: {
    ...user,
    text: (expected: number, names: readonly string[], zip: readonly string[], yaml: boolean, module: boolean) =>
      `invalid zip file: expectFiles: ${expected}, got filenames:[${names.join(' ')}], zipFiles: [${zip.join(' ')}], ` +
      `yamlFileChecked:${yaml}, soFileChecked:${module}`,
  },
  SHARED_OBJECT: {
    ...user,
    text: (file: string) =>
      `${file} is a plugin built for another engine: native plugins are JavaScript or TypeScript modules ` +
      `(.mjs, .js, .cjs, .ts, .mts, .cts) or Node-API addons (.node)`,
  },
  SEVERAL_MODULES: {
    ...user,
    text: (files: readonly string[]) => `several modules in one zip file: ${files.join(', ')}`,
  },
  SYNTAX: { ...user, text: (file: string, why: string) => `cannot read ${file}: ${why}` },
  LOAD: { ...user, text: (file: string, why: string) => `cannot load ${file}: ${why}` },
  API_VERSION: {
    ...user,
    text: (name: string, wanted: string, has: string) =>
      `plugin ${name} needs extension API ${wanted}, this engine has ${has}`,
  },
  API_RANGE: { ...user, text: (name: string, range: string) => `plugin ${name} has an unreadable apiVersion ${range}` },
  SYMBOL_TYPE: {
    ...user,
    text: (symbol: string, type: string) =>
      `exported symbol ${symbol} is not type of api.${type} or function that return api.${type}`,
  },
  SYMBOL_MISSING: {
    ...user,
    text: (symbol: string, exported: readonly string[]) =>
      `symbol ${symbol} not found: the module exports ${exported.length === 0 ? 'nothing' : exported.join(', ')}`,
  },
  NO_FUNCTIONS: { ...user, text: (name: string) => `plugin ${name} exports no function` },
  WORKER_KIND: {
    ...user,
    text: (name: string) => `plugin ${name} cannot be isolated in a worker: only scalar functions can`,
  },
  /** As the thread of its own has put it. */
  ISOLATED: { ...user, text: (_name: string, why: string) => why },
  VALIDATE: { ...user, text: (name: string, why: string) => `validate function ${name} error: ${why}` },
  DEPENDENCIES: { ...user, text: (why: string) => `npm ci failed: ${why}` },
});
