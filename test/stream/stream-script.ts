/** Reads stream scripts; the format is described in FORMAT.md. */
import type { Row } from '@kuiper/base';
import type { OptionChanges } from '../plan/test-catalog.ts';

export interface StreamScript {
  readonly title: string;
  /** Line of the title. */
  readonly line: number;
  /** CREATE statements. */
  readonly definitions: readonly string[];
  readonly lookups: Readonly<Record<string, readonly Row[]>>;
  readonly options: OptionChanges;
  readonly startMs: number;
  readonly sql: string;
  /** The text with which the statement is refused; null when it runs. */
  readonly refused: string | null;
  readonly steps: readonly ScriptStep[];
}

/** One thing done to the rule, and all that comes out of it. */
export interface ScriptStep {
  readonly action: ScriptAction;
  /** The line in the script. */
  readonly text: string;
  /** Lines that begin with `=`, `!` or `-`, as {@link expectation} writes them. */
  readonly expected: readonly string[];
}

export type ScriptAction =
  | { readonly kind: 'start' }
  | { readonly kind: 'send'; readonly stream: string; readonly payload: string }
  | { readonly kind: 'advance'; readonly ms: number }
  | { readonly kind: 'meta'; readonly meta: Readonly<Record<string, unknown>> };

const defaultStartMs = 1_000_000;
const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

interface Draft {
  readonly title: string;
  readonly line: number;
  readonly definitions: string[];
  readonly lookups: Record<string, readonly Row[]>;
  readonly steps: { action: ScriptAction; text: string; expected: string[] }[];
  options: OptionChanges;
  startMs: number;
  sql: string;
  refused: string | null;
}

/** @throws Error with the line number of a line that means nothing */
export function parseScripts(text: string): readonly StreamScript[] {
  const scripts: Draft[] = [];
  let continued: ((line: string) => void) | null = null;
  text.split('\n').forEach((raw, index) => {
    const line = raw.trimEnd();
    const current = scripts.at(-1);
    if (line === '' || line.startsWith('#')) return;
    if (line.startsWith('  ') && continued !== null) return continued(line.trim());
    continued = null;
    if (line.startsWith('=== ')) return void scripts.push(draft(line.slice(4), index + 1));
    if (current === undefined) throw new Error(`line ${index + 1}: no script begins before this line`);
    const [word = '', rest = ''] = split(line);
    if (word === 'rule') {
      current.sql = rest;
      continued = (more) => {
        current.sql += `${current.sql === '' ? '' : '\n'}${more}`;
      };
      return;
    }
    readLine(current, word, rest, line, index + 1);
  });
  return scripts;
}

function draft(title: string, line: number): Draft {
  const start = { action: { kind: 'start' as const }, text: 'start', expected: [] };
  return {
    title,
    line,
    definitions: [],
    lookups: {},
    options: {},
    startMs: defaultStartMs,
    sql: '',
    refused: null,
    steps: [start],
  };
}

function readLine(script: Draft, word: string, rest: string, line: string, number: number): void {
  const [name = '', tail = ''] = split(rest);
  switch (word) {
    case 'stream':
    case 'table':
      script.definitions.push(create(word, name, tail));
      return;
    case 'lookup':
      script.definitions.push(
        `CREATE TABLE ${name} () WITH (DATASOURCE="${name}", TYPE="memory", KIND="lookup", KEY="id")`,
      );
      script.lookups[name] = JSON.parse(tail) as Row[];
      return;
    case 'options':
      script.options = JSON.parse(rest) as OptionChanges;
      return;
    case 'clock':
      script.startMs = Number(rest);
      return;
    case 'refused':
      script.refused = JSON.parse(rest) as string;
      return;
    case '>':
      return step(script, { kind: 'send', stream: name, payload: tail }, line);
    case '+':
      return step(script, { kind: 'advance', ms: durationMs(rest, number) }, line);
    case 'meta':
      return step(script, { kind: 'meta', meta: JSON.parse(rest) as Record<string, unknown> }, line);
    case '=':
      script.steps.at(-1)?.expected.push(expectation.rows(rest.startsWith('{') ? `[${rest}]` : rest));
      return;
    case '!':
      script.steps.at(-1)?.expected.push(expectation.error(rest));
      return;
    case '-':
      script.steps.at(-1)?.expected.push(expectation.drop(rest));
      return;
    default:
      throw new Error(`line ${number}: ${line}`);
  }
}

function step(script: Draft, action: ScriptAction, text: string): void {
  script.steps.push({ action, text, expected: [] });
}

/** What comes out, one line each. */
export const expectation = {
  /** @param json list of rows; spaces and the order of keys don't count, digits do */
  rows: (json: string): string => `= ${canonicalJson(json)}`,
  error: (text: string): string => `! ${text}`,
  drop: (reason: string): string => `- ${reason}`,
};

function split(text: string): readonly [string, string] {
  const at = text.search(/\s/);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at).trim()];
}

/** `name (columns) OPTION="value" …` as a CREATE statement of JSON messages that are pushed. */
function create(target: 'stream' | 'table', name: string, rest: string): string {
  const close = rest.lastIndexOf(')') + 1;
  const columns = rest.slice(0, close) || '()';
  return `CREATE ${target.toUpperCase()} ${name} ${columns} WITH (DATASOURCE="${name}", FORMAT="json", TYPE="httppush" ${rest.slice(close)})`;
}

function durationMs(text: string, line: number): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text);
  if (match === null) throw new Error(`line ${line}: ${text} is no duration`);
  return Math.round(Number(match[1]) * (unitMs[match[2] ?? ''] ?? 0));
}

/**
 * JSON without spaces and with keys in order of code points, all else as written: `1.0` stays `1.0`, integers keep
 * their digits.
 */
export function canonicalJson(json: string): string {
  const tokens = json.match(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g) ?? [];
  let at = 0;
  const list = (close: string, item: () => string): string[] => {
    const items: string[] = [];
    while (tokens[at] !== close) {
      if (at >= tokens.length) throw new Error(`no ${close} in ${json}`);
      if (tokens[at] === ',') at++;
      else items.push(item());
    }
    at++;
    return items;
  };
  const member = (): string => {
    const key = tokens[at++] ?? '';
    at++;
    return `${key}:${value()}`;
  };
  const value = (): string => {
    const token = tokens[at++] ?? '';
    if (token === '[') return `[${list(']', value).join()}]`;
    if (token !== '{') return token;
    return `{${list('}', member).sort().join()}}`;
  };
  const text = value();
  if (at !== tokens.length) throw new Error(`not one value: ${json}`);
  return text;
}
