/** Errors of scripts. Texts of creation: behaviour spec, runtime §16.3. */
import { defineErrors, ErrorCode } from '@kuiper/base';

const code = ErrorCode.executor;

export const scriptErrors = defineErrors({
  INTERPRET: { code, domain: 'user', text: (why: string) => `failed to interprete script: ${why}` },
  FUNCTION_MISSING: { code, domain: 'user', text: (name: string) => `cannot find function "${name}" in script` },
});
