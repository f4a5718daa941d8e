/**
 * The recorded rule cases, played without a server: parser, analyzer, planner, decoder and program are real, and both
 * the generated code and the interpreter must answer as recorded. What sinks add is left to the black box run.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { catalogOf, type OptionChanges, planStatement } from '../plan/test-catalog.ts';
import { TestRun } from './run-program.ts';

interface StreamCase {
  readonly schema?: string;
  readonly with?: Readonly<Record<string, string>>;
}

interface RuleCase {
  readonly name: string;
  readonly sql: string;
  readonly streams?: Readonly<Record<string, StreamCase>>;
  readonly tables?: Readonly<Record<string, StreamCase>>;
  readonly setup?: unknown;
  readonly options?: Record<string, unknown>;
  readonly action?: unknown;
  readonly input?: readonly (readonly [string, unknown, number?])[];
  readonly compare?: string;
  readonly expect: { readonly messages?: readonly unknown[]; readonly createError?: unknown };
}

const folder = new URL('../conformance/cases/', import.meta.url);
const groups = [
  'select',
  'expressions',
  'aggregates',
  'analytic',
  'srf',
  'windows',
  'joins',
  'types',
  'functions-string',
  'functions-json-array-object',
];

/** Cases about what comes before or after the program: decoders and encoders. */
const elsewhere: ReadonlySet<string> = new Set([
  'float-results-range',
  'agg-stddevs-one-value',
  'use-int64-for-whole-number',
]);
const elsewherePrefixes = ['payload-'];

function isPlayable(c: RuleCase): boolean {
  if (c.expect.messages === undefined || c.setup !== undefined || c.action !== undefined) return false;
  if (elsewhere.has(c.name) || elsewherePrefixes.some((prefix) => c.name.startsWith(prefix))) return false;
  if (c.compare === 'shape') return false;
  const definitions = [...Object.values(c.streams ?? {}), ...Object.values(c.tables ?? {})];
  return definitions.every((d) => (d.with?.FORMAT ?? 'json').toLowerCase() === 'json');
}

function create(kind: 'STREAM' | 'TABLE', name: string, definition: StreamCase): string {
  const options = { DATASOURCE: name, FORMAT: 'json', TYPE: 'httppush', ...definition.with };
  const list = Object.entries(options).map(([key, value]) => `${key}="${value}"`);
  return `CREATE ${kind} ${name} ${definition.schema ?? '()'} WITH (${list.join(', ')})`;
}

function durationMs(value: unknown): number {
  if (typeof value === 'number') return value;
  const match = /^(\d+(?:\.\d+)?)(ms|s)$/.exec(String(value));
  return match === null ? 1000 : Number(match[1]) * (match[2] === 's' ? 1000 : 1);
}

function changes(options: Record<string, unknown> = {}): OptionChanges {
  const { lateTolerance, planOptimizeStrategy, ...rest } = options;
  const strategy = (planOptimizeStrategy ?? {}) as Record<string, unknown>;
  const window = (strategy.windowOption ?? {}) as Record<string, unknown>;
  const control = (strategy.optimizeControl ?? {}) as Record<string, unknown>;
  return {
    ...rest,
    ...(lateTolerance === undefined ? {} : { lateToleranceMs: durationMs(lateTolerance) }),
    planOptimizeStrategy: {
      enableIncrementalWindow: strategy.enableIncrementalWindow === true,
      disableAliasRefCal: strategy.disableAliasRefCal === true,
      enableSendSlidingWindowTwice: window.enableSendSlidingWindowTwice === true,
      windowVersion: String(window.windowVersion ?? ''),
      disableOptimizeRules: (control.disableOptimizeRules ?? []) as string[],
    },
  } as OptionChanges;
}

/** The statement with the streams' own names in place of the runner's marks. */
function plainNames(c: RuleCase): string {
  const names = [...Object.keys(c.streams ?? {}), ...Object.keys(c.tables ?? {})];
  return names.reduce((sql, name) => sql.replaceAll(`@${name}`, name), c.sql);
}

type Way = 'compiled' | 'interpreted' | 'resumed';

/** `resumed` stops at a checkpoint before every message and goes on from it. */
function play(c: RuleCase, way: Way): unknown[] {
  const statements = [
    ...Object.entries(c.streams ?? {}).map(([name, definition]) => create('STREAM', name, definition)),
    ...Object.entries(c.tables ?? {}).map(([name, definition]) => create('TABLE', name, definition)),
  ];
  const plan = planStatement(plainNames(c), catalogOf(statements), changes(c.options));
  const mode = way === 'interpreted' ? way : 'compiled';
  const sendError = c.options?.sendError !== false;
  let run = new TestRun({ plan, mode, sendError });
  for (const [stream, message, pauseMs] of c.input ?? []) {
    run.clock.advance(pauseMs ?? 0);
    if (way === 'resumed') run = new TestRun({ plan, mode, sendError, from: run });
    run.send(stream, message);
  }
  run.instance.stop();
  return run.messages;
}

/** Rows of one message in any order, or errors with any text, as the case says. */
function normal(message: unknown, compare: string | undefined): unknown {
  if (typeof message === 'string') return compare === 'errors' ? 'error' : message;
  if (compare === 'set' && Array.isArray(message)) return message.map((row) => JSON.stringify(sorted(row))).sort();
  return message;
}

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

for (const group of groups) {
  const { cases } = JSON.parse(readFileSync(new URL(`${group}.json`, folder), 'utf8')) as { cases: RuleCase[] };
  describe(group, () => {
    for (const c of cases.filter(isPlayable)) {
      test.each(['compiled', 'interpreted', 'resumed'] as const)(`${c.name} (%s)`, (way) => {
        const messages = play(c, way);
        const expected = (c.expect.messages ?? []).map((message) => normal(message, c.compare));
        expect(messages.map((message) => normal(message, c.compare))).toEqual(expected);
      });
    }
  });
}
