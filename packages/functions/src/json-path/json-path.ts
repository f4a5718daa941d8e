/** Queries into JSON values. Source: behaviour spec, functions §15. */
import { nestsTooDeep, rowError, valueText } from '@kuiper/base';
import { type Argument, type CallArgument, type FunctionDeclaration, scalar, t } from '@kuiper/sdk';
import { checkLiteralKind, expectCount } from '../check-arguments.ts';
import { isMapValue, isNil } from '../map-value.ts';
import { compiledPath } from './compile-path.ts';

const group = 'json';
const queryArguments: readonly Argument[] = [t.any('data'), t.string('path', { literal: true })];

function checkQuery(args: readonly CallArgument[]): string | null {
  if (args.length !== 2) return expectCount(2, args.length);
  return checkLiteralKind('string', true, args[1] as CallArgument, 2);
}

function query(data: unknown, path: unknown): unknown {
  return compiledPath(path as string)(queryable(data));
}

/** Objects and lists as they are, texts parsed. */
function queryable(data: unknown): unknown {
  if (isNil(data)) return rowError('invalid data nil for jsonpath');
  if (Array.isArray(data) || isMapValue(data)) return data;
  if (typeof data !== 'string') return rowError(`invalid data ${valueText(data, 'any')} for jsonpath`);
  if (nestsTooDeep(data, 0, data.length)) return rowError('data for jsonpath exceeds the max depth');
  try {
    return JSON.parse(data);
  } catch {
    return rowError(`data '${data}' is not a valid json string`);
  }
}

const shop = {
  a: { s: { 'first name': 'x', n: 5 }, l: [{ w: 1, t: 'a' }, { w: 5, t: 'b' }, { t: 'c' }, { w: 9, t: 'a' }], z: null },
};

const jsonPathQuery = scalar({
  name: 'json_path_query',
  group,
  args: queryArguments,
  check: checkQuery,
  returns: 'any',
  onNull: 'call',
  summary: 'The value at a JSON path; a list when the path may lead to several values. The data may be JSON text.',
  examples: [
    { call: 'json_path_query(a, \'$.s["first name"]\')', row: shop, gives: '"x"' },
    { call: "json_path_query(a, '$.l[0].w')", row: shop, gives: '1.0' },
    { call: "json_path_query(a, '$.l[*].w')", row: shop, gives: '[1.0, 5.0, 9.0]' },
    { call: "json_path_query(a, '$..t')", row: shop, gives: '["a", "b", "c", "a"]' },
    { call: "json_path_query(a, '$.l[0,3].t')", row: shop, gives: '["a", "a"]' },
    { call: "json_path_query(a, '$.l[-2:].t')", row: shop, gives: '["c", "a"]' },
    { call: "json_path_query(a, '$.l[0:4:2].t')", row: shop, gives: '["a", "c"]' },
    { call: "json_path_query(a, '$.l[? @.w>2].w')", row: shop, gives: '[5.0, 9.0]' },
    { call: 'json_path_query(a, \'$.l[? @.w%2==1 || @.t=="c"].t\')', row: shop, gives: '["a", "b", "a"]' },
    { call: 'json_path_query(a, \'$.l[? @.t=~"^[ab]$" && @.w==$.s.n].t\')', row: shop, gives: '["b"]' },
    { call: "json_path_query(a, '$.nope[*]')", row: shop, gives: '[]' },
    { call: "json_path_query(a, '$.s.n ** 2 - 1')", row: shop, gives: '24.0' },
    { call: "json_path_query(a, '$.z')", row: shop, gives: 'null' },
    { call: "json_path_query(a, '$[k]')", row: { a: { k: 'q', q: 7 } }, gives: '7.0' },
    { call: "json_path_query(a, '$.k')", row: { a: '{"k":1}' }, gives: '1.0' },
    { call: "json_path_query(a, '$.nope')", row: shop, fails: 'unknown key nope' },
    { call: "json_path_query(a, '$[-1]')", row: { a: [1] }, fails: 'index -1 out of bounds' },
    {
      call: "json_path_query(a, '$.first')",
      row: { a: [1] },
      fails: 'could not select value, invalid key: expected number but got first (string)',
    },
    {
      call: "json_path_query(a, '$.k.v')",
      row: { a: { k: 1 } },
      fails: 'unsupported value type float64 for select, expected map[string]interface{} or []interface{}',
    },
    { call: "json_path_query(a, '$.k')", row: {}, fails: 'invalid data nil for jsonpath' },
    { call: "json_path_query(a, '$.k')", row: { a: 5 }, fails: 'invalid data 5 for jsonpath' },
    { call: "json_path_query(a, '$.k')", row: { a: 'x' }, fails: "data 'x' is not a valid json string" },
    {
      call: "json_path_query(a, '$.[')",
      row: shop,
      fails: 'parsing error: $.[\t:1:3 - 1:4 unexpected "[" while scanning JSON select expected Ident, "." or "*"',
    },
    { call: 'json_path_query(a, b)', fails: 'Expect string type for parameter 2' },
  ],
  eval: query,
});

const jsonPathQueryFirst = scalar({
  name: 'json_path_query_first',
  group,
  args: queryArguments,
  check: checkQuery,
  returns: 'any',
  onNull: 'call',
  summary: 'The first value of the list that a JSON path leads to; null when the list is empty.',
  examples: [
    { call: "json_path_query_first(a, '$.l[*].t')", row: shop, gives: '"a"' },
    { call: "json_path_query_first(a, '$.l[? @.w>100]')", row: shop, gives: 'null' },
    { call: "json_path_query_first(a, '$.s.n')", row: shop, fails: 'query result (5) is not an array' },
  ],
  eval: (data: unknown, path: unknown) => {
    const result = query(data, path);
    return Array.isArray(result)
      ? (result[0] ?? null)
      : rowError(`query result (${valueText(result, 'any')}) is not an array`);
  },
});

const jsonPathExists = scalar({
  name: 'json_path_exists',
  group,
  args: queryArguments,
  check: checkQuery,
  returns: 'bool',
  onNull: 'call',
  summary: 'True when a JSON path leads to a value that is not null, or to a list that is not empty.',
  examples: [
    { call: "json_path_exists(a, '$.s.n')", row: shop, gives: 'true' },
    { call: "json_path_exists(a, '$.l[? @.w>100]')", row: shop, gives: 'false' },
    { call: "json_path_exists(a, '$.z')", row: shop, gives: 'false' },
    { call: "json_path_exists(a, '$.nope')", row: shop, gives: 'false' },
    { call: "json_path_exists(a, '$.nope')", row: {}, gives: 'false' },
  ],
  eval: (data: unknown, path: unknown) => {
    let result: unknown;
    try {
      result = query(data, path);
    } catch {
      return false;
    }
    return Array.isArray(result) ? result.length > 0 : !isNil(result);
  },
});

export const jsonPathFunctions: readonly FunctionDeclaration[] = [jsonPathExists, jsonPathQuery, jsonPathQueryFirst];
