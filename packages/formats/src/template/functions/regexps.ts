/** Functions of regular expressions. Source: behaviour spec, io §7.5. */
import { errorText, rowError } from '@kuiper/base';
import { declare, type FunctionTable } from '../function-table.ts';
import type { TemplatePattern } from '../template-environment.ts';
import { strings } from '../values.ts';
import { checkTextLength } from './limits.ts';

type Compile = (pattern: string) => TemplatePattern;

/** Matches one after another, at most `limit` of them (all when negative); an empty one not right after another. */
function* matches(pattern: TemplatePattern, text: string, limit: number): Generator<readonly number[]> {
  let from = 0;
  let lastEnd = -1;
  for (let count = 0; from <= text.length && (limit < 0 || count < limit); ) {
    const match = pattern.find(text, from);
    if (match === null) return;
    const [start, end] = match as [number, number];
    if (end > start) from = end;
    else from = end + ((text.codePointAt(end) ?? 0) > 0xffff ? 2 : 1);
    if (end === start && start === lastEnd) continue;
    lastEnd = end;
    count++;
    yield match;
  }
}

function replaceAll(pattern: TemplatePattern, text: string, replacement: (match: readonly number[]) => string): string {
  let out = '';
  let at = 0;
  for (const match of matches(pattern, text, -1)) {
    const [start, end] = match as [number, number];
    out += text.slice(at, start) + replacement(match);
    checkTextLength(out.length);
    at = end;
  }
  return out + text.slice(at);
}

/** `$1`, `${1}`, `$name`, `${name}`, `$$`; an unknown group is empty. */
function expand(template: string, pattern: TemplatePattern, text: string, match: readonly number[]): string {
  return template.replace(/\$(?:\$|(\w+)|\{(\w+)\})/g, (all, bare: string | undefined, braced: string | undefined) => {
    const name = bare ?? braced;
    if (name === undefined) return all === '$$' ? '$' : all;
    const group = /^\d+$/.test(name) ? Number(name) : pattern.names.get(name);
    if (group === undefined || group > pattern.groups) return '';
    const start = match[2 * group] ?? -1;
    return start < 0 ? '' : text.slice(start, match[2 * group + 1]);
  });
}

function split(pattern: TemplatePattern, source: string, text: string, limit: number): string[] {
  if (limit === 0) return [];
  if (source !== '' && text === '') return [''];
  const parts: string[] = [];
  let at = 0;
  let lastStart = 0;
  for (const match of matches(pattern, text, limit)) {
    if (limit > 0 && parts.length === limit - 1) break;
    const [start, end] = match as [number, number];
    if (end !== 0) parts.push(text.slice(at, start));
    at = end;
    lastStart = start;
  }
  // an empty match at the very end has no text behind it
  if (lastStart !== text.length) parts.push(text.slice(at));
  return parts;
}

export function regexpFunctions(compile: Compile): FunctionTable {
  /** The plain forms report a bad pattern in other words. */
  const compileOrPanic: Compile = (source) => {
    try {
      return compile(source);
    } catch (error) {
      return rowError(`regexp: Compile(\`${source}\`): ${errorText(error)}`);
    }
  };
  const test = (source: string, text: string): boolean => compile(source).find(text, 0) !== null;
  const family = (compiler: Compile): FunctionTable => ({
    Find: declare('string string', (source: string, text: string) => {
      const match = compiler(source).find(text, 0);
      return match === null ? '' : text.slice(match[0], match[1]);
    }),
    FindAll: declare('string string int', (source: string, text: string, limit: number) =>
      strings(Array.from(matches(compiler(source), text, limit), ([start, end]) => text.slice(start, end))),
    ),
    ReplaceAll: declare('string string string', (source: string, text: string, template: string) => {
      const pattern = compiler(source);
      return replaceAll(pattern, text, (match) => expand(template, pattern, text, match));
    }),
    ReplaceAllLiteral: declare('string string string', (source: string, text: string, replacement: string) =>
      replaceAll(compiler(source), text, () => replacement),
    ),
    Split: declare('string string int', (source: string, text: string, limit: number) =>
      strings(split(compiler(source), source, text, limit)),
    ),
  });
  const prefixed = (prefix: string, table: FunctionTable): FunctionTable =>
    Object.fromEntries(Object.entries(table).map(([name, declaration]) => [prefix + name, declaration]));
  return {
    ...prefixed('regex', family(compileOrPanic)),
    ...prefixed('mustRegex', family(compile)),
    mustRegexMatch: declare('string string', test),
    regexMatch: declare('string string', (source: string, text: string) => {
      try {
        return test(source, text);
      } catch {
        return false;
      }
    }),
    regexQuoteMeta: declare('string', (text: string) => text.replace(/[\\.+*?()|[\]{}^$]/g, '\\$&')),
  };
}
