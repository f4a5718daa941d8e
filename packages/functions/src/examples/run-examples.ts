/**
 * Runs the examples of a declaration. An example is run in each way the engine may call the function: with tagged
 * arguments, and with arguments of the kinds that its values have; aggregates also split in two and merged. All ways
 * must give the declared result, kind for kind.
 */
import {
  deepEqual,
  errorText,
  encodeBase64,
  DateTime,
  type Kind,
  kindOfTagged,
  tagValue,
  untagValue,
} from '@kuiper/base';
import type {
  AggregateFunction,
  AnalyticFunction,
  Argument,
  ColumnsFunction,
  FunctionDeclaration,
  FunctionExample,
  ScalarFunction,
  SetFunction,
} from '@kuiper/sdk';
import { adaptArgument, argumentAt, resultForNull } from '../call-function.ts';
import { checkCallArguments } from '../check-arguments.ts';
import { exampleContext } from './example-context.ts';
import { type ExampleArgument, type ExampleCall, parseExampleCall, parseResult } from './sql-literal.ts';

/** @returns one line per example and way that does not give what it says; empty when all do */
export async function checkExamples(declaration: FunctionDeclaration): Promise<string[]> {
  const problems: string[] = [];
  for (const example of declaration.examples) problems.push(...(await checkExample(declaration, example)));
  return problems;
}

async function checkExample(declaration: FunctionDeclaration, example: FunctionExample): Promise<string[]> {
  const call = parseExampleCall(example.call);
  const named = call.name === declaration.name || declaration.aliases?.includes(call.name) === true;
  if (!named) return [`${example.call}: calls another function`];
  const refused = checkCallArguments(declaration, call.args);
  if (refused !== null) return compareFailure(example, refused);
  if (declaration.class === 'implicit') return [];
  const problems: string[] = [];
  for (const way of ['tagged', 'typed'] as const) {
    for (const problem of await runExample(declaration, example, call, way)) problems.push(`${problem} (${way})`);
  }
  return problems;
}

function compareFailure(example: FunctionExample, text: string): string[] {
  return example.fails === text ? [] : [`${example.call}: fails with ${text}`];
}

type Way = 'tagged' | 'typed';

async function runExample(
  fn: FunctionDeclaration,
  example: FunctionExample,
  call: ExampleCall,
  way: Way,
): Promise<string[]> {
  let outcome: Outcome[];
  try {
    outcome = await outcomes(fn, example, call, way);
  } catch (thrown) {
    return compareFailure(example, errorText(thrown));
  }
  if (example.fails !== undefined) return [`${example.call}: does not fail`];
  const expected = typeof example.gives === 'string' ? [example.gives] : (example.gives ?? []);
  return outcome.flatMap(({ value, kind, label }, i) => {
    const text = expected[Math.min(i, expected.length - 1)] ?? 'nothing';
    if (!fits(value, kind))
      return [`${example.call}${label}: the result does not fit its kind ${JSON.stringify(kind)}`];
    return sameResult(tagValue(value, kind), parseResult(text))
      ? []
      : [`${example.call}${label}: gives ${show(value)}`];
  });
}

interface Outcome {
  readonly value: unknown;
  readonly kind: Kind;
  readonly label: string;
}

async function outcomes(
  fn: FunctionDeclaration,
  example: FunctionExample,
  call: ExampleCall,
  way: Way,
): Promise<Outcome[]> {
  const rows = example.rows ?? [example.row ?? {}];
  switch (fn.class) {
    case 'scalar':
      return [await scalarOutcome(fn, call.args, rows[0] ?? {}, way)];
    case 'aggregate':
      return aggregateOutcomes(fn, call.args, rows, way);
    case 'analytic':
      return analyticOutcomes(fn, call.args, rows);
    case 'set':
      return [setOutcome(fn, call.args, rows[0] ?? {})];
    case 'columns':
      return columnsOutcomes(fn, call.args, rows);
    case 'window':
      return rows.map((_, i) => ({ value: fn.eval(i, rows.length), kind: fn.returns, label: ` row ${i}` }));
    case 'implicit':
      return [];
  }
}

async function scalarOutcome(
  fn: ScalarFunction,
  args: readonly ExampleArgument[],
  row: ExampleRow,
  way: Way,
): Promise<Outcome> {
  const values = args.map((arg) => argumentValue(arg, row));
  const kinds = values.map((value, i) =>
    way === 'typed' || args[i]?.literal !== 'column' ? kindOfTagged(value) : 'any',
  );
  const adapted = values.map((value, i) => represent(value, kinds[i] as Kind, argumentAt(fn.args, i)));
  const kind = typeof fn.returns === 'function' ? fn.returns(...kinds) : fn.returns;
  const early = resultForNull(fn.onNull, values);
  if (early !== undefined) return { value: early, kind, label: '' };
  const value = await (fn.context === true ? fn.eval(exampleContext(), ...adapted) : fn.eval(...adapted));
  return { value, kind, label: '' };
}

/** A tagged value as a slot of `kind` hands it to a declared argument. */
function represent(value: unknown, kind: Kind, argument: Argument | undefined): unknown {
  if (argument?.kind === 'number') return value === undefined ? null : untagValue(value, kind);
  return adaptArgument(value, argument?.kind ?? 'any');
}

function aggregateOutcomes(
  fn: AggregateFunction,
  args: readonly ExampleArgument[],
  rows: readonly ExampleRow[],
  way: Way,
): Outcome[] {
  const tagged = rows.map((row) => args.map((arg) => argumentValue(arg, row)));
  const kinds = args.map(
    (_, column): Kind => (way === 'typed' ? columnKindOf(tagged.map((row) => row[column])) : 'any'),
  );
  const calls = tagged.map((row, i) => {
    const values = row.map((value, column) => untagValue(value, kinds[column] as Kind));
    return fn.wholeRow === true ? [rows[i], ...values] : values;
  });
  const impl = fn.implement(...(fn.wholeRow === true ? ['any' as Kind, ...kinds] : kinds));
  const whole = impl.init();
  for (const values of calls) impl.add(whole, ...values);
  const result = (state: unknown, label: string): Outcome => ({ value: impl.result(state), kind: impl.returns, label });
  const found = [result(whole, '')];
  if (impl.merge !== undefined) {
    for (let split = 0; split <= calls.length; split++) {
      const [left, right] = [impl.init(), impl.init()];
      for (const [i, values] of calls.entries()) impl.add(i < split ? left : right, ...values);
      impl.merge(left, right);
      found.push(result(left, ` merged at ${split}`));
    }
  }
  if (impl.remove !== undefined && calls.length > 0) {
    const state = impl.init();
    const twice = [...calls, ...calls];
    for (const values of twice) impl.add(state, ...values);
    for (const values of calls) impl.remove(state, ...values);
    found.push(result(state, ' after removing'));
  }
  found.push(result(structuredClone(whole), ' restored'));
  return found;
}

/** The kind that all values share, nulls aside. */
function columnKindOf(values: readonly unknown[]): Kind {
  const kinds = new Set(values.filter((value) => value !== null && value !== undefined).map(kindOfTagged));
  return kinds.size === 1 ? ([...kinds][0] as Kind) : 'any';
}

function analyticOutcomes(
  fn: AnalyticFunction,
  args: readonly ExampleArgument[],
  rows: readonly ExampleRow[],
): Outcome[] {
  let state = fn.init();
  return rows.map((row, i) => {
    const values = args.map((arg) => adaptArgument(argumentValue(arg, row), 'any'));
    const kind = typeof fn.returns === 'function' ? fn.returns(...values.map((): Kind => 'any')) : fn.returns;
    const value = fn.next(state, true, ...values);
    state = structuredClone(state);
    return { value, kind, label: ` row ${i}` };
  });
}

function setOutcome(fn: SetFunction, args: readonly ExampleArgument[], row: ExampleRow): Outcome {
  return { value: fn.eval(...args.map((arg) => argumentValue(arg, row))), kind: 'any', label: '' };
}

function columnsOutcomes(
  fn: ColumnsFunction,
  args: readonly ExampleArgument[],
  rows: readonly ExampleRow[],
): Outcome[] {
  const options = args.slice(0, 2);
  const columns = args.slice(2);
  const state = fn.init();
  return rows.map((row, i) => {
    const names = columns.flatMap((arg) => (arg.literal === 'wildcard' ? Object.keys(row) : [arg.value as string]));
    const values = names.map((name) => row[name]);
    const given = options.map((arg) => argumentValue(arg, row));
    return { value: fn.next(state, given, names, values), kind: 'any', label: ` row ${i}` };
  });
}

type ExampleRow = Readonly<Record<string, unknown>>;

function argumentValue(arg: ExampleArgument, row: ExampleRow): unknown {
  if (arg.literal === 'wildcard') return row;
  return arg.literal === 'column' ? (row[arg.value as string] ?? null) : arg.value;
}

/** True when a value is represented as slots of its kind hold it. */
function fits(value: unknown, kind: Kind): boolean {
  if (value === null || value === undefined || kind === 'any') return true;
  if (kind === 'int') return typeof value === 'bigint' ? !isSafe(value) : Number.isSafeInteger(value);
  const found = kindOfTagged(value);
  return typeof kind === 'string' ? found === kind : typeof found !== 'string' && found.k === kind.k;
}

function isSafe(value: bigint): boolean {
  return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER;
}

/** Instants are written in examples as RFC 3339, bytes in base64. */
function sameResult(value: unknown, expected: unknown): boolean {
  if (value instanceof DateTime) return value.rfc3339() === expected;
  if (value instanceof Uint8Array) return encodeBase64(value) === expected;
  return deepEqual(value, 'any', expected, 'any');
}

function show(value: unknown): string {
  if (value instanceof DateTime) return value.rfc3339();
  if (value instanceof Uint8Array) return encodeBase64(value);
  return JSON.stringify(value, (_, member) => (typeof member === 'bigint' ? `${member} (int)` : member)) ?? 'undefined';
}
