import { defineErrors, ErrorCode } from '@kuiper/base';

/** Errors of starting and running rules. Texts: behaviour spec, runtime §1.2, §8 and io §2, §14. */
export const runErrors = defineErrors({
  SOURCE_UNKNOWN: { code: ErrorCode.executor, domain: 'user', text: (type: string) => `source type ${type} not found` },
  SOURCE_INVALID: { code: ErrorCode.executor, domain: 'user', text: (why: string) => why },
  FORMAT_UNKNOWN: {
    code: ErrorCode.executor,
    domain: 'user',
    text: (format: string) => `format type ${format} not supported`,
  },
  CONVERTER_UNKNOWN: {
    code: ErrorCode.executor,
    domain: 'user',
    text: (format: string, schemaId: string) =>
      `cannot get converter from format ${format}, schemaId ${schemaId}: format type ${format} not supported`,
  },
  CONVERTER_SCHEMA: {
    code: ErrorCode.executor,
    domain: 'user',
    text: (format: string, schemaId: string, why: string) =>
      `cannot get converter from format ${format}, schemaId ${schemaId}: ${why}`,
  },
  DECOMPRESSOR_UNKNOWN: {
    code: ErrorCode.executor,
    domain: 'user',
    text: (name: string) => `get decompressor ${name} fail with error: unsupported decompressor: ${name}`,
  },
  RATE_LIMIT: { code: ErrorCode.executor, domain: 'user', text: (why: string) => why },
  PAYLOAD_BATCH: {
    code: ErrorCode.converter,
    domain: 'user',
    text: (found: string) => `payload batch field is not array: ${found}`,
  },
  PAYLOAD_KIND: {
    code: ErrorCode.converter,
    domain: 'user',
    text: (kind: string) => `cannot decode payload of type ${kind}`,
  },
  NOT_SELECT: {
    code: ErrorCode.parser,
    domain: 'user',
    text: (sql: string) => `SQL ${sql} is not a select statement.`,
  },
  PARSE_SQL: {
    code: ErrorCode.parser,
    domain: 'user',
    text: (sql: string, why: string) => `Parse SQL ${sql} error: ${why}.`,
  },
  CALL_REFUSED: { code: ErrorCode.parser, domain: 'user', text: (why: string) => why },
  BUFFER_SHARED: {
    code: ErrorCode.planner,
    domain: 'user',
    text: (stream: string) => `disableBufferFullDiscard can't be enabled with shared stream ${stream}`,
  },
  NOT_RUNNING: {
    code: ErrorCode.rule,
    domain: 'user',
    text: (id: string) => `rule ${id} should be running when modify state`,
  },
  STATE_TYPE: { code: ErrorCode.rule, domain: 'user', text: (type: number) => `unknown stateType:${type}` },
  STREAM_NOT_IN_TOPO: {
    code: ErrorCode.rule,
    domain: 'user',
    text: (stream: string) => `stream ${stream} not found in topo`,
  },
  GRAPH_SLICE_TUPLE: {
    code: ErrorCode.undefined,
    domain: 'user',
    text: () => 'graph mode does not support slice-tuple mode',
  },
  RESET_UNSUPPORTED: {
    code: ErrorCode.rule,
    domain: 'user',
    text: (type: string) => `${type} source ResetOffset not supported`,
  },
});
