import { defineErrors, ErrorCode } from '@kuiper/base';

const code = ErrorCode.undefined;

/** Errors of WebAssembly modules when they are installed. */
export const wasmErrors = defineErrors({
  MODULE: { code, domain: 'user', text: (why: string) => `invalid WebAssembly module: ${why}` },
  EXPORT_MISSING: { code, domain: 'user', text: (name: string) => `WebAssembly module exports no function ${name}` },
  IMPORT: {
    code,
    domain: 'user',
    text: (module: string, name: string) => `WebAssembly module imports ${module}.${name}, which is not offered`,
  },
});
