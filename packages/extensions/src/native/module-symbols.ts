/** What the exports of a module are. Source: behaviour spec, extension §3.1. */
import type {
  FunctionDeclaration,
  LookupDeclaration,
  PluginFunction,
  PluginLookup,
  PluginSink,
  PluginSource,
  SinkDeclaration,
  SourceDeclaration,
} from '@kuiper/sdk';
import { nativeErrors } from './errors.ts';

export type ModuleExports = Readonly<Record<string, unknown>>;

/** A class or a factory gives each rule its own instance, an object is the instance of all. */
export interface InstanceMaker<T> {
  readonly shared: boolean;
  make(): T;
}

/** What an export turned out to be: a declaration as built-ins use, or something with methods. */
export type Found<D, T> =
  | { readonly form: 'declaration'; readonly declaration: D }
  | { readonly form: 'instances'; readonly maker: InstanceMaker<T>; readonly probe: T };

/** The name a symbol is exported by: that of the plugin with an upper-case first letter, else as it is. */
export function findSymbol(exports: ModuleExports, name: string): { name: string; value: unknown } | null {
  for (const candidate of [upperFirst(name), name]) {
    if (Object.hasOwn(exports, candidate)) return { name: candidate, value: exports[candidate] };
  }
  return null;
}

export function upperFirst(name: string): string {
  return name.slice(0, 1).toUpperCase() + name.slice(1);
}

export function lowerFirst(name: string): string {
  return name.slice(0, 1).toLowerCase() + name.slice(1);
}

export function asSource(symbol: string, value: unknown): Found<SourceDeclaration, PluginSource> {
  return classify(
    symbol,
    value,
    'Source',
    (object) => hasMethods(object, 'open') && isText(object.emits) && isObject(object.props),
    (object) => hasMethods(object, 'subscribe') || hasMethods(object, 'pull'),
  );
}

export function asLookup(symbol: string, value: unknown): Found<LookupDeclaration, PluginLookup> {
  return classify(
    symbol,
    value,
    'LookupSource',
    (object) => hasMethods(object, 'open') && isObject(object.props),
    (object) => hasMethods(object, 'lookup'),
  );
}

export function asSink(symbol: string, value: unknown): Found<SinkDeclaration, PluginSink> {
  return classify(
    symbol,
    value,
    'Sink',
    (object) => hasMethods(object, 'open') && isText(object.accepts) && isObject(object.props),
    (object) => hasMethods(object, 'collect'),
  );
}

export function asFunction(symbol: string, value: unknown): Found<FunctionDeclaration, PluginFunction> {
  return classify(symbol, value, 'Function', isFunctionDeclaration, (object) => hasMethods(object, 'exec'));
}

const functionClasses = ['scalar', 'aggregate', 'analytic', 'set', 'columns', 'window'];

function isFunctionDeclaration(object: Members): boolean {
  return functionClasses.includes(object.class as string) && Array.isArray(object.args);
}

/** Whether an export that nobody has named may be meant as a function; of factories those with an upper-case name. */
export function looksLikeFunction(name: string, value: unknown): boolean {
  if (isObject(value)) return isFunctionDeclaration(value) || hasMethods(value, 'exec');
  if (typeof value !== 'function') return false;
  if (isClass(value)) return hasMethods(value.prototype as Members, 'exec');
  return /^\p{Lu}/u.test(name) && makesFunction(value as () => unknown);
}

function makesFunction(factory: () => unknown): boolean {
  try {
    const made = factory();
    return isObject(made) && (isFunctionDeclaration(made) || hasMethods(made, 'exec'));
  } catch {
    return false;
  }
}

type Members = Readonly<Record<string, unknown>>;

function classify<D, T>(
  symbol: string,
  value: unknown,
  type: string,
  isDeclaration: (object: Members) => boolean,
  isInstance: (object: Members) => boolean,
): Found<D, T> {
  if (isObject(value)) {
    if (isDeclaration(value)) return { form: 'declaration', declaration: value as D };
    if (isInstance(value)) {
      return { form: 'instances', maker: { shared: true, make: () => value as T }, probe: value as T };
    }
  } else if (typeof value === 'function') {
    const make = makerOf(value as new () => unknown);
    // Made to be looked at, as is done with every symbol before it is used.
    const probe = make();
    if (isObject(probe) && isInstance(probe)) {
      return { form: 'instances', maker: { shared: false, make: make as () => T }, probe: probe as T };
    }
    if (isObject(probe) && isDeclaration(probe)) return { form: 'declaration', declaration: probe as D };
  }
  throw nativeErrors.SYMBOL_TYPE(symbol, type);
}

function makerOf(value: new () => unknown): () => unknown {
  return isClass(value) ? () => new value() : (value as unknown as () => unknown);
}

/** A class, or a function whose prototype has methods. */
function isClass(value: object): boolean {
  if (/^class\b/.test(Function.prototype.toString.call(value))) return true;
  const { prototype } = value as { prototype?: unknown };
  return isObject(prototype) && Object.getOwnPropertyNames(prototype).length > 1;
}

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null;
}

function isText(value: unknown): boolean {
  return typeof value === 'string';
}

function hasMethods(object: Members, name: string): boolean {
  return typeof object[name] === 'function';
}
