/** Errors of the client. Wrong usage ends the program with 2, everything else with 1. */
import { defineErrors, ErrorCode } from '@kuiper/base';

export const cliErrors = defineErrors({
  /** The words on the command line make no command. Texts: behaviour spec, rest-cli-config §9.2. */
  USAGE: { code: ErrorCode.general, domain: 'user', text: (text: string) => text },
  /** The server's own words. */
  ANSWER: { code: ErrorCode.general, domain: 'user', text: (text: string) => text },
  UNKNOWN_ENDPOINT: {
    code: ErrorCode.notFound,
    domain: 'user',
    text: (method: string, url: string, status: number) =>
      `The server does not offer ${method} ${url} (status ${status}).`,
  },
  UNREACHABLE: {
    code: ErrorCode.io,
    domain: 'external',
    retry: true,
    text: (address: string, why: string) => `Failed to connect the server at ${address}: ${why}.`,
  },
  CONNECTION_LOST: {
    code: ErrorCode.io,
    domain: 'external',
    retry: true,
    text: (address: string, why: string) => `The connection to ${address} broke: ${why}.`,
  },
  INTERRUPTED: { code: ErrorCode.general, domain: 'user', text: () => 'Interrupted.' },
  ADDRESS_INVALID: {
    code: ErrorCode.general,
    domain: 'user',
    text: (address: string, origin: string) =>
      `"${address}" (${origin}) is no server address, such as http://127.0.0.1:9081.`,
  },
  CONFIGURATION: {
    code: ErrorCode.general,
    domain: 'user',
    text: (path: string, why: string) => `The client configuration ${path} cannot be read: ${why}.`,
  },
  FILE_READ: {
    code: ErrorCode.io,
    domain: 'user',
    text: (path: string, why: string) => `The file ${path} cannot be read: ${why}.`,
  },
  FILE_WRITE: {
    code: ErrorCode.io,
    domain: 'user',
    text: (path: string, why: string) => `The file ${path} cannot be written: ${why}.`,
  },
  NAME_MISMATCH: {
    code: ErrorCode.general,
    domain: 'user',
    text: (what: string, given: string, defined: string) =>
      `Name mismatch: the command says ${given}, the definition of the ${what} ${defined}.`,
  },
  TEST_FAILED: {
    code: ErrorCode.general,
    domain: 'user',
    text: (name: string) => `The test of plugin ${name} failed.`,
  },
  QUERY_STOPPED: {
    code: ErrorCode.general,
    domain: 'external',
    text: (message: string) => `query rule is stopped: ${message}`,
  },
});

/** What the operating system calls a failure, short: `ENOENT` and its like come out as words. */
export function systemText(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return 'no such file or directory';
  if (code === 'EACCES') return 'permission denied';
  if (code === 'EISDIR') return 'it is a directory';
  if (error instanceof AggregateError && error.errors.length > 0) return systemText(error.errors[0]);
  return message === '' ? String(code) : message;
}
