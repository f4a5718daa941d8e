/** Plays stream scripts in process: real parser, analyzer, planner, decoder, program and encoder, and a manual clock. */
import type { Row } from '@kuiper/base';
import { analyzeSelect, functionCheck, optimizePlan, planQuery, type RulePlan } from '@kuiper/engine';
import { jsonFormat } from '@kuiper/formats';
import { type OpenLookup } from '@kuiper/sdk';
import { parseSelect } from '@kuiper/sql';
import { catalogOf, optionsWith } from '../plan/test-catalog.ts';
import { TestRun } from '../program/run-program.ts';
import { expectation, type ScriptStep, type StreamScript } from './stream-script.ts';

export interface Way {
  readonly mode: 'compiled' | 'interpreted';
  /** Plays a copy of the plan, every node and expression a new object. */
  readonly rewritten?: boolean;
  /** Whether to stop at a checkpoint before this step and to go on from it. */
  readonly resumeBefore?: (step: number) => boolean;
}

/** @throws the error of a statement that is refused */
export function planScript(script: StreamScript, rewritten = false): RulePlan {
  const catalog = catalogOf(script.definitions);
  const statement = parseSelect(script.sql, { functions: functionCheck(catalog.functions) });
  const logical = planQuery(analyzeSelect(statement, catalog, optionsWith(script.options)));
  if (!rewritten) return optimizePlan(logical);
  return copyPlain(optimizePlan(copyPlain(logical)));
}

/** The script with what really came out in place of its expectations. */
export function playScript(script: StreamScript, plan: RulePlan, way: Way): string {
  const encoder = jsonFormat.createEncoder({ type: plan.outputType, options: {} });
  const sendError = script.options.sendError ?? true;
  const setup = {
    plan,
    mode: way.mode,
    sendError,
    startMs: script.startMs,
    lookups: Object.fromEntries(Object.entries(script.lookups).map(([name, rows]) => [name, lookup(rows)])),
    form: (rows: readonly Row[]): unknown => [String(encoder.encodeList(rows))],
  };
  let run = new TestRun(setup);
  const lines: string[] = [];
  let meta: Readonly<Record<string, unknown>> = {};
  script.steps.forEach((step, index) => {
    if (way.resumeBefore?.(index) === true) run = new TestRun({ ...setup, from: run });
    if (step.action.kind === 'meta') meta = step.action.meta;
    act(run, step, meta);
    lines.push(step.text, ...taken(run, sendError));
  });
  run.instance.stop();
  return lines.join('\n');
}

export function expectedText(script: StreamScript): string {
  return script.steps.flatMap(({ text, expected }) => [text, ...expected]).join('\n');
}

function act(run: TestRun, { action }: ScriptStep, meta: Readonly<Record<string, unknown>>): void {
  switch (action.kind) {
    case 'send':
      run.sendText(action.stream, action.payload, meta);
      return;
    case 'advance':
      run.clock.advance(action.ms);
      return;
    default:
  }
}

/** What came out since the last call. Without `sendError` the errors that were counted. */
function taken(run: TestRun, sendError: boolean): string[] {
  const lines = run.messages.splice(0).map((message) => {
    return typeof message === 'string' ? expectation.error(message) : expectation.rows((message as string[])[0] ?? '');
  });
  for (const { text } of run.errors.splice(0)) if (!sendError) lines.push(expectation.error(text));
  for (const { reason, count } of run.drops.splice(0)) lines.push(expectation.drop(`${count} ${reason}`));
  return lines;
}

function lookup(rows: readonly Row[]): OpenLookup {
  return {
    lookup: (_fields, keys, values) => rows.filter((row) => keys.every((key, i) => row[key] === values[i])),
    close: () => {},
  };
}

/** Declarations of functions stay what they are; all other plain data is made anew, and shared with nothing. */
function copyPlain<T>(value: T): T {
  if (Array.isArray(value)) return value.map(copyPlain) as T;
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  const entries = Object.entries(value).map(([key, member]) => [
    key,
    key === 'fn' || key === 'impl' ? member : copyPlain(member as unknown),
  ]);
  return Object.fromEntries(entries) as T;
}
