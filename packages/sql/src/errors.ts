/**
 * Everything the parser refuses. The texts are matched by clients, so they are fixed to the letter, odd capitals and line
 * breaks included; the place is in `span`. Source: behaviour spec, sql §3, §4, §11.1, §13, §15.1.
 */

import { defineErrors, ErrorCode, type ErrorSpec, type ErrorTable } from '@kuiper/base';
import { quoteString } from './string-literal.ts';

type Spec<Args extends readonly unknown[]> = ErrorSpec<Args>;

function refuse<Args extends readonly unknown[]>(text: (...args: Args) => string): Spec<Args> {
  return { code: ErrorCode.parser, domain: 'user', text };
}

interface SqlErrorSpecs {
  UNEXPECTED_TOKEN: Spec<[found: string, wanted: string]>;
  UNEXPECTED_PART: Spec<[found: string, wanted: string]>;
  NOT_SELECT: Spec<[found: string]>;
  INVALID_STREAM_STATEMENT: Spec<[sql: string]>;
  TOO_DEEP: Spec<[]>;
  WILDCARD_ALIAS: Spec<[]>;
  LIMIT: Spec<[]>;
  CROSS_JOIN_ON: Spec<[]>;
  CALL_UNCLOSED: Spec<[name: string, found: string]>;
  OVER_NOT_ANALYTIC: Spec<[name: string]>;
  META_WILDCARD: Spec<[keyword: string]>;
  BETWEEN_AND: Spec<[found: string]>;
  IN_ELEMENTS: Spec<[why: string]>;
  IN_PAREN: Spec<[found: string]>;
  IN_EXPRESSION: Spec<[why: string]>;
  CASE: Spec<[why: string]>;
  BRACKET: Spec<[found: string]>;
  BRACKET_START: Spec<[found: string]>;
  WINDOW_ARGUMENT_COUNT: Spec<[window: string, count: string]>;
  WINDOW_UNIT: Spec<[window: string]>;
  WINDOW_INTEGER: Spec<[ordinal: number, window: string]>;
  WINDOW_POSITIVE: Spec<[ordinal: number, window: string]>;
  WINDOW_PLACE: Spec<[window: string]>;
  COUNT_WINDOW_VALUE: Spec<[value: string]>;
  COUNT_WINDOW_STEP: Spec<[step: string, count: string]>;
  COUNT_WINDOW_COUNT: Spec<[]>;
  DEDUP_COUNT: Spec<[]>;
  DEDUP_COLUMN: Spec<[ordinal: number]>;
  DEDUP_INTEGER: Spec<[]>;
  AGGREGATE_IN_GROUP_BY: Spec<[expr: string]>;
  NESTED_SET_RETURNING: Spec<[]>;
  MANY_SET_RETURNING: Spec<[]>;
  SET_RETURNING_PLACE: Spec<[]>;
  WINDOW_FUNCTION_PLACE: Spec<[]>;
  DEFAULT_UNSUPPORTED: Spec<[type: string]>;
  DEFAULT_CONVERSION: Spec<[text: string, type: string]>;
  DEFAULT_BOOL: Spec<[text: string]>;
  EXTRA_NOT_JSON: Spec<[]>;
  BINARY_TABLE: Spec<[]>;
  BINARY_COLUMN_TYPE: Spec<[]>;
  BINARY_COLUMN_COUNT: Spec<[]>;
}

const specs: SqlErrorSpecs = {
  UNEXPECTED_TOKEN: refuse((found: string, wanted: string) => `found ${quoteString(found)}, ${wanted}.`),
  // The variants that start with a capital differ in every other way too, so `wanted` carries the rest of the sentence.
  UNEXPECTED_PART: refuse((found: string, wanted: string) => `Found ${quoteString(found)}${wanted}`),
  NOT_SELECT: refuse((found: string) => `Found ${quoteString(found)}, Expected SELECT.\n`),
  INVALID_STREAM_STATEMENT: refuse((sql: string) => `Invalid stream statement: ${sql}`),
  TOO_DEEP: refuse(() => 'expression is nested too deeply'),
  WILDCARD_ALIAS: refuse(() => 'alias is not supported for *'),
  LIMIT: refuse(() => 'limit should be integer'),
  CROSS_JOIN_ON: refuse(() => 'On expression is not required for cross join type.\n'),

  CALL_UNCLOSED: refuse(
    (name: string, found: string) => `found function call "${name}", expected ), but with ${quoteString(found)}.`,
  ),
  OVER_NOT_ANALYTIC: refuse((name: string) => `Found OVER after non analytic function ${name}`),
  META_WILDCARD: refuse((keyword: string) => `"${keyword}" is not supported in meta function`),
  BETWEEN_AND: refuse((found: string) => `expect AND expression after between but found ${found}`),
  IN_ELEMENTS: refuse((why: string) => `expect elements for IN expression, but ${why}`),
  IN_PAREN: refuse((found: string) => `expect ) for IN expression, but got ${quoteString(found)}`),
  IN_EXPRESSION: refuse((why: string) => `expect expression after IN, but got error ${why}`),
  CASE: refuse((why: string) => `invalid CASE expression, ${why}`),
  BRACKET: refuse((found: string) => `Unexpected token ${quoteString(found)}. when parsing bracket expressions.`),
  BRACKET_START: refuse((found: string) => `The start index ${found} is invalid in bracket expression.`),

  WINDOW_ARGUMENT_COUNT: refuse((window: string, count: string) => `The arguments for ${window} should be ${count}.\n`),
  WINDOW_UNIT: refuse(
    (window: string) =>
      `The 1st argument for ${window} is expecting timer literal expression. One value of [dd|hh|mi|ss|ms].\n`,
  ),
  WINDOW_INTEGER: refuse(
    (ordinal: number, window: string) =>
      `The ${ordinal} argument for ${window} is expecting interger literal expression. \n`,
  ),
  WINDOW_POSITIVE: refuse(
    (ordinal: number, window: string) => `The ${ordinal} argument for ${window} should be greater than 0.\n`,
  ),
  WINDOW_PLACE: refuse((window: string) => `window ${window} can only be used in the GROUP BY clause`),
  COUNT_WINDOW_VALUE: refuse((value: string) => `Invalid parameter value ${value}.`),
  COUNT_WINDOW_STEP: refuse(
    (step: string, count: string) =>
      `The second parameter value ${step} should be less than the first parameter ${count}.`,
  ),
  COUNT_WINDOW_COUNT: refuse(() => 'Invalid parameter count.'),
  DEDUP_COUNT: refuse(() => 'dedup_trigger function should have 4 arguments'),
  DEDUP_COLUMN: refuse((ordinal: number) => `dedup_trigger function should have fieldRef as the ${ordinal} argument`),
  DEDUP_INTEGER: refuse(() => 'dedup_trigger function should have integer as the fourth argument'),

  AGGREGATE_IN_GROUP_BY: refuse(
    (expr: string) => `Not allowed to call aggregate functions in GROUP BY clause: ${expr}.`,
  ),
  NESTED_SET_RETURNING: refuse(() => "select clause shouldn't has nested set-returning-functions"),
  MANY_SET_RETURNING: refuse(() => "select clause shouldn't has multi set-returning-functions"),
  SET_RETURNING_PLACE: refuse(() => "select statement shouldn't has srf except fields"),
  WINDOW_FUNCTION_PLACE: refuse(() => 'window functions can only be in select fields'),

  DEFAULT_UNSUPPORTED: refuse((type: string) => `DEFAULT clause is not supported for ${type}`),
  DEFAULT_CONVERSION: refuse((text: string, type: string) => `cannot convert string(${text}) to ${type}`),
  DEFAULT_BOOL: refuse((text: string) => `strconv.ParseBool: parsing ${quoteString(text)}: invalid syntax`),
  EXTRA_NOT_JSON: refuse(() => 'invalid extra option, expect JSON string'),
  BINARY_TABLE: refuse(() => "'binary' format is not supported for table"),
  BINARY_COLUMN_TYPE: refuse(() => "'binary' format stream can have only 'bytea' type field"),
  BINARY_COLUMN_COUNT: refuse(() => "'binary' format stream can have only one field"),
};

/** Factories of the parser's errors; each takes its arguments and a context with the span. */
export const sqlErrors: ErrorTable<SqlErrorSpecs> = defineErrors(specs as never);
