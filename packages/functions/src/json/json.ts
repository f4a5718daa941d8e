/** Values to and from JSON text. Source: behaviour spec, functions §15. */
import {
  decodeUtf8,
  findJsonError,
  findNumberBeyondFloat,
  jsonText,
  nestsTooDeep,
  rowError,
  valueText,
} from '@kuiper/base';
import { type FunctionDeclaration, scalar, t } from '@kuiper/sdk';
import { checkAs } from '../check-arguments.ts';
import { isNil } from '../map-value.ts';

const group = 'json';

const toJson = scalar({
  name: 'to_json',
  group,
  args: [t.any('x')],
  returns: 'string',
  onNull: 'null',
  summary: 'The value as JSON, keys sorted, with <, > and & escaped.',
  examples: [
    { call: 'to_json(a)', row: { a: { b: 1, a: '<' } }, gives: '"{\\"a\\":\\"\\\\u003c\\",\\"b\\":1}"' },
    { call: 'to_json("x")', gives: '"\\"x\\""' },
    { call: 'to_json(a)', row: { a: 9007199254740993n }, gives: '"9007199254740993"' },
    { call: 'to_json(a)', row: { a: [] }, gives: 'null' },
    { call: 'to_json(a)', row: { a: Number.NaN }, fails: 'fail to convert NaN to json' },
  ],
  eval: (x: unknown) => {
    try {
      return jsonText(x);
    } catch {
      return rowError(`fail to convert ${valueText(x, 'any')} to json`);
    }
  },
});

const parseJson = scalar({
  name: 'parse_json',
  group,
  args: [t.any('text')],
  check: checkAs(t.string('text')),
  returns: 'any',
  onNull: 'call',
  summary: 'The value of a JSON text; numbers are floats. Null for null.',
  examples: [
    { call: 'parse_json(a)', row: { a: '{"k":[1,null]}' }, gives: '{"k": [1.0, null]}' },
    { call: 'parse_json("null")', gives: 'null' },
    { call: 'parse_json(a)', row: {}, gives: 'null' },
    { call: 'parse_json(a)', row: { a: 1 }, fails: 'fail to convert 1 to string' },
    { call: 'parse_json("key")', fails: "fail to parse json: invalid character 'k' looking for beginning of value" },
    { call: 'parse_json("[1")', fails: 'fail to parse json: unexpected end of JSON input' },
    { call: 'parse_json("1 2")', fails: "fail to parse json: invalid character '2' after top-level value" },
    {
      call: 'parse_json("[1e308, -1e309]")',
      fails: 'fail to parse json: json: cannot unmarshal number -1e309 into Go value of type float64',
    },
    { call: 'parse_json(1)', fails: 'Expect string type for parameter 1' },
  ],
  eval: (value: unknown) => {
    if (isNil(value)) return null;
    const text = value instanceof Uint8Array ? decodeUtf8(value) : value;
    if (typeof text !== 'string') return rowError(`fail to convert ${valueText(value, 'any')} to string`);
    if (nestsTooDeep(text, 0, text.length)) return rowError('fail to parse json: exceeded max depth');
    let parsed: unknown;
    try {
      parsed = JSON.parse(text);
    } catch {
      return rowError(`fail to parse json: ${findJsonError(text)}`);
    }
    const beyond = findNumberBeyondFloat(text);
    if (beyond === null) return parsed;
    return rowError(`fail to parse json: json: cannot unmarshal number ${beyond} into Go value of type float64`);
  },
});

export const jsonFunctions: readonly FunctionDeclaration[] = [parseJson, toJson];
