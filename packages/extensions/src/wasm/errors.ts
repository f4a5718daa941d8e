import { defineErrors, ErrorCode } from '@kuiper/base';

const code = ErrorCode.undefined;

/** Errors of WebAssembly modules when they are installed. */
export const wasmErrors = defineErrors({
  NAME: {
    code,
    domain: 'user',
    text: (name: string) =>
      name === ''
        ? 'invalid name : should not be empty'
        : `invalid name ${name}: only alphanumeric, hyphens and underscores are allowed`,
  },
  NOT_FOUND: { code, domain: 'user', text: (name: string) => `wasm plugin ${name} is not found` },
  FILE_MISSING: { code, domain: 'user', text: (file: string) => `missing ${file}` },
  MANIFEST: { code, domain: 'user', text: (why: string) => `invalid plugin, ${why}` },
  MODULE: { code, domain: 'user', text: (why: string) => `invalid WebAssembly module: ${why}` },
  EXPORT_MISSING: { code, domain: 'user', text: (name: string) => `WebAssembly module exports no function ${name}` },
  IMPORT: {
    code,
    domain: 'user',
    text: (module: string, name: string) => `WebAssembly module imports ${module}.${name}, which is not offered`,
  },
});
