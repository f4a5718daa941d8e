/** Functions that ask what a value is. Source: behaviour spec, io §7.5. */
import { declare, type FunctionTable } from '../function-table.ts';
import { kindName, typeName } from '../values.ts';
import { sameValue } from './same-value.ts';

export const typeFunctions: FunctionTable = {
  typeOf: declare('any', typeName),
  typeIs: declare('string any', (name: string, value: unknown) => name === typeName(value)),
  typeIsLike: declare('string any', (name: string, value: unknown) => {
    const actual = typeName(value);
    return name === actual || `*${name}` === actual;
  }),
  kindOf: declare('any', kindName),
  kindIs: declare('string any', (name: string, value: unknown) => name === kindName(value)),
  deepEqual: declare('any any', sameValue),
};
