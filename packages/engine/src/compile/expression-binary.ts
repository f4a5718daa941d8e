/** Arithmetic, comparison, bit and logical operators. Source: behaviour spec, sql §7.1, §7.2. */
import {
  addInt,
  andInt,
  compareStrings,
  divInt,
  isListKind,
  isMapKind,
  type Kind,
  modInt,
  mulInt,
  orInt,
  subInt,
  xorInt,
} from '@kuiper/base';
import type { ArithmeticOp, BitOp, CompareOp } from '@kuiper/sql';
import type { BinaryExpr } from '../analyze/typed-expr.ts';
import { type ExpressionCompiler, nilTest, sequence } from './expression-compiler.ts';
import { isNumericKind, type Operand, operand } from './operand.ts';
import {
  arithmeticFunctions,
  bitwise,
  checkLeft,
  compareFunctions,
  divFloat,
  logical,
  modFloat,
} from './operations.ts';

const intFunctions: Readonly<Record<ArithmeticOp, readonly [string, unknown]>> = {
  '+': ['addInt', addInt],
  '-': ['subInt', subInt],
  '*': ['mulInt', mulInt],
  '/': ['divInt', divInt],
  '%': ['modInt', modInt],
};
const bitFunctions: Readonly<Record<BitOp, readonly [string, unknown]>> = {
  '&': ['andInt', andInt],
  '|': ['orInt', orInt],
  '^': ['xorInt', xorInt],
};
const names: Readonly<Record<ArithmeticOp | CompareOp, string>> = {
  '+': 'add',
  '-': 'sub',
  '*': 'mul',
  '/': 'div',
  '%': 'mod',
  '=': 'eq',
  '!=': 'ne',
  '<': 'lt',
  '<=': 'le',
  '>': 'gt',
  '>=': 'ge',
};

export function compileBinary(e: BinaryExpr, c: ExpressionCompiler): Operand {
  switch (e.op) {
    case 'AND':
    case 'OR':
      return compileLogical(e, e.op, c);
    case '+':
    case '-':
    case '*':
    case '/':
    case '%':
      return compileArithmetic(e, e.op, c);
    case '&':
    case '|':
    case '^':
      return compileBits(e, e.op, c);
    default:
      return compileComparison(e, e.op, c);
  }
}

interface Pair {
  /** Evaluates both, in order. */
  readonly first: readonly string[];
  readonly left: Operand;
  readonly right: Operand;
}

/**
 * Both operands, evaluated in order. Where the left one may be a list, a map or bytes, that fails before the right one
 * is evaluated, unless the right one cannot fail itself.
 */
function compilePair(e: BinaryExpr, c: ExpressionCompiler): Pair {
  const left = c.keep(c.compile(e.left));
  const r = c.compile(e.right);
  const right = c.keep(r);
  const guard =
    mayBeContainer(left.again.type) && !r.simple
      ? [
          `typeof ${left.again.code} === 'object' && ${c.library('checkLeft', checkLeft)}(${left.again.code}, ${c.body.bindings.bind(e.op)})`,
        ]
      : [];
  return { first: [left.first, ...guard, right.first], left: left.again, right: right.again };
}

function mayBeContainer(kind: Kind): boolean {
  return kind === 'any' || kind === 'bytes' || isListKind(kind) || isMapKind(kind);
}

function whenNil(test: string, nil: string, code: string): string {
  return test === '' ? code : `${test} ? ${nil} : ${code}`;
}

function compileArithmetic(e: BinaryExpr, op: ArithmeticOp, c: ExpressionCompiler): Operand {
  const { first, left, right } = compilePair(e, c);
  const nullable = left.nullable || right.nullable;
  if (isNumericKind(left.type) && isNumericKind(right.type)) {
    const type: Kind = left.type === 'int' && right.type === 'int' ? 'int' : 'float';
    const [name, fn] = intFunctions[op];
    const value =
      type === 'int'
        ? `${c.library(name, fn)}(${left.code}, ${right.code})`
        : floatCode(op, asFloat(left), asFloat(right), c);
    return operand(`(${sequence(...first, whenNil(nilTest(left, right), 'null', value))})`, type, { nullable });
  }
  const type: Kind = left.type === 'float' || right.type === 'float' ? 'float' : 'any';
  const general = `${c.library(names[op], arithmeticFunctions[op])}(${c.tagged(left)}, ${c.tagged(right)})`;
  const test = numberTest(left, right);
  const value = test === null ? general : `${test} ? ${floatCode(op, asFloat(left), asFloat(right), c)} : ${general}`;
  return operand(`(${sequence(...first, value)})`, type);
}

function floatCode(op: ArithmeticOp, a: string, b: string, c: ExpressionCompiler): string {
  if (op === '/') return `${c.library('divFloat', divFloat)}(${a}, ${b})`;
  if (op === '%') return `${c.library('modFloat', modFloat)}(${a}, ${b})`;
  return `${a} ${op} ${b}`;
}

/** A non-nil numeric operand as a double. */
function asFloat(o: Operand): string {
  return o.type === 'int' ? `Number(${o.code})` : o.code;
}

/**
 * The test under which both operands are doubles, one of them being of unknown kind; null when that cannot be.
 * An int that meets a float counts as a double.
 */
function numberTest(left: Operand, right: Operand): string | null {
  const tests: string[] = [];
  for (const o of [left, right]) {
    if (o.type === 'any') tests.push(`typeof ${o.code} === 'number'`);
    else if (!isNumericKind(o.type)) return null;
    else if (o.nullable) tests.push(`${o.code} != null`);
  }
  return tests.join(' && ');
}

function compileComparison(e: BinaryExpr, op: CompareOp, c: ExpressionCompiler): Operand {
  const { first, left, right } = compilePair(e, c);
  const js = op === '=' ? '===' : op === '!=' ? '!==' : op;
  const nil = nilTest(left, right);
  const done = (value: string): Operand => operand(`(${sequence(...first, value)})`, 'bool', { nullable: false });
  if (isNumericKind(left.type) && isNumericKind(right.type)) {
    const sameKind = left.type === right.type;
    const a = sameKind ? left.code : asFloat(left);
    const b = sameKind ? right.code : asFloat(right);
    return done(whenNil(nil, 'false', `${a} ${js} ${b}`));
  }
  if (left.type === 'string' && right.type === 'string')
    return done(whenNil(nil, 'false', stringTest(left, right, op, js, c)));
  if (left.type === 'bool' && right.type === 'bool' && (op === '=' || op === '!='))
    return done(whenNil(nil, 'false', `${left.code} ${js} ${right.code}`));
  const general = `${c.library(names[op], compareFunctions[op])}(${c.tagged(left)}, ${c.tagged(right)})`;
  const numbers = numberTest(left, right);
  if (numbers !== null) return done(`${numbers} ? ${asFloat(left)} ${js} ${asFloat(right)} : ${general}`);
  const strings = stringsTest(left, right);
  if (strings !== null) return done(`${strings} ? ${stringTest(left, right, op, js, c)} : ${general}`);
  return done(general);
}

function stringTest(left: Operand, right: Operand, op: CompareOp, js: string, c: ExpressionCompiler): string {
  if (op === '=' || op === '!=') return `${left.code} ${js} ${right.code}`;
  return `${c.library('compareStrings', compareStrings)}(${left.code}, ${right.code}) ${js} 0`;
}

/** The test under which both are strings, when one is known to be and the other is unknown; else null. */
function stringsTest(left: Operand, right: Operand): string | null {
  const tests: string[] = [];
  for (const o of [left, right]) {
    if (o.type === 'any' || (o.type === 'string' && o.nullable)) tests.push(`typeof ${o.code} === 'string'`);
    else if (o.type !== 'string') return null;
  }
  return tests.join(' && ');
}

function compileBits(e: BinaryExpr, op: BitOp, c: ExpressionCompiler): Operand {
  const { first, left, right } = compilePair(e, c);
  if (left.type === 'int' && right.type === 'int') {
    const [name, fn] = bitFunctions[op];
    const value = `${c.library(name, fn)}(${left.code}, ${right.code})`;
    return operand(`(${sequence(...first, whenNil(nilTest(left, right), 'false', value))})`, 'int', {
      nullable: false,
    });
  }
  const value = `${c.library('bitwise', bitwise)}(${c.body.bindings.bind(op)}, ${c.tagged(left)}, ${c.tagged(right)})`;
  return operand(`(${sequence(...first, value)})`, 'any', { nullable: false });
}

/**
 * The left operand decides alone when it is false (AND) or true (OR). Otherwise the right one is evaluated, and nil on
 * either side gives false: `null OR true` is false.
 */
function compileLogical(e: BinaryExpr, op: 'AND' | 'OR', c: ExpressionCompiler): Operand {
  const l = c.compile(e.left);
  const r = c.maybe(() => c.compile(e.right));
  const result = (code: string): Operand => operand(code, 'bool', { nullable: false });
  if (l.type === 'bool' && r.type === 'bool' && !l.nullable && !r.nullable)
    return result(`(${l.code} ${op === 'AND' ? '&&' : '||'} ${r.code})`);
  const { first: firstLeft, again: a } = c.keep(l);
  const { first: firstRight, again: b } = c.keep(r);
  const decides = op === 'AND' ? 'false' : 'true';
  if (a.type === 'bool' && b.type === 'bool') {
    const both = `${a.code} === ${op === 'AND' ? 'true' : 'false'} && ${b.code} === true`;
    return result(`(${sequence(firstLeft, `${a.code} === ${decides} ? ${decides} : ${sequence(firstRight, both)}`)})`);
  }
  const general = `${c.library('logical', logical)}(${c.body.bindings.bind(op)}, ${c.tagged(a)}, ${c.tagged(b)})`;
  const guard =
    mayBeContainer(a.type) && !r.simple
      ? [
          `typeof ${a.code} === 'object' && ${c.library('checkLeft', checkLeft)}(${a.code}, ${c.body.bindings.bind(op)})`,
        ]
      : [];
  const rest = sequence(...guard, firstRight, general);
  return result(`(${sequence(firstLeft, `${a.code} === ${decides} ? ${decides} : ${rest}`)})`);
}
