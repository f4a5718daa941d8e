/** Functions of lists; they make new lists and never change theirs. Source: behaviour spec, io §7.5. */
import { compareStrings, rowError } from '@kuiper/base';
import { declare, type FunctionTable, type TemplateFunction } from '../function-table.ts';
import { strings } from '../values.ts';
import { sameValue } from './same-value.ts';
import { isEmpty } from './emptiness.ts';
import { elementsOf, kindInText, requiredElements, texts } from './list-argument.ts';
import { toInt } from './numeric-argument.ts';

function without(list: unknown, unwanted: readonly unknown[]): unknown[] {
  return requiredElements(list, 'find without on').filter(
    (element) => !unwanted.some((one) => sameValue(one, element)),
  );
}

function unique(list: unknown): unknown[] {
  const kept: unknown[] = [];
  for (const element of requiredElements(list, 'find uniq on')) {
    if (!kept.some((one) => sameValue(one, element))) kept.push(element);
  }
  return kept;
}

function has(needle: unknown, list: unknown): boolean {
  if (list === null || list === undefined) return false;
  return requiredElements(list, 'find has on').some((element) => sameValue(needle, element));
}

function slice(list: unknown, [from, to]: readonly unknown[]): unknown {
  const elements = elementsOf(list) ?? rowError(`list should be type of slice or array but ${kindInText(list)}`);
  if (elements.length === 0) return null;
  const start = from === undefined ? 0 : Number(toInt(from));
  const end = to === undefined ? elements.length : Number(toInt(to));
  if (start < 0 || end > elements.length || start > end) rowError('reflect.Value.Slice: slice index out of bounds');
  return elements.slice(start, end);
}

function concat(lists: readonly unknown[]): unknown[] {
  const all: unknown[] = [];
  for (const list of lists) {
    for (const element of elementsOf(list) ?? rowError(`Cannot concat type ${kindInText(list)} as list`))
      all.push(element);
  }
  return all;
}

function chunk(size: number, list: unknown): unknown[][] {
  const elements = requiredElements(list, 'chunk');
  if (size < 1) rowError('runtime error: integer divide by zero');
  const chunks: unknown[][] = [];
  for (let at = 0; at < elements.length; at += size) chunks.push(elements.slice(at, at + size));
  return chunks;
}

const functions: Readonly<Record<string, TemplateFunction>> = {
  first: declare('any', (list: unknown) => requiredElements(list, 'find first on')[0] ?? null),
  last: declare('any', (list: unknown) => requiredElements(list, 'find last on').at(-1) ?? null),
  rest: declare('any', (list: unknown) => requiredElements(list, 'find rest on').slice(1)),
  initial: declare('any', (list: unknown) => requiredElements(list, 'find initial on').slice(0, -1)),
  reverse: declare('any', (list: unknown) => [...requiredElements(list, 'find reverse on')].reverse()),
  append: declare('any any', (list: unknown, value: unknown) => [...requiredElements(list, 'push on'), value]),
  prepend: declare('any any', (list: unknown, value: unknown) => [value, ...requiredElements(list, 'prepend on')]),
  compact: declare('any', (list: unknown) => requiredElements(list, 'compact on').filter((one) => !isEmpty(one))),
  uniq: declare('any', unique),
  without: declare('any ...any', without),
  has: declare('any any', has),
  slice: declare('any ...any', slice),
  chunk: declare('int any', chunk),
};

const list = declare('...any', (values: readonly unknown[]) => values);

export const listFunctions: FunctionTable = {
  ...functions,
  push: functions['append'] as TemplateFunction,
  mustFirst: functions['first'] as TemplateFunction,
  mustLast: functions['last'] as TemplateFunction,
  mustRest: functions['rest'] as TemplateFunction,
  mustInitial: functions['initial'] as TemplateFunction,
  mustReverse: functions['reverse'] as TemplateFunction,
  mustAppend: functions['append'] as TemplateFunction,
  mustPush: functions['append'] as TemplateFunction,
  mustPrepend: functions['prepend'] as TemplateFunction,
  mustCompact: functions['compact'] as TemplateFunction,
  mustUniq: functions['uniq'] as TemplateFunction,
  mustWithout: functions['without'] as TemplateFunction,
  mustHas: functions['has'] as TemplateFunction,
  mustSlice: functions['slice'] as TemplateFunction,
  mustChunk: functions['chunk'] as TemplateFunction,
  list,
  tuple: list,
  concat: declare('...any', concat),
  toStrings: declare('any', (value: unknown) => strings(texts(value))),
  sortAlpha: declare('any', (value: unknown) => strings(texts(value).sort(compareStrings))),
};
