/**
 * Random expressions that mean the same here and in SQLite, written in both languages.
 *
 * Left out, because the meaning differs on purpose:
 *
 * | left out | here | SQLite |
 * |---|---|---|
 * | null in comparisons, AND, OR, LIKE, IN, BETWEEN, `length`, `concat` | false, 0 or empty | null |
 * | division by zero | a row error | null |
 * | integers beyond 64 bits | wrap | become floats |
 * | `%` of floats | the remainder | operands are truncated; `mod` is compared instead |
 * | numbers against strings, arithmetic on strings | a row error | an order of types, conversion |
 * | `cast` of floats to string, of texts that are no integers | shortest form, a row error | another form, 0 |
 * | case and space beyond ASCII | Unicode | ASCII |
 * | offsets in strings beyond ASCII | bytes | characters |
 * | `round` to a number of places | of the scaled float | of the decimal digits |
 * | `^` | exclusive or, written with `|`, `&` and `-` in SQLite | no operator |
 * | `log(b, x)` of inexact quotients, functions of functions | last digits | last digits |
 *
 * Mathematical functions that neither rounds correctly stand at the top only and are compared with a tolerance.
 */
import type { Dice } from '../fuzz/dice.ts';

export type ExprKind = 'int' | 'float' | 'string' | 'bool';

export interface Expr {
  readonly kuiper: string;
  readonly sqlite: string;
  readonly kind: ExprKind;
  /** No number of it is larger in size. */
  readonly bound: number;
  readonly nullable: boolean;
  /** False: the last digits may differ. */
  readonly exact: boolean;
}

/** Columns of the rows: `n`, `h` and `z` may be null. */
export const columns: readonly { name: string; kind: ExprKind; nullable: boolean }[] = [
  { name: 'i', kind: 'int', nullable: false },
  { name: 'j', kind: 'int', nullable: false },
  { name: 'n', kind: 'int', nullable: true },
  { name: 'f', kind: 'float', nullable: false },
  { name: 'g', kind: 'float', nullable: false },
  { name: 'h', kind: 'float', nullable: true },
  { name: 's', kind: 'string', nullable: false },
  { name: 't', kind: 'string', nullable: false },
  { name: 'z', kind: 'string', nullable: true },
  { name: 'b', kind: 'bool', nullable: false },
];

const columnBound = 1000;
/** Integers stay exact as floats, too. */
const largestBound = 2 ** 53;

export function randomExpression(dice: Dice, depth: number): Expr {
  if (dice.next() < 0.12) return topExpression(dice, depth);
  return expression(dice, dice.pick(['int', 'float', 'string', 'bool'] as const), depth, true);
}

interface Draft {
  readonly kuiper: string;
  readonly sqlite: string;
  readonly bound?: number;
  readonly nullable?: boolean;
}

type Rule = (dice: Dice, depth: number, nullable: boolean) => Draft | null;

function expression(dice: Dice, kind: ExprKind, depth: number, nullable: boolean): Expr {
  for (;;) {
    const rule = depth <= 0 || dice.next() < 0.15 ? leaf(kind) : dice.pick(rules[kind]);
    const draft = rule(dice, depth - 1, nullable);
    if (draft === null || (draft.bound ?? 0) > largestBound) continue;
    return { kind, bound: 0, nullable: false, exact: true, ...draft };
  }
}

function leaf(kind: ExprKind): Rule {
  return (dice, _, nullable) => {
    if (dice.next() < 0.7) {
      const { name, nullable: isNull } = dice.pick(columns.filter((c) => c.kind === kind && (nullable || !c.nullable)));
      return { kuiper: name, sqlite: name, bound: columnBound, nullable: isNull };
    }
    return literal(dice, kind);
  };
}

function literal(dice: Dice, kind: ExprKind): Draft {
  switch (kind) {
    case 'int':
      return same(String(dice.below(201) - 100), 100);
    case 'float':
      return same(`${dice.below(101) - 50}.${dice.pick(['0', '5', '25', '125', '1', '3'])}`, 51);
    case 'string': {
      const text = dice.pick(texts);
      return { kuiper: `"${text}"`, sqlite: `'${text}'` };
    }
    case 'bool':
      return dice.next() < 0.5 ? { kuiper: 'true', sqlite: '1' } : { kuiper: 'false', sqlite: '0' };
  }
}

const texts = ['', 'a', 'ab', 'Ab c', ' abc ', 'bca', 'xyz', 'A', 'abcabc', '0', '12', '%', '_a'];

const same = (text: string, bound = 0): Draft => ({ kuiper: text, sqlite: text, bound });

/** `${…}` in a template stands for the operand of that number. */
function format(template: string, operands: readonly string[]): string {
  return template.replace(/\$(\d)/g, (_, index) => operands[Number(index)] ?? '');
}

interface Form {
  readonly of: readonly ExprKind[];
  readonly kuiper: string;
  /** Like `kuiper` when left out. */
  readonly sqlite?: string;
  readonly bound?: (...bounds: number[]) => number;
  /** A null operand makes the result null in both. */
  readonly passesNull?: boolean;
}

/** A rule that writes operands of given kinds into two templates. */
function form({ of, kuiper, sqlite = kuiper, bound, passesNull = false }: Form): Rule {
  return (dice, depth, nullable) => {
    const operands = of.map((kind) => expression(dice, kind, depth, nullable && passesNull));
    return {
      kuiper: format(
        kuiper,
        operands.map((operand) => operand.kuiper),
      ),
      sqlite: format(
        sqlite,
        operands.map((operand) => operand.sqlite),
      ),
      bound: bound?.(...operands.map((operand) => operand.bound)) ?? 0,
      nullable: operands.some((operand) => operand.nullable),
    };
  };
}

const sum = (a: number, b: number): number => a + b;
const product = (a: number, b: number): number => a * b;
const first = (a: number): number => a;

/** A divisor that is not zero. */
function divided(kind: 'int' | 'float', operator: '/' | '%' | 'mod'): Rule {
  return (dice, depth, nullable) => {
    const left = expression(dice, kind, depth, nullable);
    const right = kind === 'int' ? String(dice.pick([-7, -2, 2, 3, 10])) : dice.pick(['0.5', '-4.0', '3.25']);
    const write = (text: string): string =>
      operator === 'mod' ? `mod(${text}, ${right})` : `(${text} ${operator} ${right})`;
    return { kuiper: write(left.kuiper), sqlite: write(left.sqlite), bound: left.bound * 2, nullable: left.nullable };
  };
}

function caseOf(kind: ExprKind): Rule {
  return (dice, depth, nullable) => {
    const [when, second] = [expression(dice, 'bool', depth, false), expression(dice, 'bool', depth, false)];
    const results = [0, 1, 2].map(() => expression(dice, kind, depth, nullable));
    const write = (by: 'kuiper' | 'sqlite'): string => {
      const [a, b, c] = results.map((result) => result[by]);
      // a condition must look like one when it is parsed
      const holds = by === 'kuiper' ? ' = true' : '';
      return `(CASE WHEN ${when[by]}${holds} THEN ${a} WHEN ${second[by]}${holds} THEN ${b} ELSE ${c} END)`;
    };
    return {
      kuiper: write('kuiper'),
      sqlite: write('sqlite'),
      bound: Math.max(...results.map((result) => result.bound)),
      nullable: results.some((result) => result.nullable),
    };
  };
}

/** `CASE x WHEN … END` without ELSE: null when nothing fits. */
function simpleCase(kind: ExprKind): Rule {
  return (dice, depth, nullable) => {
    if (!nullable) return null;
    const of = dice.pick(['int', 'string'] as const);
    const subject = expression(dice, of, depth, false);
    const when = expression(dice, of, depth, false);
    const then = expression(dice, kind, depth, true);
    const write = (by: 'kuiper' | 'sqlite'): string => `(CASE ${subject[by]} WHEN ${when[by]} THEN ${then[by]} END)`;
    return { kuiper: write('kuiper'), sqlite: write('sqlite'), bound: then.bound, nullable: true };
  };
}

function coalesced(kind: ExprKind): Rule {
  return (dice, depth, nullable) => {
    const [a, b] = [expression(dice, kind, depth, true), expression(dice, kind, depth, nullable)];
    const write = (by: 'kuiper' | 'sqlite'): string => `coalesce(${a[by]}, ${b[by]})`;
    const bound = Math.max(a.bound, b.bound);
    return { kuiper: write('kuiper'), sqlite: write('sqlite'), bound, nullable: b.nullable };
  };
}

function among(kind: 'int' | 'float' | 'string', negated: boolean): Rule {
  return (dice, depth) => {
    const value = expression(dice, kind, depth, false);
    const list = [0, 1, 2].map(() => (dice.next() < 0.3 ? expression(dice, kind, 0, false) : literal(dice, kind)));
    const write = (by: 'kuiper' | 'sqlite'): string =>
      `(${value[by]} ${negated ? 'NOT ' : ''}IN (${list.map((item) => item[by]).join(', ')}))`;
    return { kuiper: write('kuiper'), sqlite: write('sqlite') };
  };
}

const patterns = ['a%', '%c', '_b%', '%a%', '___', '', 'Ab c', '%', 'x_z', '% %'];

function like(negated: boolean): Rule {
  return (dice, depth) => {
    const value = expression(dice, 'string', depth, false);
    const pattern = dice.pick(patterns);
    const operator = negated ? 'NOT LIKE' : 'LIKE';
    return {
      kuiper: `(${value.kuiper} ${operator} "${pattern}")`,
      sqlite: `(${value.sqlite} ${operator} '${pattern}')`,
    };
  };
}

const part: Rule = (dice, depth) => {
  const value = expression(dice, 'string', depth, false);
  const start = dice.below(5);
  const length = dice.below(5);
  return {
    kuiper: `substring(${value.kuiper}, ${start}, ${start + length})`,
    sqlite: `substr(${value.sqlite}, ${start + 1}, ${length})`,
  };
};

const comparisons: readonly Rule[] = (['int', 'float', 'string', 'mixed'] as const).flatMap((kind) =>
  ['=', '!=', '<', '<=', '>', '>='].map((operator) =>
    form({ of: kind === 'mixed' ? ['int', 'float'] : [kind, kind], kuiper: `($0 ${operator} $1)` }),
  ),
);

const xor = {
  of: ['int', 'int'],
  sqlite: '(($0 | $1) - ($0 & $1))',
  bound: (a: number, b: number) => 2 * (a + b),
} as const;

const rules: Readonly<Record<ExprKind, readonly Rule[]>> = {
  int: [
    form({ of: ['int', 'int'], kuiper: '($0 + $1)', bound: sum, passesNull: true }),
    form({ of: ['int', 'int'], kuiper: '($0 - $1)', bound: sum, passesNull: true }),
    form({ of: ['int', 'int'], kuiper: '($0 * $1)', bound: product, passesNull: true }),
    divided('int', '/'),
    divided('int', '%'),
    form({ of: ['int', 'int'], kuiper: '($0 & $1)', bound: (a, b) => 2 * (a + b) }),
    form({ of: ['int', 'int'], kuiper: '($0 | $1)', bound: (a, b) => 2 * (a + b) }),
    form({ ...xor, kuiper: '($0 ^ $1)' }),
    form({ of: ['int', 'int'], kuiper: 'bitand($0, $1)', sqlite: '($0 & $1)', bound: (a, b) => 2 * (a + b) }),
    form({ of: ['int', 'int'], kuiper: 'bitor($0, $1)', sqlite: '($0 | $1)', bound: (a, b) => 2 * (a + b) }),
    form({ ...xor, kuiper: 'bitxor($0, $1)' }),
    form({ of: ['int'], kuiper: 'bitnot($0)', sqlite: '(~$0)', bound: (a) => a + 1, passesNull: true }),
    form({ of: ['int'], kuiper: 'abs($0)', bound: first, passesNull: true }),
    form({ of: ['int'], kuiper: 'sign($0)', bound: () => 1, passesNull: true }),
    form({ of: ['float'], kuiper: 'sign($0)', bound: () => 1, passesNull: true }),
    form({ of: ['string'], kuiper: 'length($0)', bound: () => 1000 }),
    form({ of: ['string'], kuiper: 'numbytes($0)', sqlite: 'length(cast($0 AS BLOB))', bound: () => 1000 }),
    form({ of: ['string', 'string'], kuiper: 'indexof($0, $1)', sqlite: '(instr($0, $1) - 1)', bound: () => 1000 }),
    form({
      of: ['float'],
      kuiper: 'cast($0, "bigint")',
      sqlite: 'cast($0 AS INTEGER)',
      bound: first,
      passesNull: true,
    }),
    form({
      of: ['int'],
      kuiper: 'cast(cast($0, "string"), "bigint")',
      sqlite: 'cast(cast($0 AS TEXT) AS INTEGER)',
      bound: first,
      passesNull: true,
    }),
    form({ of: ['bool'], kuiper: 'cast($0, "bigint")', sqlite: '$0', bound: () => 1 }),
    caseOf('int'),
    simpleCase('int'),
    coalesced('int'),
  ],
  float: [
    ...(['float', 'int'] as const).flatMap((kind) => [
      form({ of: ['float', kind], kuiper: '($0 + $1)', bound: sum, passesNull: true }),
      form({ of: [kind, 'float'], kuiper: '($0 - $1)', bound: sum, passesNull: true }),
      form({ of: ['float', kind], kuiper: '($0 * $1)', bound: product, passesNull: true }),
    ]),
    divided('float', '/'),
    divided('float', 'mod'),
    divided('int', 'mod'),
    form({ of: ['float'], kuiper: 'abs($0)', bound: first, passesNull: true }),
    form({ of: ['float'], kuiper: 'ceil($0)', bound: (a) => a + 1, passesNull: true }),
    form({ of: ['float'], kuiper: 'ceiling($0)', bound: (a) => a + 1, passesNull: true }),
    form({ of: ['float'], kuiper: 'floor($0)', bound: (a) => a + 1, passesNull: true }),
    form({ of: ['int'], kuiper: 'floor($0)', sqlite: 'cast(floor($0) AS REAL)', bound: first, passesNull: true }),
    form({ of: ['float'], kuiper: 'round($0)', bound: (a) => a + 1, passesNull: true }),
    form({ of: ['float'], kuiper: 'trunc($0, 0)', sqlite: 'round($0)', bound: (a) => a + 1, passesNull: true }),
    form({ of: ['float'], kuiper: 'sqrt(abs($0))', bound: (a) => a + 1, passesNull: true }),
    form({ of: ['int'], kuiper: 'cast($0, "float")', sqlite: 'cast($0 AS REAL)', bound: first, passesNull: true }),
    caseOf('float'),
    simpleCase('float'),
    coalesced('float'),
  ],
  string: [
    form({ of: ['string', 'string'], kuiper: 'concat($0, $1)', sqlite: '($0 || $1)' }),
    ...['upper', 'lower', 'trim', 'ltrim', 'rtrim'].map((name) =>
      form({ of: ['string'], kuiper: `${name}($0)`, passesNull: true }),
    ),
    part,
    form({ of: ['string'], kuiper: 'lpad($0, 2)', sqlite: `('  ' || $0)`, passesNull: true }),
    form({ of: ['string'], kuiper: 'rpad($0, 3)', sqlite: `($0 || '   ')`, passesNull: true }),
    form({
      of: ['string'],
      kuiper: 'regexp_replace($0, "b", "xy")',
      sqlite: `replace($0, 'b', 'xy')`,
      passesNull: true,
    }),
    form({ of: ['int'], kuiper: 'cast($0, "string")', sqlite: 'cast($0 AS TEXT)', passesNull: true }),
    caseOf('string'),
    simpleCase('string'),
    coalesced('string'),
  ],
  bool: [
    ...comparisons,
    form({ of: ['bool', 'bool'], kuiper: '($0 AND $1)' }),
    form({ of: ['bool', 'bool'], kuiper: '($0 OR $1)' }),
    form({ of: ['bool'], kuiper: '($0 = false)', sqlite: '(NOT $0)' }),
    form({ of: ['int', 'int', 'int'], kuiper: '($0 BETWEEN $1 AND $2)' }),
    form({ of: ['float', 'int', 'float'], kuiper: '($0 NOT BETWEEN $1 AND $2)' }),
    form({ of: ['string', 'string', 'string'], kuiper: '($0 BETWEEN $1 AND $2)' }),
    ...(['int', 'float', 'string'] as const).flatMap((kind) => [among(kind, false), among(kind, true)]),
    like(false),
    like(true),
    form({ of: ['string'], kuiper: 'startswith($0, "a")', sqlite: `(substr($0, 1, 1) = 'a')` }),
    form({ of: ['string'], kuiper: 'endswith($0, "c")', sqlite: `(substr($0, -1) = 'c')` }),
    isNull('int'),
    isNull('float'),
    isNull('string'),
    caseOf('bool'),
  ],
};

function isNull(kind: ExprKind): Rule {
  return (dice, depth) => {
    const value = expression(dice, kind, depth, true);
    return { kuiper: `isnull(${value.kuiper})`, sqlite: `(${value.sqlite} IS NULL)` };
  };
}

/** `$0` is a float of any size below the bound. */
const topForms: readonly { readonly kuiper: string; readonly sqlite?: string; readonly below: number }[] = [
  { kuiper: 'sin($0)', below: 1e6 },
  { kuiper: 'cos($0)', below: 1e6 },
  { kuiper: 'tan($0)', below: 1e6 },
  { kuiper: 'atan($0)', below: 1e15 },
  { kuiper: 'asin(mod($0, 1.0))', below: 1e15 },
  { kuiper: 'acos(mod($0, 1.0))', below: 1e15 },
  { kuiper: 'atan2($0, 2.5)', below: 1e15 },
  { kuiper: 'sinh(mod($0, 20.0))', below: 1e15 },
  { kuiper: 'cosh(mod($0, 20.0))', below: 1e15 },
  { kuiper: 'tanh($0)', below: 1e15 },
  { kuiper: 'exp(mod($0, 300.0))', below: 1e15 },
  { kuiper: 'ln(abs($0) + 0.5)', below: 1e15 },
  { kuiper: 'log(abs($0) + 0.5)', sqlite: 'log10(abs($0) + 0.5)', below: 1e15 },
  { kuiper: 'log(2, abs($0) + 2)', below: 1e15 },
  { kuiper: 'power(abs($0) + 1, 1.5)', below: 1e15 },
  { kuiper: 'pow(2, mod($0, 50.0))', below: 1e15 },
  { kuiper: 'radians($0)', below: 1e15 },
  { kuiper: 'degrees($0)', below: 1e15 },
  { kuiper: '(pi() * $0)', below: 1e15 },
];

function topExpression(dice: Dice, depth: number): Expr {
  for (;;) {
    const { kuiper, sqlite = kuiper, below } = dice.pick(topForms);
    const value = expression(dice, 'float', depth - 1, false);
    if (value.bound >= below) continue;
    return {
      kuiper: format(kuiper, [value.kuiper]),
      sqlite: format(sqlite, [value.sqlite]),
      kind: 'float',
      bound: 0,
      nullable: false,
      exact: false,
    };
  }
}
