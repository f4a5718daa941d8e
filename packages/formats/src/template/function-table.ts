/** How functions of templates are declared. */

/**
 * The types of parameters. In JavaScript an `int` is a number, a `map` a plain object, a `time` a DateTime; `any` gets
 * null for everything that is nil, `value` tells a missing value (undefined) from nil (null).
 */
export type ParamType = 'string' | 'int' | 'float64' | 'bool' | 'map' | 'time' | 'any' | 'value';

/** Names of the types in error texts. */
export const paramTypeNames: Readonly<Record<ParamType, string>> = {
  string: 'string',
  int: 'int',
  float64: 'float64',
  bool: 'bool',
  map: 'map[string]interface {}',
  time: 'time.Time',
  any: 'interface {}',
  value: 'reflect.Value',
};

export interface TemplateFunction {
  readonly params: readonly ParamType[];
  /** The type of any number of further arguments, which `call` receives as one array after the others. */
  readonly variadic: ParamType | null;
  /** Fails with a row error; the place is added by who calls. Returns null for nil. */
  readonly call: (...args: never[]) => unknown;
}

export type FunctionTable = Readonly<Record<string, TemplateFunction>>;

/**
 * Declares a function by the types of its parameters, `'int string ...any'`: the last one may stand for any number of
 * arguments.
 */
export function declare(params: string, call: (...args: never[]) => unknown): TemplateFunction {
  const types = params === '' ? [] : params.split(' ');
  const last = types[types.length - 1];
  if (last === undefined || !last.startsWith('...')) return { params: types as ParamType[], variadic: null, call };
  return { params: types.slice(0, -1) as ParamType[], variadic: last.slice(3) as ParamType, call };
}
