/** Errors of portable plugins. Texts: behaviour spec, extension §4.1–4.3, §4.6–4.11. */
import { defineErrors, ErrorCode } from '@kuiper/base';

const code = ErrorCode.general;
const io = ErrorCode.io;

export const portableErrors = defineErrors({
  MANIFEST_UNREADABLE: {
    code,
    domain: 'user',
    text: (name: string, files: number) => `missing or invalid json file ${name}.json, found ${files} files in total`,
  },
  MANIFEST_NAME: {
    code,
    domain: 'user',
    text: (wanted: string, got: string) => `invalid plugin, expect name '${wanted}' but got '${got}'`,
  },
  MANIFEST_INVALID: { code, domain: 'user', text: (why: string) => `invalid plugin, ${why}` },
  NAME_INVALID: { code, domain: 'user', text: (name: string, why: string) => `invalid name ${name}: ${why}` },
  INSTALL: { code, domain: 'user', text: (why: string) => `fail to install plugin: ${why}` },
  FILE_MISSING: { code, domain: 'user', text: (path: string) => `missing ${path}` },
  EXECUTABLE_MISSING: { code, domain: 'user', text: (path: string) => `cannot find executable ${path}` },
  NOT_FOUND: { code, domain: 'user', text: (name: string) => `portable plugin ${name} is not found` },
  LANGUAGE_UNSUPPORTED: { code, domain: 'user', text: (language: string) => `unsupported language: ${language}` },
  VIRTUAL_TYPE_UNSUPPORTED: {
    code,
    domain: 'user',
    text: (name: string, type: string) => `fail to start plugin ${name}: unsupported virtual type: ${type}`,
  },
  START_FAILED: {
    code,
    domain: 'external',
    text: (name: string, why: string) => `fail to start plugin ${name}: ${why}`,
  },
  HANDSHAKE: {
    code,
    domain: 'external',
    text: (executable: string, why: string) => `plugin ${executable} control handshake error: ${why}`,
  },
  NOT_RUNNING: {
    code,
    domain: 'external',
    retry: true,
    text: (name: string) => `plugin ${name} is not running successfully, please make sure it is valid`,
  },
  ENDED: {
    code: io,
    domain: 'external',
    retry: true,
    text: (name: string, why: string) => `plugin ${name} has ended: ${why}`,
  },
  REFUSED: { code, domain: 'external', text: (reply: string) => `receive error: ${reply}` },
  CONTROL_TIMEOUT: {
    code: io,
    domain: 'external',
    retry: true,
    text: (name: string, command: string, seconds: number) =>
      `plugin ${name} did not answer ${command} within ${seconds}s`,
  },
  LISTEN: {
    code: io,
    domain: 'external',
    text: (socket: string, why: string, path: string) => `can't listen on ${socket} socket: ${why} (${path})`,
  },
  DIAL: { code: io, domain: 'external', text: (why: string) => `can't dial on push socket: ${why}` },
  CALL_TIMEOUT: {
    code: io,
    domain: 'external',
    text: (name: string, status: string, message: string) =>
      `time out, plugin ${name} status ${status}, message: ${message}`,
  },
  CALL_DIED: {
    code: io,
    domain: 'external',
    text: (name: string, status: string, message: string) =>
      `plugin ended, plugin ${name} status ${status}, message: ${message}`,
  },
  REMOVED: { code, domain: 'external', text: (name: string) => `plugin ${name} was removed` },
  NO_LOOKUPS: {
    code,
    domain: 'user',
    text: (name: string) => `plugin ${name} offers no lookup sources: its SDK does not know the extended protocol`,
  },
  VALIDATE: {
    code: ErrorCode.planner,
    domain: 'user',
    text: (name: string, why: string) => `validate function ${name} error: ${why}`,
  },
  DATA_UNDECODABLE: {
    code,
    domain: 'external',
    text: (message: string, why: string) =>
      `Invalid data format, cannot decode ${message} to json format with error ${why}`,
  },
});
