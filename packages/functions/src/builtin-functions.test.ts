import { describe, expect, test } from 'vitest';
import { builtinFunctions, builtinTable } from './builtin-functions.ts';
import { printedForms } from './datetime/printed-forms.ts';
import { checkExamples } from './examples/run-examples.ts';
import { FunctionTable } from './function-table.ts';

describe('every function gives what its examples say', () => {
  for (const declaration of [...builtinFunctions, ...printedForms]) {
    test(declaration.name, async () => {
      expect(await checkExamples(declaration)).toEqual([]);
    });
  }
});

/** All names of the language. Source: behaviour spec, functions §22. */
const names = `
abs acc_avg acc_count acc_max acc_min acc_sum acos array_cardinality array_concat array_contains array_contains_any
array_create array_distinct array_except array_flatten array_intersect array_join array_last_position array_map
array_max array_min array_position array_remove array_shuffle array_sort array_union asin atan atan2 avg bitand
bitnot bitor bitxor bypass cardinality cast ceil ceiling changed_col changed_cols chr coalesce collect compress
concat conv convert_tz cos cosh cot count crc32 cur_date cur_time current_date current_time current_timestamp
date_calc date_diff day day_name day_of_month day_of_week day_of_year dec2hex decode decompress deduplicate degrees
delay element_at encode endswith erase event_time exp extract floor format format_time from_days from_unix_time
get_keyed_state had_changed hex2dec hour inc_avg inc_collect inc_count inc_last_value inc_max inc_merge_agg inc_min
inc_sum indexof isnull items json_path_exists json_path_query json_path_query_first keys kvpair_array_to_obj lag
last_agg_hit_count last_agg_hit_time last_day last_hit_count last_hit_time last_value latest length ln local_time
local_timestamp log lower lpad ltrim max md5 median merge_agg meta microsecond min minute mod month month_name mqtt
newuuid now numbytes obj_to_kvpair_array object object_concat object_construct object_pick object_size parse_json
percentile_cont percentile_disc pi pow power props radians rand regexp_matches regexp_replace regexp_substr repeat
reverse round row_number rpad rtrim rule_id rule_start second sequence sha1 sha256 sha384 sha512 sign sin sinh
split_value sqrt startswith stddev stddevs substring sum tan tanh to_json to_seconds trim trunc tstamp unnest upper
values var vars window_end window_start window_trigger zip
`
  .trim()
  .split(/\s+/);

test('every name of the language is known, in any case', () => {
  expect(names).toHaveLength(192);
  for (const name of names) {
    expect(builtinTable().find(name)?.name, name).toBe(name);
    expect(builtinTable().find(name.toUpperCase())?.name, name).toBe(name);
  }
});

test.each([
  ['ceil', 'ceiling'],
  ['current_date', 'cur_date'],
  ['current_time', 'cur_time'],
  ['current_timestamp', 'now'],
  ['day', 'day_of_month'],
  ['local_time', 'now'],
  ['local_timestamp', 'now'],
  ['pow', 'power'],
])('%s is another name of %s', (alias, name) => {
  expect(builtinFunctions.find((declaration) => declaration.name === name)?.aliases).toContain(alias);
});

describe('every declaration', () => {
  test('has a name of its own', () => {
    expect(() => new FunctionTable(builtinFunctions)).not.toThrow();
  });

  for (const declaration of builtinFunctions) {
    test(`${declaration.name} has a lower-case name, a summary and examples`, () => {
      expect(declaration.name).toBe(declaration.name.toLowerCase());
      expect(declaration.summary).toMatch(/\.$/);
      expect(declaration.examples.length).toBeGreaterThan(0);
      for (const example of declaration.examples) {
        expect(example.gives === undefined, example.call).toBe(example.fails !== undefined);
      }
    });
  }
});
