/** BETWEEN, IN and LIKE. Source: behaviour spec, sql §7.4–7.6. */
import type { BetweenExpr, InExpr, LikeExpr, TypedExpr } from '../analyze/typed-expr.ts';
import { type ExpressionCompiler, nilTest, sequence } from './expression-compiler.ts';
import { isNumericKind, type Operand, operand } from './operand.ts';
import { between, checkLeft, inList, inValue, like, likeOperand, likePattern } from './operations.ts';

const truth = (code: string): Operand => operand(code, 'bool', { nullable: false });

export function compileBetween(e: BetweenExpr, c: ExpressionCompiler): Operand {
  const value = c.keep(c.compile(e.value));
  const low = c.keep(c.compile(e.low));
  const high = c.keep(c.compile(e.high));
  const operands = [value.again, low.again, high.again];
  const first = [value.first, low.first, high.first];
  const [v, lo, hi] = operands.map((o) => o.code) as [string, string, string];
  const test = e.negated ? `!(${lo} <= ${v} && ${v} <= ${hi})` : `${lo} <= ${v} && ${v} <= ${hi}`;
  const kind = value.again.type;
  if (isNumericKind(kind) && operands.every((o) => o.type === kind)) {
    const nil = nilTest(...operands);
    return truth(`(${sequence(...first, nil === '' ? `(${test})` : `!(${nil}) && ${test}`)})`);
  }
  const [tv, tlo, thi] = operands.map((o) => c.tagged(o)) as [string, string, string];
  const general = `${c.library('between', between)}(${tv}, ${tlo}, ${thi}, ${e.negated})`;
  if (!operands.every((o) => o.type === 'any' || isNumericKind(o.type)))
    return truth(`(${sequence(...first, general)})`);
  // an int that meets an int is compared exactly by the general case; as doubles only where a float takes part
  if (kind === 'int') return truth(`(${sequence(...first, general)})`);
  const tests = operands.flatMap((o) =>
    o.type === 'any' ? [`typeof ${o.code} === 'number'`] : o.nullable ? [`${o.code} != null`] : [],
  );
  const fast = operands.map((o) => (o.type === 'int' ? `Number(${o.code})` : o.code)) as [string, string, string];
  const inside = `${fast[1]} <= ${fast[0]} && ${fast[0]} <= ${fast[2]}`;
  const code = `${tests.length === 0 ? 'true' : tests.join(' && ')} ? ${e.negated ? `!(${inside})` : inside} : ${general}`;
  return truth(`(${sequence(...first, code)})`);
}

export function compileIn(e: InExpr, c: ExpressionCompiler): Operand {
  const op = e.negated ? 'NOT IN' : 'IN';
  if (!Array.isArray(e.among)) {
    const value = c.keep(c.compile(e.value));
    const list = c.keep(c.compile(e.among as TypedExpr));
    const guard = list.again.simple && list.first === list.again.code ? [] : [leftGuard(value.again, op, c)];
    const call = `${c.library('inValue', inValue)}(${c.tagged(value.again)}, ${c.tagged(list.again)}, ${e.negated})`;
    return truth(`(${sequence(value.first, ...guard, list.first, call)})`);
  }
  const among = e.among as readonly TypedExpr[];
  const value = c.keep(c.compile(e.value));
  const elements = among.map((element) => c.compile(element));
  const guard = leftGuard(value.again, op, c);
  const test = (list: string): string =>
    `${c.library('inList', inList)}(${c.tagged(value.again)}, ${list}, ${e.negated})`;
  const nil = value.again.nullable ? `${value.again.code} == null ? false : ` : '';
  if (elements.some((o) => o.literal === null)) {
    // every element is evaluated before the first comparison: an error in a later one is the result
    const list = `[${elements.map((o) => c.tagged(o)).join(', ')}]`;
    const name = c.body.temp();
    return truth(`(${sequence(value.first, guard, `${name} = ${list}`, `${nil}${test(name)}`)})`);
  }
  const constants = elements.map((o) => c.as(o, 'any').literal?.value);
  const list = c.body.bindings.bind(constants);
  const general = test(list);
  const type = (['string', 'number'] as const).find((t) => constants.every((v) => typeof numberOf(v) === t));
  if (type === undefined) return truth(`(${sequence(value.first, guard, `${nil}${general}`)})`);
  // a set answers for values of the elements' own type; any other value goes the general way, which reports it
  const set = c.body.bindings.bind(new Set(constants.map(numberOf)));
  const has = `${e.negated ? '!' : ''}${set}.has(${value.again.code})`;
  return truth(
    `(${sequence(value.first, guard, `${nil}typeof ${value.again.code} === '${type}' ? ${has} : ${general}`)})`,
  );
}

/** An int constant as the double it is compared as with a float; beyond 2^53 the general case decides. */
function numberOf(value: unknown): unknown {
  return typeof value === 'bigint' && Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

function leftGuard(value: Operand, op: 'IN' | 'NOT IN', c: ExpressionCompiler): string {
  if (typeof value.type === 'string' && value.type !== 'any' && value.type !== 'bytes') return 'null';
  return `typeof ${value.code} === 'object' && ${c.library('checkLeft', checkLeft)}(${value.code}, ${c.body.bindings.bind(op)})`;
}

export function compileLike(e: LikeExpr, c: ExpressionCompiler): Operand {
  const value = c.keep(c.compile(e.value));
  const pattern = c.compile(e.pattern);
  const not = e.negated ? '!' : '';
  if (pattern.literal !== null && typeof pattern.literal.value === 'string') {
    const regex = c.body.bindings.bind(likePattern(pattern.literal.value));
    const text =
      value.again.type === 'string' && !value.again.nullable
        ? value.again.code
        : `typeof ${value.again.code} === 'string' ? ${value.again.code} : ${c.library('likeOperand', likeOperand)}(${c.tagged(value.again)}, ${e.negated})`;
    return truth(`(${sequence(value.first, `${not}${regex}.test(${text})`)})`);
  }
  const left = `${c.library('likeOperand', likeOperand)}(${c.tagged(value.again)}, ${e.negated})`;
  const call = `${c.library('like', like)}(${c.tagged(value.again)}, ${c.tagged(pattern)}, ${e.negated})`;
  return truth(`(${value.first}, ${left}, ${call})`);
}
