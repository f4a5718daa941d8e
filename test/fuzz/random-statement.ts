/**
 * Statements along the grammar, over the sources of {@link fuzzDefinitions}: most of them valid, none of them sensible.
 * Mutations of them and plain garbage find what the grammar would not.
 */
import { builtinTable } from '@kuiper/functions';
import type { Dice } from './dice.ts';

export const fuzzDefinitions: readonly string[] = [
  'CREATE STREAM s () WITH (DATASOURCE="s", FORMAT="json", TYPE="httppush", TIMESTAMP="ts")',
  `CREATE STREAM t (a BIGINT, b FLOAT, c STRING, ok BOOLEAN, arr ARRAY(BIGINT), st STRUCT(x BIGINT, y STRING),
    bin BYTEA, dt DATETIME, ts BIGINT) WITH (DATASOURCE="t", FORMAT="json", TYPE="httppush", TIMESTAMP="ts")`,
  `CREATE STREAM v (a BIGINT DEFAULT 7, b FLOAT, c STRING, dt DATETIME, ts BIGINT)
    WITH (DATASOURCE="v", FORMAT="json", TYPE="httppush", TIMESTAMP="ts", STRICT_VALIDATION="true")`,
  'CREATE TABLE tb () WITH (DATASOURCE="tb", FORMAT="json", TYPE="httppush", RETAIN_SIZE="3")',
  'CREATE TABLE lk () WITH (DATASOURCE="lk", TYPE="memory", KIND="lookup", KEY="a")',
];

const columns = ['a', 'b', 'c', 'ok', 'arr', 'st', 'bin', 'dt', 'ts', 'x', '`__proto__`', '`constructor`', '`a b`'];
const numbers = [
  '0',
  '1',
  '-1',
  '2.5',
  '9223372036854775807',
  '-9223372036854775808',
  '1.',
  '.5',
  '99999999999999999999',
];
const texts = ['""', '"a"', "'%a_'", '"1.5"', '"2020-01-02T03:04:05Z"', '"\\u00e9"', '"$.a[0]"', '"["', '"__proto__"'];
const binaries = '+ - * / % & | ^ = != < <= > >= AND OR'.split(' ');
const functions = builtinTable().names();
const units = ['dd', 'hh', 'mi', 'ss', 'ms'];
const analytic = [
  'lag',
  'latest',
  'changed_col',
  'had_changed',
  'acc_sum',
  'acc_avg',
  'acc_max',
  'acc_min',
  'acc_count',
];
const aggregates = [
  'count',
  'sum',
  'avg',
  'min',
  'max',
  'collect',
  'last_value',
  'median',
  'stddev',
  'percentile_disc',
];

export function randomStatement(dice: Dice): string {
  const from = dice.chance(0.04) ? dice.pick(['tb', 'nowhere']) : dice.pick(['s', 's', 's', 't', 't', 'v', 's AS q']);
  const joins = dice.chance(0.2) ? dice.several(1, 2, () => join(dice)) : [];
  const window = dice.chance(joins.length > 0 ? 0.8 : 0.4) ? randomWindow(dice) : null;
  const grouped = window !== null && dice.chance(0.5);
  const dims = [
    ...(grouped ? dice.several(1, 2, () => expression(dice, 2)) : []),
    ...(window === null ? [] : [window]),
  ];
  const parts = [`SELECT ${dice.several(1, 4, () => item(dice, grouped)).join(', ')}`, `FROM ${from}`, ...joins];
  if (dice.chance(0.4)) parts.push(`WHERE ${condition(dice)}`);
  if (dims.length > 0) parts.push(`GROUP BY ${dims.join(', ')}`);
  if (dice.chance(grouped ? 0.3 : 0.03)) parts.push(`HAVING ${aggregate(dice)} > ${expression(dice, 1)}`);
  if (dice.chance(0.15)) parts.push(`ORDER BY ${dice.pick(columns)}${dice.pick(['', ' DESC', ', b ASC'])}`);
  if (dice.chance(0.1)) parts.push(`LIMIT ${dice.below(4)}`);
  return parts.join(' ');
}

function item(dice: Dice, grouped: boolean): string {
  const roll = dice.below(20);
  const alias = dice.chance(0.5) ? ` AS ${dice.pick(['x', 'y', 'z', 'a', 'n1', 'n2', '`__proto__`'])}` : '';
  const invisible = dice.chance(0.05) ? ' INVISIBLE' : '';
  if (roll === 0) return `*${dice.pick(['', ' EXCEPT(a)', ' REPLACE(a + 1 AS a)', ' EXCEPT(b) REPLACE(1 AS c)'])}`;
  if (roll === 1) return `${dice.pick(['unnest', 'extract'])}(${expression(dice, 1)})${alias}`;
  if (roll === 2)
    return `changed_cols("p_", ${dice.pick(['true', 'false'])}, ${dice.pick(['*', 'a', 'a, b'])})${alias}`;
  if (roll === 3) return `row_number()${dice.pick(['', ' OVER (PARTITION BY a ORDER BY b DESC)'])}${alias}`;
  if (grouped && roll < 12) return `${aggregate(dice)}${alias}${invisible}`;
  return `${expression(dice, 3)}${alias}${invisible}`;
}

function join(dice: Dice): string {
  const type = dice.pick(['INNER', 'LEFT', 'RIGHT', 'FULL', 'CROSS']);
  const source = dice.pick(['s', 't', 'v', 'tb', 'lk', 't AS w']);
  if (type === 'CROSS') return `CROSS JOIN ${source}`;
  const on = dice.pick(['s.a = t.a', 't.a = s.b AND t.b > 1', 's.a = lk.a', 's.a = tb.a', 'a = 1', condition(dice)]);
  return `${type} JOIN ${source} ON ${on}`;
}

function randomWindow(dice: Dice): string {
  const n = (): string => String(dice.pick([1, 2, 3, 10, 60, 1000]));
  const time = (): string => `${dice.pick(units)}, ${n()}`;
  const base = dice.pick([
    () => `tumblingwindow(${time()})`,
    () => `hoppingwindow(${time()}, ${n()})`,
    () => `slidingwindow(${time()})`,
    () => `slidingwindow(${time()}, ${n()})`,
    () => `sessionwindow(${time()}, ${n()})`,
    () => `countwindow(${n()})`,
    () => `countwindow(${dice.pick(['10', '1000'])}, ${dice.pick(['1', '2', '3'])})`,
    () => `statewindow(${condition(dice)})`,
    () => `statewindow(${condition(dice)}, ${condition(dice)})`,
  ])();
  const filter = dice.chance(0.2) ? ` FILTER (WHERE ${condition(dice)})` : '';
  const over = dice.chance(0.2)
    ? ` OVER (${dice.pick(['', `WHEN ${condition(dice)}`])} ${dice.pick(['', `PARTITION BY ${expression(dice, 1)}`])})`
    : '';
  return base + filter + over;
}

function aggregate(dice: Dice): string {
  const name = dice.pick(aggregates);
  if (name === 'count' && dice.chance(0.5)) return 'count(*)';
  if (name === 'last_value') return `last_value(${expression(dice, 1)}, ${dice.pick(['true', 'false'])})`;
  if (name === 'percentile_disc') return `percentile_disc(${expression(dice, 1)}, 0.5)`;
  return `${name}(${expression(dice, 2)})`;
}

function condition(dice: Dice): string {
  const roll = dice.below(8);
  if (roll === 0) return `${expression(dice, 2)} ${dice.pick(['', 'NOT '])}BETWEEN 1 AND ${dice.pick(numbers)}`;
  if (roll === 1) return `${expression(dice, 2)} ${dice.pick(['', 'NOT '])}IN (${expression(dice, 1)}, 1)`;
  if (roll === 2) return `c ${dice.pick(['', 'NOT '])}LIKE ${dice.pick(texts)}`;
  if (roll === 3) return `${expression(dice, 1)} = 1 ${dice.pick(['AND', 'OR'])} ${expression(dice, 1)} > 2`;
  if (roll === 4) return `had_changed(true, ${dice.pick(columns)})`;
  return `${expression(dice, 2)} ${dice.pick(['=', '!=', '<', '<=', '>', '>='])} ${expression(dice, 1)}`;
}

function expression(dice: Dice, depth: number): string {
  if (depth <= 0 || dice.chance(0.25)) return leaf(dice);
  const inner = (): string => expression(dice, depth - 1);
  switch (dice.below(12)) {
    case 0:
      return `(${inner()})`;
    case 1:
      return `CASE ${inner()} WHEN ${inner()} THEN ${inner()} ELSE ${inner()} END`;
    case 2:
      return `CASE WHEN ${inner()} > 1 THEN ${inner()} END`;
    case 3:
      return `${inner()}[${dice.pick(['0', '-1', '1:', ':2', ':', inner()])}]`;
    case 4:
      return `${inner()}->${dice.pick(columns)}`;
    case 5:
      return `${analyticCall(dice, inner)}${dice.pick(['', '', ' OVER (PARTITION BY c)', ' OVER (WHEN a > 1)', ' OVER (PARTITION BY a, c WHEN ok)'])}`;
    case 6:
    case 7:
    case 8:
      return scalarCall(dice, inner);
    case 9:
      return `meta(${dice.pick(['topic', 'a->b', '*', 's.topic'])})`;
    default:
      return `${inner()} ${dice.pick(binaries)} ${inner()}`;
  }
}

function analyticCall(dice: Dice, inner: () => string): string {
  const name = dice.pick(analytic);
  if (name.endsWith('changed') || name.startsWith('changed'))
    return `${name}(${dice.pick(['true', 'false'])}, ${inner()})`;
  if (name === 'lag') return `lag(${inner()}${dice.pick(['', ', 2', ', 3, 0', ', 1, a, false'])})`;
  return `${name}(${inner()}${name.startsWith('acc') && dice.chance(0.3) ? ', a > 1, a < 0' : ''})`;
}

/** A call of a built-in function, mostly with as many arguments as it takes, and of the kinds it takes. */
function scalarCall(dice: Dice, inner: () => string): string {
  const name = dice.pick(functions);
  const declared = builtinTable().find(name)?.args ?? [];
  if (dice.chance(0.05)) return `${name}(${dice.several(0, 3, inner).join(', ')})`;
  const needed = declared.filter(({ optional, atLeast }) => optional !== true && atLeast !== 0).length;
  const spread = declared.at(-1)?.atLeast === undefined ? 0 : 2;
  const count = needed + dice.below(declared.length - needed + 1 + spread);
  const args = Array.from({ length: count }, (_, i) => argument(dice, declared[i]?.kind, inner));
  return `${name}(${args.join(', ')})`;
}

function argument(dice: Dice, kind: unknown, inner: () => string): string {
  if (dice.chance(0.2)) return inner();
  switch (kind) {
    case 'string':
    case 'text':
      return dice.pick(dice.chance(0.6) ? texts : ['c', 'x', 'a']);
    case 'int':
    case 'float':
    case 'number':
      return dice.pick(dice.chance(0.5) ? numbers : ['a', 'b', 'x', 'ts']);
    case 'bool':
      return dice.pick(['true', 'false', 'ok', 'a = 1']);
    case 'datetime':
      return dice.pick(['dt', 'ts', '"2020-01-02"', 'a']);
    default:
      return dice.chance(0.5) ? dice.pick(['arr', 'st', 'a', 'x', 'c']) : inner();
  }
}

function leaf(dice: Dice): string {
  const roll = dice.below(10);
  if (roll < 5) return dice.pick(columns);
  if (roll < 6) return `${dice.pick(['s', 't', 'v', 'q', 'st', 'lk'])}.${dice.pick(columns)}`;
  if (roll < 8) return dice.pick(numbers);
  return roll < 9 ? dice.pick(texts) : dice.pick(['true', 'FALSE']);
}

const tokens = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`|[A-Za-z_][A-Za-z0-9_]*|[0-9.]+|->|[^\sA-Za-z0-9]/g;

/** Tokens removed, doubled, swapped, or replaced by those of another statement. */
export function mutate(dice: Dice, text: string, other: string): string {
  const list = text.match(tokens) ?? [];
  const others = other.match(tokens) ?? ['SELECT'];
  for (let i = 1 + dice.below(3); i > 0; i--) {
    const at = dice.below(list.length + 1);
    const taken = dice.pick([0, 1, 1, 2]);
    list.splice(at, taken, ...dice.several(0, 2, () => dice.pick(dice.chance(0.5) ? others : list) ?? '('));
  }
  return list.join(dice.pick([' ', ' ', '\n']));
}

const pieces = [
  'SELECT',
  ' * ',
  'FROM ',
  's',
  '(',
  ')',
  '[',
  ']',
  '"',
  "'",
  '`',
  '\\',
  '--',
  '/*',
  '*/',
  '\0',
  'é',
  '😀',
];

export function garbage(dice: Dice): string {
  const codes = (): string => String.fromCharCode(dice.below(dice.pick([128, 256, 65_536])));
  return dice.several(0, 40, () => (dice.chance(0.5) ? dice.pick(pieces) : codes())).join('');
}
