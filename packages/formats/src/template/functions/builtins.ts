/** The functions of the template language itself. Source: behaviour spec, io §7.3. */
import { rowError } from '@kuiper/base';
import { declare, type FunctionTable } from '../function-table.ts';
import { formatText } from '../printf.ts';
import { printed, valueText } from '../value-text.ts';
import { integerOf, intValue, isMap, isTrue, keysOf, memberOf, SizedInt, typeName } from '../values.ts';

function length(value: unknown): SizedInt {
  if (typeof value === 'string') return intValue(Buffer.byteLength(value));
  if (Array.isArray(value) || value instanceof Uint8Array) return intValue(value.length);
  if (isMap(value)) return intValue(keysOf(value).length);
  if (value === null) return rowError('len of nil pointer');
  if (value === undefined) return rowError('reflect: call of reflect.Value.Type on zero Value');
  return rowError(`len of type ${typeName(value)}`);
}

function index(item: unknown, indexes: readonly unknown[]): unknown {
  if (item === undefined || item === null) return rowError('index of untyped nil');
  let found: unknown = item;
  for (const key of indexes) {
    if (found === undefined || found === null) return rowError('index of nil pointer');
    found = element(found, key);
  }
  return found;
}

function element(item: {}, key: unknown): unknown {
  if (Array.isArray(item)) return item[position(key, item.length)] ?? null;
  if (item instanceof Uint8Array) return new SizedInt('uint8', BigInt(item[position(key, item.length)] as number));
  if (typeof item === 'string') {
    const bytes = Buffer.from(item);
    return new SizedInt('uint8', BigInt(bytes[position(key, bytes.length)] as number));
  }
  if (!isMap(item)) return rowError(`can't index item of type ${typeName(item)}`);
  if (typeof key === 'string') return memberOf(item, key) ?? (typeName(item) === 'map[string]string' ? '' : null);
  if (key === undefined || key === null) return rowError('value is nil; should be of type string');
  return rowError(`value has type ${typeName(key)}; should be string`);
}

function position(key: unknown, length: number): number {
  const at = integerOf(key);
  if (at === undefined) {
    if (key === undefined || key === null) return rowError('cannot index slice/array with nil');
    return rowError(`cannot index slice/array with type ${typeName(key)}`);
  }
  if (at < 0n || at >= BigInt(length)) return rowError(`index out of range: ${at}`);
  return Number(at);
}

const htmlEscapes: Readonly<Record<string, string>> = {
  '\0': '\ufffd',
  '"': '&#34;',
  "'": '&#39;',
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
};

/** One string as it is, anything else as it prints. */
function evaluated(args: readonly unknown[]): string {
  const [only] = args;
  return args.length === 1 && typeof only === 'string' ? only : printed(args.map((arg) => arg ?? '<no value>'));
}

function escapeHtml(text: string): string {
  return text.replace(/[\0"'&<>]/g, (character) => htmlEscapes[character] as string);
}

const scriptEscapes: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  "'": "\\'",
  '"': '\\"',
  '<': '\\u003C',
  '>': '\\u003E',
  '&': '\\u0026',
  '=': '\\u003D',
};

function escapeScript(text: string): string {
  return text.replace(/[\\'"<>&=]|[^ -~\p{L}\p{M}\p{N}\p{P}\p{S}]/gu, (character) => {
    const code = (character.codePointAt(0) as number).toString(16).toUpperCase().padStart(4, '0');
    return scriptEscapes[character] ?? `\\u${code}`;
  });
}

function escapeQuery(text: string): string {
  return encodeURIComponent(Buffer.from(text).toString('utf8'))
    .replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+');
}

function refuseCall(callee: unknown): never {
  if (callee === undefined || callee === null) return rowError('call of nil');
  return rowError(`non-function of type ${typeName(callee)}`);
}

/** `and` and `or` are compiled in place; the table only says that they exist and how many arguments they take. */
const inPlace = (): never => rowError('evaluated in place');

export const builtinFunctions: FunctionTable = {
  and: declare('value ...value', inPlace),
  or: declare('value ...value', inPlace),
  not: declare('value', (value: unknown) => !isTrue(value)),
  len: declare('value', length),
  index: declare('value ...value', index),
  print: declare('...any', printed),
  println: declare('...any', (values: readonly unknown[]) => `${values.map(valueText).join(' ')}\n`),
  printf: declare('string ...any', formatText),
  html: declare('...any', (args: readonly unknown[]) => escapeHtml(evaluated(args))),
  js: declare('...any', (args: readonly unknown[]) => escapeScript(evaluated(args))),
  urlquery: declare('...any', (args: readonly unknown[]) => escapeQuery(evaluated(args))),
  call: declare('value ...value', refuseCall),
};
