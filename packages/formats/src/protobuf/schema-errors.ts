import { defineErrors, ErrorCode } from '@kuiper/base';

/** Why a schema cannot be used. Texts: behaviour spec, io §8.5. */
export const schemaErrors = defineErrors({
  SCHEMA_ABSENT: {
    code: ErrorCode.undefined,
    domain: 'user',
    text: (type: string, name: string) => `schema type ${type} id ${name} not found in registry`,
  },
  MESSAGE_ABSENT: {
    code: ErrorCode.undefined,
    domain: 'user',
    text: (message: string, path: string) => `message type ${message} not found in schema path ${path}`,
  },
  SCHEMA_SYNTAX: {
    code: ErrorCode.undefined,
    domain: 'user',
    text: (path: string, why: string) => `parse schema file(s) ${path} failed: ${why}`,
  },
});
