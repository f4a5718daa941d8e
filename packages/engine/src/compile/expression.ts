/**
 * Typed expressions to JavaScript source, specialised by static kinds.
 *
 * The code of an expression is itself an expression, so short circuits are plain `? :` and errors leave by throwing.
 * A value used twice sits in a local variable. Where kinds are unknown the code tries numbers first and falls back to
 * `operations.ts`. Source: behaviour spec, sql §7; DESIGN §4, §5.
 */
import { assertNever } from '@kuiper/base';
import type { TypedExpr } from '../analyze/typed-expr.ts';
import { compileElement, compileFail, compilePath, compileSlice } from './expression-access.ts';
import { compileBinary } from './expression-binary.ts';
import { compileCall } from './expression-call.ts';
import { compileCase } from './expression-case.ts';
import { ExpressionCompiler, type Scope } from './expression-compiler.ts';
import { compileBetween, compileIn, compileLike } from './expression-match.ts';
import type { FunctionBody } from './function-body.ts';
import type { Operand } from './operand.ts';

export function createCompiler(body: FunctionBody, scope: Scope): ExpressionCompiler {
  return new ExpressionCompiler(body, scope, compileNode);
}

function compileNode(e: TypedExpr, c: ExpressionCompiler): Operand {
  switch (e.kind) {
    case 'literal':
      return c.constant(e.value, e.type);
    case 'column':
      return c.scope.column(e, c);
    case 'alias':
      return c.scope.alias(e, c);
    case 'meta':
      return c.scope.meta(e, c);
    case 'binary':
      return compileBinary(e, c);
    case 'between':
      return compileBetween(e, c);
    case 'in':
      return compileIn(e, c);
    case 'like':
      return compileLike(e, c);
    case 'case':
      return compileCase(e, c);
    case 'index':
      return compileElement(e, c);
    case 'slice':
      return compileSlice(e, c);
    case 'path':
      return compilePath(e, c);
    case 'call':
      return compileCall(e, c);
    case 'analytic':
      return c.scope.analytic(e, c);
    case 'aggregate':
      return c.scope.aggregate(e, c);
    case 'windowFunction':
      return c.scope.windowFunction(e, c);
    case 'implicit':
      return c.scope.implicit(e, c);
    case 'wildcard':
      return c.scope.wildcard(e, c);
    case 'fail':
      return compileFail(e, c);
    default:
      return assertNever(e);
  }
}
