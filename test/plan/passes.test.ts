/** The optimizer changes no answer: every recorded statement gives the same with and without the passes that only trim. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { TestRun } from '../program/run-program.ts';
import { catalogOf, type OptionChanges, planStatement } from './test-catalog.ts';

interface Definition {
  readonly schema?: string;
  readonly with?: Readonly<Record<string, string>>;
}

interface RecordedCase {
  readonly name: string;
  readonly sql?: string;
  readonly streams?: Readonly<Record<string, Definition>>;
  readonly tables?: Readonly<Record<string, Definition>>;
  readonly setup?: unknown;
  readonly options?: Readonly<Record<string, unknown>>;
  readonly input?: readonly (readonly [stream: string, message: unknown, pauseMs?: number])[];
  readonly expect?: { readonly messages?: readonly unknown[] };
}

const folder = new URL('../conformance/cases/', import.meta.url);
const trimming = ['columnPruner', 'constantFolding', 'indexCondition'];

function casesOf(group: string): readonly RecordedCase[] {
  const { cases } = JSON.parse(readFileSync(new URL(`${group}.json`, folder), 'utf8')) as { cases: RecordedCase[] };
  return cases.filter(
    (c) => c.sql !== undefined && c.setup === undefined && c.expect?.messages !== undefined && !isRandom(c.sql),
  );
}

function isRandom(sql: string): boolean {
  return /newuuid|rand\(|now\(|event_time\(/i.test(sql);
}

function create(kind: string, name: string, { schema = '()', with: options }: Definition): string {
  const all = { DATASOURCE: name, FORMAT: 'json', TYPE: 'httppush', ...options };
  const list = Object.entries(all).map(([key, value]) => `${key}="${value}"`);
  return `CREATE ${kind} ${name} ${schema} WITH (${list.join(', ')})`;
}

function answers(c: RecordedCase, disableOptimizeRules: readonly string[]): readonly unknown[] {
  const catalog = catalogOf([
    ...Object.entries(c.streams ?? {}).map(([name, definition]) => create('STREAM', name, definition)),
    ...Object.entries(c.tables ?? {}).map(([name, definition]) => create('TABLE', name, definition)),
  ]);
  const { isEventTime = false, sendNilField = false } = c.options ?? {};
  const changes = { isEventTime, sendNilField, planOptimizeStrategy: { disableOptimizeRules } } as OptionChanges;
  const plan = planStatement((c.sql as string).replace(/@(\w+)/g, '$1'), catalog, changes);
  const run = new TestRun({ plan, mode: 'interpreted' });
  for (const [stream, message, pauseMs = 1] of c.input ?? []) {
    run.clock.advance(pauseMs);
    run.send(stream, message);
  }
  run.clock.advance(60_000);
  return run.messages;
}

/** Its error text quotes the decoded row. */
const quotesRows: ReadonlySet<string> = new Set(['win-ts-missing-and-null']);

describe.each(['select', 'expressions', 'aggregates', 'analytic', 'srf', 'windows', 'joins'])('%s', (group) => {
  test('statements answer the same without the trimming passes', () => {
    for (const c of casesOf(group)) {
      if (quotesRows.has(c.name)) continue;
      expect({ [c.name]: answers(c, trimming) }).toEqual({ [c.name]: answers(c, []) });
    }
  });
});
