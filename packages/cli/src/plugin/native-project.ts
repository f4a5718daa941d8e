/**
 * Native plugins: the module has the name of the plugin, its exports say what it is.
 * Source: behaviour spec, extension §3.1, §3.2.
 */
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isValidId } from '@kuiper/base';
import { pluginErrors } from './errors.ts';
import { listFolder, readOptional } from './plugin-folder.ts';
import type { NativeKind, PackedFile } from './plugin-project.ts';
import { jsonErrorPlace, jsonErrorText, placeIn } from './text-place.ts';

export interface NativeProject {
  readonly kind: 'native';
  readonly directory: string;
  readonly name: string;
  readonly type: NativeKind;
  /** The module, at the root of the folder. */
  readonly module: string;
  readonly files: readonly PackedFile[];
}

const moduleName = /^(\w[\w-]*)(@[\w.+-]+)?\.([cm]?[jt]s|node)$/;

/** Null when there is no module. */
export function readNativeProject(directory: string, type: NativeKind | undefined): NativeProject | null {
  const withModules = hasDependencies(directory);
  const paths = listFolder(directory, (path) => withModules || !/(^|\/)node_modules\//.test(path));
  const module = findModule(directory, paths);
  if (module === null) return null;
  const stem = moduleName.exec(module)?.[1] ?? '';
  if (!isValidId(stem)) throw pluginErrors.NAME(stem);
  const name = stem.slice(0, 1).toLowerCase() + stem.slice(1);
  const isAddon = module.endsWith('.node');
  const text = isAddon ? '' : readFileSync(join(directory, module), 'utf8');
  const code = withoutComments(text);
  const found = type ?? kindOf(module, code, paths.includes(`${name}.yaml`));
  if (!isAddon) checkExports(module, code, name, found);
  if (found === 'source' && !paths.includes(`${name}.yaml`)) {
    throw pluginErrors.FILE(`${name}.yaml`, 'is missing: a source has one, with "default: {}" at least');
  }
  const metadata = readOptional(directory, `${name}.json`);
  if (metadata !== null) checkJson(`${name}.json`, metadata);
  const files = paths.map((path) => ({ path, isExecutable: path === 'install.sh' }));
  return { kind: 'native', directory, name, type: found, module, files };
}

function findModule(directory: string, paths: readonly string[]): string | null {
  const modules = paths.filter((path) => moduleName.test(path) && !/\.config\.\w+$/.test(path));
  if (modules.length <= 1) return modules[0] ?? null;
  const folder = basename(directory).toLowerCase();
  const stem = (path: string): string => moduleName.exec(path)?.[1] ?? '';
  const named = modules.filter((path) => stem(path).toLowerCase() === folder);
  const described = modules.filter(
    (path) => paths.includes(`${stem(path)}.json`) || paths.includes(`${stem(path)}.yaml`),
  );
  const [only] = named.length > 0 ? named : described;
  if (only === undefined || (named.length > 0 ? named : described).length > 1)
    throw pluginErrors.SEVERAL_MODULES(modules);
  return only;
}

function hasDependencies(directory: string): boolean {
  const text = readOptional(directory, 'package.json');
  if (text === null) return false;
  checkJson('package.json', text);
  const { dependencies } = JSON.parse(text) as { readonly dependencies?: object };
  return Object.keys(dependencies ?? {}).length > 0;
}

function checkJson(file: string, text: string): void {
  try {
    JSON.parse(text);
  } catch (error) {
    throw pluginErrors.AT(jsonErrorPlace(file, text), jsonErrorText(error));
  }
}

/** Methods that only one kind has, or the declaration that makes it. */
const signs: Readonly<Record<NativeKind, RegExp>> = {
  source: /^\s*(async\s+)?(subscribe|pull|lookup)\s*[(=:]|\bdefine(Source|Lookup)\s*[(<]/m,
  sink: /^\s*(async\s+)?collect\s*[(=:]|\bdefineSink\s*[(<]/m,
  function: /^\s*(async\s+)?exec\s*[(=:]|\b(scalar|aggregate|analytic)\s*\(\s*\{/m,
};

function kindOf(module: string, code: string, hasYaml: boolean): NativeKind {
  const found = (Object.keys(signs) as NativeKind[]).filter((kind) => signs[kind].test(code));
  if (found.length === 1) return found[0] as NativeKind;
  if (hasYaml && (found.length === 0 || found.includes('source'))) return 'source';
  throw pluginErrors.TYPE_UNKNOWN(module);
}

/** The symbol by which the engine finds the plugin; functions may have any names. */
function checkExports(module: string, code: string, name: string, type: NativeKind): void {
  const isForeign = /\bexport\s*\*|\bmodule\.exports\s*=|\bexport\s+default\b/.test(code);
  if (isForeign) return;
  const exported = [
    ...code.matchAll(/\bexport\s+(?:async\s+)?(?:abstract\s+)?(?:class|function\*?|const|let|var)\s+(\w+)/g),
  ].map(([, symbol = '']) => symbol);
  for (const [, list = ''] of code.matchAll(/\bexport\s*\{([^}]*)\}/g)) {
    exported.push(
      ...list.split(',').map(
        (part) =>
          part
            .trim()
            .split(/\s+as\s+/)
            .at(-1) ?? '',
      ),
    );
  }
  for (const [, symbol = ''] of code.matchAll(/\bexports\.(\w+)\s*=/g)) exported.push(symbol);
  const symbol = name.slice(0, 1).toUpperCase() + name.slice(1);
  const wanted = type === 'source' ? [symbol, name, `${symbol}Lookup`, `${name}Lookup`] : [symbol, name];
  if (type === 'function' ? exported.length > 0 : wanted.some((one) => exported.includes(one))) return;
  const first = /\bexport\b/.exec(code);
  const place = first === null ? module : placeIn(module, code, first.index);
  const list = exported.length === 0 ? 'nothing' : exported.join(', ');
  throw pluginErrors.AT(place, `a ${type} "${name}" is exported as ${symbol}, found ${list}`);
}

/** The text with blanks for comments: places stay. */
function withoutComments(text: string): string {
  return text.replace(/\/\*[^]*?\*\/|(?<=^|\s)\/\/[^\n]*/g, (comment) => comment.replace(/[^\n]/g, ' '));
}
