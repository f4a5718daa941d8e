/**
 * Arguments that a call takes in printed form (`text` arguments, and the first one of a call that says so) print by the
 * function they come from, when it has a form of its own: a weekday its name. Elsewhere such values are numbers.
 * Source: behaviour spec, functions §1.6.
 */
import type { ScalarFunction } from '@kuiper/sdk';
import type { Call } from '@kuiper/sql';
import type { Binder } from './binder.ts';
import { callArgument } from './function-check.ts';
import type { TypedExpr } from './typed-expr.ts';

/** @param args of `call`, bound; the result is as long */
export function printedArguments(
  binder: Binder,
  call: Call,
  fn: ScalarFunction,
  args: readonly TypedExpr[],
): readonly TypedExpr[] {
  const first = fn.takesPrinted?.(call.args.map(callArgument)) === true;
  return args.map((arg, i) => {
    const declared = fn.args[i] ?? fn.args.at(-1);
    return declared?.kind === 'text' || (first && i === 0) ? printed(binder, arg) : arg;
  });
}

function printed(binder: Binder, arg: TypedExpr): TypedExpr {
  let origin: TypedExpr | undefined = arg;
  while (origin?.kind === 'alias') origin = binder.aliases[origin.alias]?.expr;
  if (origin?.kind !== 'call' || origin.fn.printedBy === undefined) return arg;
  const { span, text } = arg;
  return { kind: 'call', type: 'string', id: origin.id, fn: origin.fn.printedBy, args: [arg], span, text };
}
