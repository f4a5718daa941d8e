/** `array_map`: a built-in scalar function on each element. Source: behaviour spec, functions §12. */
import { anyList, rowError, tagValue } from '@kuiper/base';
import { type FunctionContext, type FunctionDeclaration, scalar, t } from '@kuiper/sdk';
import { runBody } from '../call-function.ts';
import { checkArgumentCount } from '../check-arguments.ts';

import { listAt, stringAt } from './list-argument.ts';

/** The types of `compress` and `decompress` belong to one call site. */
const excluded = new Set(['compress', 'decompress']);

/** @param find looks a built-in up; asked only when rows are computed */
export function makeArrayMap(find: (name: string) => FunctionDeclaration | undefined): FunctionDeclaration {
  return scalar({
    name: 'array_map',
    group: 'array',
    args: [t.any('function'), t.any('list')],
    returns: anyList,
    onNull: 'null',
    volatile: true,
    context: true,
    summary: 'The results of a built-in function of one argument, named in lower case, for each element of the list.',
    examples: [
      { call: 'array_map("abs", a)', row: { a: [-1, 2n] }, gives: '[1.0, 2]' },
      { call: 'array_map("isnull", a)', row: { a: [null, 0] }, gives: '[true, false]' },
      { call: 'array_map("length", a)', row: { a: ['bb', 'a'] }, gives: '[2, 1]' },
      { call: 'array_map("nope", a)', row: { a: [1] }, fails: 'unknown built-in function: nope.' },
      { call: 'array_map("ABS", a)', row: { a: [1] }, fails: 'unknown built-in function: ABS.' },
      { call: 'array_map("count", a)', row: { a: [1] }, fails: 'first argument should be a scalar function.' },
      { call: 'array_map("mod", a)', row: { a: [1] }, fails: 'validate mod arguments failed' },
      { call: 'array_map("abs", a)', row: { a: ['x'] }, fails: 'only float64 & int type are supported' },
      { call: 'array_map(f, a)', row: { f: 1, a: [1] }, fails: 'first argument should be string' },
    ],
    eval: (context: FunctionContext, name: unknown, list: unknown) => {
      const functionName = stringAt(0, name);
      const fn =
        excluded.has(functionName) || functionName !== functionName.toLowerCase() ? undefined : find(functionName);
      if (fn === undefined) return rowError(`unknown built-in function: ${functionName}.`);
      if (fn.class !== 'scalar' || fn.async === true) return rowError('first argument should be a scalar function.');
      if (!takesOneArgument(fn)) return rowError(`validate ${functionName} arguments failed`);
      return listAt(1, list).map((element) => {
        const kind = typeof fn.returns === 'function' ? fn.returns('any') : fn.returns;
        return tagValue(runBody(fn, context, [element]), kind);
      });
    },
  });
}

function takesOneArgument(fn: FunctionDeclaration): boolean {
  const column = { literal: 'column', value: 'x', isCondition: false } as const;
  return fn.check === undefined ? checkArgumentCount(fn.args, 1) === null : fn.check([column]) === null;
}
