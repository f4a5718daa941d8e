/** `->`, `[i]`, `[s:e]`, and paths that always fail. Source: behaviour spec, sql §7.3. */
import { elementKind, isListKind, isMapKind, isTagged, type Kind, memberKind, rowError } from '@kuiper/base';
import type { FailExpr, IndexExpr, PathExpr, SliceExpr } from '../analyze/typed-expr.ts';
import { element, member, slice } from './access.ts';
import { isInheritedName, isPlainName } from './property-name.ts';
import { type ExpressionCompiler, sequence } from './expression-compiler.ts';
import { type Operand, operand } from './operand.ts';

export function compilePath(e: PathExpr, c: ExpressionCompiler): Operand {
  const object = c.keep(c.compile(e.object));
  const o = object.again;
  const name = c.body.bindings.bind(e.name);
  if (isMapKind(o.type) && isPlainName(e.name) && !isInheritedName(e.name)) {
    const read = o.nullable ? `${o.code} == null ? null : ${o.code}.${e.name}` : `${o.code}.${e.name}`;
    return operand(`(${sequence(object.first, read)})`, memberKind(o.type, e.name));
  }
  const type: Kind = isMapKind(o.type) ? memberKind(o.type, e.name) : 'any';
  const value = isMapKind(o.type) ? o.code : c.tagged(o);
  return operand(`(${sequence(object.first, `${c.library('member', member)}(${value}, ${name})`)})`, type);
}

export function compileElement(e: IndexExpr, c: ExpressionCompiler): Operand {
  const list = c.keep(c.compile(e.list));
  const index = c.compile(e.index);
  const known = isListKind(list.again.type);
  const value = known ? list.again.code : c.tagged(list.again);
  const at = index.type === 'int' ? index : c.as(index, 'any');
  const call = `${c.library('element', element)}(${value}, ${at.code}, ${c.kind(at.type)})`;
  return operand(`(${sequence(list.first, call)})`, known ? elementKind(list.again.type) : 'any');
}

export function compileSlice(e: SliceExpr, c: ExpressionCompiler): Operand {
  const list = c.keep(c.compile(e.list));
  // equal bounds give an element in place of a list: the result is as tagged as the elements are
  const known = isListKind(list.again.type) && isTagged(list.again.type);
  const bound = (o: Operand | null): readonly [string, string] => {
    if (o === null) return ['null', c.kind('any')];
    const at = o.type === 'int' ? o : c.as(o, 'any');
    return [at.code, c.kind(at.type)];
  };
  const [start, startKind] = bound(e.start === null ? null : c.compile(e.start));
  const [end, endKind] = bound(e.end === null ? null : c.compile(e.end));
  const has = c.body.bindings.bind({ start: e.start !== null, end: e.end !== null });
  const value = known ? list.again.code : c.tagged(list.again);
  const call = `${c.library('slice', slice)}(${value}, ${start}, ${startKind}, ${end}, ${endKind}, ${has})`;
  return operand(`(${sequence(list.first, call)})`, 'any');
}

/** The object is evaluated first: its own error wins, and nil stays nil. */
export function compileFail(e: FailExpr, c: ExpressionCompiler): Operand {
  const fail = `${c.library('rowError', rowError)}(${c.body.bindings.bind(e.error)})`;
  if (e.object === null) return operand(fail, e.type);
  const object = c.keep(c.compile(e.object));
  return operand(`(${sequence(object.first, `${object.again.code} == null ? null : ${fail}`)})`, e.type);
}
