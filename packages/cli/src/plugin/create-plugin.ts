/** New plugins: small, complete, and working as they are. */
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pluginErrors } from './errors.ts';
import { fillTemplate, type ScaffoldNames, type SymbolKind, symbolKinds } from './scaffold-text.ts';
import { findSdk, type SdkLanguage } from './vendored-sdk.ts';

export const pluginLanguages = ['typescript', 'python', 'go'] as const;
export type PluginLanguage = (typeof pluginLanguages)[number];
export const pluginKinds = ['native', 'portable'] as const;
export type PluginKind = (typeof pluginKinds)[number];

export interface NewPlugin {
  readonly name: string;
  readonly language: PluginLanguage;
  readonly kind: PluginKind;
  readonly offers: readonly SymbolKind[];
}

const templates = new URL('../../scaffolds/', import.meta.url);

/**
 * @param directory the plugin's, made here
 * @returns the files that were written, but for those of the SDK
 * Throws before anything is written.
 */
export function createPlugin(plugin: NewPlugin, directory: string): string[] {
  const { name, kind, language, offers } = plugin;
  if (!/^[A-Za-z]\w*$/.test(name)) throw pluginErrors.NAME(name);
  if (existsSync(directory)) throw pluginErrors.EXISTS(directory);
  if (kind === 'native') {
    if (language !== 'typescript') throw pluginErrors.NATIVE_LANGUAGE(language);
    const [offered] = offers;
    if (offered === undefined || offers.length > 1) throw pluginErrors.NATIVE_OFFERS();
    return writeFiles(directory, nativeFiles(name, offered));
  }
  const sdkLanguage = language === 'typescript' ? 'node' : language;
  const sdk = findSdk(sdkLanguage);
  const names = { name, symbols: portableSymbols(name, offers) };
  const written = writeFiles(directory, portableFiles(names, sdkLanguage));
  for (const { from, to } of sdk) {
    cpSync(from, join(directory, to), {
      recursive: true,
      filter: (path) => !/__pycache__|_test\.go$|\.test\.|\.(map|tsbuildinfo)$/.test(path),
    });
  }
  return written;
}

/** Path → content. */
type Files = Readonly<Record<string, string>>;

function nativeFiles(givenName: string, offered: SymbolKind): Files {
  // The name of a plugin begins in lower case, that of its class in upper case.
  const name = givenName.slice(0, 1).toLowerCase() + givenName.slice(1);
  const names: ScaffoldNames = { name, symbols: { [offered]: name } };
  const text = (template: string): string => readTemplate(`native/${template}`, names);
  return {
    [`${name}.ts`]: text(`${offered}.ts`),
    [`${name}.test.mjs`]: text(`${offered}.test.mjs`),
    ...(offered === 'source' ? { [`${name}.yaml`]: text('source.yaml') } : {}),
    [`${name}.json`]: text(`${offered}.json`),
    'kuiper-plugin.d.ts': text('kuiper-plugin.d.ts'),
    'tsconfig.json': text('tsconfig.json'),
    'README.md': text(`${offered}.md`),
  };
}

/** A function has the name of the plugin, sources and sinks say what they are. */
function portableSymbols(name: string, offers: readonly SymbolKind[]): ScaffoldNames['symbols'] {
  const symbols = { source: `${name}Source`, sink: `${name}Sink`, function: name };
  return Object.fromEntries(offers.map((kind) => [kind, symbols[kind]]));
}

interface ProgramFiles {
  /** As the engine starts it. */
  readonly executable: string;
  /** Template → file. */
  readonly templates: Files;
}

const programs: Readonly<Record<SdkLanguage, ProgramFiles>> = {
  python: {
    executable: 'main.py',
    templates: { 'main.py': 'main.py', 'test_plugin.py': 'test_plugin.py' },
  },
  go: {
    executable: 'main',
    templates: { 'main.go': 'main.go', 'main_test.go': 'main_test.go', 'go.mod.txt': 'go.mod' },
  },
  node: {
    executable: 'main.mjs',
    templates: {
      'main.ts': 'main.ts',
      'symbols.ts': 'symbols.ts',
      'symbols.test.mjs': 'symbols.test.mjs',
      'tsconfig.json': 'tsconfig.json',
    },
  },
};

function portableFiles(names: ScaffoldNames, language: SdkLanguage): Files {
  const { name, symbols } = names;
  const { executable, templates } = programs[language];
  const list = (kind: SymbolKind): readonly string[] => [symbols[kind]].filter((symbol) => symbol !== undefined);
  const manifest = {
    version: 'v1.0.0',
    language,
    executable,
    sources: list('source'),
    sinks: list('sink'),
    functions: list('function'),
  };
  const files: Record<string, string> = { [`${name}.json`]: manifestText(manifest) };
  for (const [template, path] of Object.entries(templates)) {
    files[path] = readTemplate(`${language}/${template}`, names);
  }
  // Metadata is of a symbol, not of the plugin, so its templates see the symbol's name.
  for (const kind of symbolKinds) {
    const symbol = symbols[kind];
    if (symbol === undefined) continue;
    files[`${kind}s/${symbol}.json`] = readTemplate(`native/${kind}.json`, { ...names, name: symbol });
    if (kind === 'source') files[`sources/${symbol}.yaml`] = readTemplate('native/source.yaml', names);
  }
  files['README.md'] = readTemplate(`${language}/README.md`, names);
  return files;
}

/** Lists of names stand on one line. */
function manifestText(manifest: object): string {
  const text = JSON.stringify(manifest, null, 2);
  return `${text.replace(/\[[^\]]*\]/g, (list) => JSON.stringify(JSON.parse(list)).replaceAll(',', ', '))}\n`;
}

function readTemplate(path: string, names: ScaffoldNames): string {
  return fillTemplate(readFileSync(fileURLToPath(new URL(path, templates)), 'utf8'), names);
}

function writeFiles(directory: string, files: Files): string[] {
  for (const [path, content] of Object.entries(files)) {
    const full = join(directory, path);
    mkdirSync(dirname(full), { recursive: true });
    writeFileSync(full, content);
    if (path === 'main.py') chmodSync(full, 0o755);
  }
  return Object.keys(files);
}
