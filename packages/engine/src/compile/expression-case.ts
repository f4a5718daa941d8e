/** CASE. Source: behaviour spec, sql §7.7. */
import type { CaseExpr } from '../analyze/typed-expr.ts';
import { type ExpressionCompiler, sequence } from './expression-compiler.ts';
import { isNumericKind, type Operand, operand } from './operand.ts';
import { compare } from './operations.ts';

/** Branches are tried in order; what fails inside a condition is reported as `evaluate case expression error: …`. */
export function compileCase(e: CaseExpr, c: ExpressionCompiler): Operand {
  const subject = e.subject === null ? null : c.keep(c.compile(e.subject));
  const build = (at: number): string => {
    const branch = e.whens[at];
    if (branch === undefined) return e.otherwise === null ? 'null' : c.as(c.compile(e.otherwise), e.type).code;
    const when = c.compile(branch.when);
    const test = subject === null ? condition(when) : equality(subject.again, when, c);
    const then = c.maybe(() => c.as(c.compile(branch.then), e.type));
    return `${guarded(test, c)} ? ${then.code} : ${c.maybe(() => build(at + 1))}`;
  };
  const code = build(0);
  return operand(
    `(${subject === null || subject.again.code === subject.first ? '' : `${subject.first}, `}${code})`,
    e.type,
  );
}

function condition(when: Operand): string {
  return when.type === 'bool' && !when.nullable ? when.code : `${when.code} === true`;
}

function equality(subject: Operand, when: Operand, c: ExpressionCompiler): string {
  if (
    subject.type === when.type &&
    (isNumericKind(subject.type) || subject.type === 'string' || subject.type === 'bool')
  ) {
    if (!subject.nullable) return `${subject.code} === ${when.code}`;
    const kept = c.keep(when);
    return sequence(kept.first, `${subject.code} != null && ${subject.code} === ${kept.again.code}`);
  }
  const general = `${c.library('compare', compare)}('=', ${c.tagged(subject)}, ${c.tagged(when)})`;
  if (subject.type === 'any' && when.type === 'float' && when.simple && !when.nullable)
    return `(typeof ${subject.code} === 'number' ? ${subject.code} === ${when.code} : ${general})`;
  return general;
}

/** Counts the conditions being evaluated in `q`, so that an error is known to come from one. */
function guarded(test: string, c: ExpressionCompiler): string {
  const result = c.body.temp();
  c.body.local('q', '0');
  return `(q++, ${result} = ${test}, q--, ${result})`;
}
