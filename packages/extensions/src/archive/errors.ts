/** Errors of archives and of putting their files in place. */
import { defineErrors, ErrorCode } from '@kuiper/base';

const code = ErrorCode.undefined;

export const archiveErrors = defineErrors({
  ARCHIVE: { code, domain: 'user', text: (why: string) => `invalid zip file: ${why}` },
  PLACE: { code, domain: 'external', text: (path: string, why: string) => `cannot place ${path}: ${why}` },
  /** Source: behaviour spec, extension §4.1. */
  SCRIPT: {
    code,
    domain: 'user',
    text: (why: string, stdout: string, stderr: string) => `err:${why} stdout:${stdout} stderr:${stderr}`,
  },
});
