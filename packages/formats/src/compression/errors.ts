/** Errors of compression. Source: behaviour spec, io §10. */
import { defineErrors, ErrorCode, type ErrorSpec, type ErrorTable } from '@kuiper/base';

type CompressionErrorSpecs = {
  readonly COMPRESSION_UNAVAILABLE: ErrorSpec<[name: string]>;
  readonly ZSTD_WINDOW_SIZE: ErrorSpec<[given: string]>;
};

export const compressionErrors: ErrorTable<CompressionErrorSpecs> = defineErrors<CompressionErrorSpecs>({
  COMPRESSION_UNAVAILABLE: {
    code: ErrorCode.general,
    domain: 'user',
    text: (name) => `${name} compression needs Node.js 22.15 or later`,
  },
  ZSTD_WINDOW_SIZE: {
    code: ErrorCode.general,
    domain: 'user',
    text: (given) => `invalid windowSize ${given}, must be a power of two from 1024 to 536870912`,
  },
});
