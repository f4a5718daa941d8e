/** What counts as empty, and the functions that choose by it. Source: behaviour spec, io §7.5. */
import { DateTime } from '@kuiper/base';
import { declare, type FunctionTable } from '../function-table.ts';
import { isTrue, OpaqueValue } from '../values.ts';

export function isEmpty(value: unknown): boolean {
  return !isTrue(value) && !(value instanceof DateTime) && !(value instanceof OpaqueValue);
}

export const emptinessFunctions: FunctionTable = {
  empty: declare('any', isEmpty),
  default: declare('any ...any', (otherwise: unknown, [given]: readonly unknown[]) =>
    isEmpty(given) ? otherwise : given,
  ),
  coalesce: declare('...any', (values: readonly unknown[]) => values.find((value) => !isEmpty(value)) ?? null),
  all: declare('...any', (values: readonly unknown[]) => !values.some(isEmpty)),
  any: declare('...any', (values: readonly unknown[]) => values.some((value) => !isEmpty(value))),
  ternary: declare('any any bool', (yes: unknown, no: unknown, condition: boolean) => (condition ? yes : no)),
};
