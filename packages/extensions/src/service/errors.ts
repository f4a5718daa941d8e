/** Errors of external services. Texts of definitions: behaviour spec, extension §6.1; of calls: §6.3–§6.6. */
import { defineErrors, ErrorCode, makeRowError, type RowError } from '@kuiper/base';

const user = { code: ErrorCode.general, domain: 'user' } as const;

export const serviceErrors = defineErrors({
  DEFINITION: { ...user, text: (file: string, why: string) => `parse services file ${file} failed: ${why}` },
  SCHEMA_FILE: { ...user, text: (file: string, why: string) => `Fail to parse schema file ${file}: ${why}` },
  SCHEMA_UNSUPPORTED: { ...user, text: (type: string) => `unsupported schema ${type}` },
  SCHEMA_TYPE_MISSING: { ...user, text: () => 'unsupported schema  for schema type' },
  SCHEMALESS_WITH_TYPE: { ...user, text: (type: string) => `unsupported schema ${type} for schemaless type` },
  SCHEMALESS_WITH_FILE: { ...user, text: () => 'schemaless type does not support schema files' },
  SCHEMALESS_PROTOCOL: { ...user, text: (protocol: string) => `protocol ${protocol} needs a schema` },
  PROTOCOL: { ...user, text: (protocol: string) => `unsupported protocol ${protocol}` },
  OPENAPI_PROTOCOL: { ...user, text: (protocol: string) => `schema openapi is for rest, not for ${protocol}` },
  ADDRESS: {
    ...user,
    text: (address: string, protocol: string) => `invalid address ${address} of a ${protocol} interface`,
  },
  FIELD: { ...user, text: (path: string, wanted: string) => `${path} must be ${wanted}` },
  INTERFACE: { ...user, text: (name: string, why: string) => `interface ${name}: ${why}` },
  OPTIONS: { ...user, text: (why: string) => `invalid options: ${why}` },
  STREAMING: {
    ...user,
    text: (method: string) => `method ${method} is streaming, only unary calls are supported`,
  },
  DUPLICATE: {
    ...user,
    text: (name: string, one: string, other: string) =>
      `function ${name} is defined twice, by ${one} and ${other}; give one another name in "functions"`,
  },
  ALIAS: {
    ...user,
    text: (name: string, method: string) => `function ${name} stands for ${method}, which the schema does not define`,
  },
  FUNCTION_TAKEN: {
    ...user,
    text: (name: string, owner: string) => `function ${name} is already provided by ${owner}`,
  },
  URI_FIELD: {
    ...user,
    text: (uri: string, field: string) => `invalid uri ${uri} in http option, ${field} field not found`,
  },
  URI_FIELD_TYPE: {
    ...user,
    text: (uri: string, field: string) => `invalid uri ${uri} in http option, ${field} field must be a single scalar`,
  },
  URI: { ...user, text: (uri: string, why: string) => `invalid uri ${uri} in http option, ${why}` },
  BODY_FIELD: {
    ...user,
    text: (field: string) => `invalid body field ${field}, must be a message`,
  },
  BODY_FIELD_MISSING: { ...user, text: (field: string) => `invalid body field ${field}, field not found` },
  HTTP_RULE: { ...user, text: (method: string, why: string) => `invalid http option of ${method}, ${why}` },
  SERVICE_ABSENT: { ...user, code: ErrorCode.notFound, text: (name: string) => `${name} is not found` },
  DESCRIPTOR_MISSING: {
    ...user,
    text: (name: string) => `cannot find the json descriptor file ${name}.json for service`,
  },
  NAME: { ...user, text: (name: string) => `invalid service name ${JSON.stringify(name)}` },
});

/** Why a call failed, and what that says about the other side. */
export interface CallFailure extends RowError {
  /**
   * `unreachable`: no answer came, the same call may succeed later; `away`: something in between answered that the other
   * side does not; `answer`: the other side refused this call.
   */
  readonly failure: 'timeout' | 'unreachable' | 'away' | 'answer' | 'cancelled';
}

export function callFailure(failure: CallFailure['failure'], text: string): CallFailure {
  return Object.assign(makeRowError(text), { failure });
}

export function cancelled(): CallFailure {
  return callFailure('cancelled', 'the call was cancelled, its rule has stopped');
}

export function failureOf(error: unknown): CallFailure['failure'] {
  return (error as Partial<CallFailure> | null)?.failure ?? 'answer';
}
