import { defineErrors, ErrorCode } from '@kuiper/base';

/** Errors of rule hosts. Texts: behaviour spec, runtime §8.5 and §11, io §16. */
export const hostErrors = defineErrors({
  RULE_NOT_DEPLOYED: {
    code: ErrorCode.notFound,
    domain: 'internal',
    text: (id: string) => `rule ${id} has not been deployed`,
  },
  RULE_NOT_RUNNING: {
    code: ErrorCode.rule,
    domain: 'user',
    text: (id: string) => `rule ${id} should be running when modify state`,
  },
  LOOKUP_UNKNOWN: {
    code: ErrorCode.streamTable,
    domain: 'user',
    text: (type: string) => `lookup source type ${type} not found`,
  },
  LOOKUP_KEY: { code: ErrorCode.streamTable, domain: 'user', text: () => 'key is required for lookup source' },
  LOOKUP_INVALID: { code: ErrorCode.streamTable, domain: 'user', text: (why: string) => why },
  LOOKUP_MISSING: {
    code: ErrorCode.executor,
    domain: 'user',
    text: (name: string) => `lookup table ${name} is not found`,
  },
  LOOKUP_IN_USE: {
    code: ErrorCode.streamTable,
    domain: 'user',
    text: (name: string) => `lookup table ${name} is still in use, stop all using rules before dropping it`,
  },
  FOREIGN_CODE_STUCK: {
    code: ErrorCode.executor,
    domain: 'user',
    text: (what: string) => `${what} did not return and its worker was replaced`,
  },
  WORKER_GONE: {
    code: ErrorCode.executor,
    domain: 'internal',
    retry: true,
    text: (why: string) => `the worker ended: ${why}`,
  },
  SLICE_SOURCE: {
    code: ErrorCode.executor,
    domain: 'user',
    text: (type: string) => `slice tuple mode does not support ${type} source`,
  },
});
