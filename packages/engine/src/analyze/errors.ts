/**
 * What the analyzer and the planner refuse. The texts are matched by clients and fixed to the letter; the place is in
 * `span`. Source: behaviour spec, sql §6, §8–§13, §15.2, §15.3; functions §1.2.
 */
import { defineErrors, ErrorCode, type ErrorSpec, type ErrorTable } from '@kuiper/base';

type Spec<Args extends readonly unknown[]> = ErrorSpec<Args>;

function refuse<Args extends readonly unknown[]>(code: number, text: (...args: Args) => string): Spec<Args> {
  return { code, domain: 'user', text };
}

interface AnalyzeErrorSpecs {
  FUNCTION_NOT_FOUND: Spec<[name: string]>;
  FUNCTION_ARGUMENTS: Spec<[name: string, why: string]>;
  COLUMNS_FUNCTION_PLACE: Spec<[name: string]>;
  STREAM_NOT_FOUND: Spec<[name: string]>;
  TEMP_STREAM: Spec<[name: string]>;
  UNKNOWN_FIELD: Spec<[name: string]>;
  AMBIGUOUS_FIELD: Spec<[name: string]>;
  FIELD_CASE: Spec<[name: string, stream: string]>;
  DUPLICATE_FIELD: Spec<[name: string]>;
  ALIAS_CYCLE: Spec<[]>;
  SLICE_BOUNDS: Spec<[]>;
  NESTED_AGGREGATE: Spec<[name: string]>;
  AGGREGATE_IN_GROUP_BY: Spec<[text: string]>;
  AGGREGATE_IN_ON: Spec<[text: string]>;
  PLAIN_IN_HAVING: Spec<[text: string]>;
  HIT_IN_AGGREGATE: Spec<[name: string]>;
  SET_RETURNING_PLACE: Spec<[]>;
  WINDOW_FUNCTION_PLACE: Spec<[]>;
  GROUP_WITHOUT_WINDOW: Spec<[]>;
  META_TO_SINK: Spec<[]>;
  TIMESTAMP_MISSING: Spec<[]>;
  TIMESTAMP_UNDECLARED: Spec<[column: string]>;
  DISCARD_SHARED: Spec<[stream: string]>;
  JOIN_WITHOUT_WINDOW: Spec<[]>;
  WINDOW_OVER_TABLES: Spec<[]>;
  LOOKUP_WITHOUT_JOIN: Spec<[names: string]>;
  LOOKUP_CONDITION: Spec<[text: string]>;
  SLICE_TUPLE: Spec<[why: string]>;
  WINDOW_TYPE_EVENT_TIME: Spec<[type: number]>;
  WINDOW_TYPE_VERSION: Spec<[type: string]>;
  TOO_DEEP: Spec<[]>;
  DEDUP_PLACE: Spec<[]>;
  DEDUP_AGAIN: Spec<[]>;
}

const { parser, undefined: unclassified, executor } = ErrorCode;

const specs: AnalyzeErrorSpecs = {
  FUNCTION_NOT_FOUND: refuse(parser, (name: string) => `function ${name} not found`),
  FUNCTION_ARGUMENTS: refuse(parser, (name: string, why: string) => `validate function ${name} error: ${why}`),
  COLUMNS_FUNCTION_PLACE: refuse(
    parser,
    (name: string) => `function ${name} can only be used inside the select clause`,
  ),
  STREAM_NOT_FOUND: refuse(
    unclassified,
    (name: string) => `fail to get stream ${name}, please check if stream is created`,
  ),
  TEMP_STREAM: refuse(unclassified, (name: string) => `temp stream ${name} can only be used by temp rules`),
  UNKNOWN_FIELD: refuse(unclassified, (name: string) => `unknown field ${name}`),
  AMBIGUOUS_FIELD: refuse(unclassified, (name: string) => `ambiguous field ${name}`),
  FIELD_CASE: refuse(unclassified, (name: string, stream: string) => `field ${name} not found in stream ${stream}`),
  DUPLICATE_FIELD: refuse(unclassified, (name: string) => `duplicate field definition ${name}`),
  ALIAS_CYCLE: refuse(unclassified, () => 'select fields have cycled alias'),
  SLICE_BOUNDS: refuse(unclassified, () => "colon start value can't be greater than end value"),
  NESTED_AGGREGATE: refuse(
    unclassified,
    (name: string) => `invalid argument for func ${name}: aggregate argument is not allowed`,
  ),
  AGGREGATE_IN_GROUP_BY: refuse(
    unclassified,
    (text: string) => `Not allowed to call aggregate functions in GROUP BY clause: ${text}.`,
  ),
  AGGREGATE_IN_ON: refuse(
    unclassified,
    (text: string) => `Not allowed to call aggregate functions in ON clause: ${text}.`,
  ),
  PLAIN_IN_HAVING: refuse(
    unclassified,
    (text: string) => `Not allowed to call non-aggregate functions in HAVING clause: ${text}.`,
  ),
  HIT_IN_AGGREGATE: refuse(unclassified, (name: string) => `function ${name} is not allowed in an aggregate query`),
  SET_RETURNING_PLACE: refuse(unclassified, () => "select statement shouldn't has srf except fields"),
  WINDOW_FUNCTION_PLACE: refuse(unclassified, () => 'window functions can only be in select fields'),
  GROUP_WITHOUT_WINDOW: refuse(unclassified, () => 'select stmt group by should be used with window'),
  META_TO_SINK: refuse(unclassified, () => 'Invalid option sendMetaToSink, it can not be applied to window'),
  TIMESTAMP_MISSING: refuse(
    unclassified,
    () => 'preprocessor is set to be event time but stream option TIMESTAMP not found',
  ),
  TIMESTAMP_UNDECLARED: refuse(unclassified, (column: string) => `timestamp field ${column} not found`),
  DISCARD_SHARED: refuse(
    unclassified,
    (stream: string) => `disableBufferFullDiscard can't be enabled with shared stream ${stream}`,
  ),
  JOIN_WITHOUT_WINDOW: refuse(unclassified, () => 'a time window or count window is required to join multiple streams'),
  WINDOW_OVER_TABLES: refuse(unclassified, () => 'cannot run window for TABLE sources'),
  LOOKUP_WITHOUT_JOIN: refuse(unclassified, (names: string) => `cannot find lookup table ${names} in any join`),
  LOOKUP_CONDITION: refuse(
    unclassified,
    (text: string) => `join condition ${text} is invalid, at least one equi-join predicate is required`,
  ),
  SLICE_TUPLE: refuse(unclassified, (why: string) => `slice tuple mode ${why}`),
  WINDOW_TYPE_EVENT_TIME: refuse(executor, (type: number) => `unsupported window type ${type}`),
  WINDOW_TYPE_VERSION: refuse(executor, (type: string) => `unsupported window type:${type}`),
  TOO_DEEP: refuse(parser, () => 'expression is nested too deeply'),
  DEDUP_PLACE: refuse(unclassified, () => 'dedup_trigger can only be used inside the select clause'),
  DEDUP_AGAIN: refuse(unclassified, () => 'dedup_trigger can only be used once'),
};

/** Factories of the analyzer's and planner's errors; each takes its arguments and a context with the span. */
export const analyzeErrors: ErrorTable<AnalyzeErrorSpecs> = defineErrors(specs as never);
