import { errorText, KuiperError } from '@kuiper/base';
import { storeErrors } from '../errors.ts';

/** Gives a failed file operation its place in the error table; our own errors pass through. */
export function logFailure(thrown: unknown, path: string): KuiperError {
  if (thrown instanceof KuiperError) return thrown;
  const code = (thrown as { code?: unknown } | null)?.code;
  const isFull = code === 'ENOSPC' || code === 'EDQUOT';
  const make = isFull ? storeErrors.LOG_DISK_FULL : storeErrors.LOG_IO;
  return make(path, errorText(thrown), { cause: thrown });
}
