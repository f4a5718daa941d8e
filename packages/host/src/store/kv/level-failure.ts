import { errorText, KuiperError } from '@kuiper/base';
import { storeErrors } from '../errors.ts';

/** Gives whatever LevelDB threw its place in the error table; our own errors pass through. */
export function levelFailure(thrown: unknown, directory: string): KuiperError {
  if (thrown instanceof KuiperError) return thrown;
  const code = levelCode(thrown);
  const context = { cause: thrown };
  if (code === 'LEVEL_LOCKED') return storeErrors.KV_LOCKED(directory, context);
  if (code === 'LEVEL_CORRUPTION') return storeErrors.KV_CORRUPT(directory, innermostText(thrown), context);
  if (code.endsWith('_NOT_OPEN')) return storeErrors.STORE_CLOSED(`store ${directory}`, context);
  return storeErrors.KV_IO(directory, innermostText(thrown), context);
}

/** The code of the innermost cause: a failed open wraps the reason twice. */
function levelCode(thrown: unknown): string {
  let code = '';
  for (let error = thrown; error instanceof Error; error = error.cause) {
    const own = (error as { code?: unknown }).code;
    if (typeof own === 'string') code = own;
  }
  return code;
}

function innermostText(thrown: unknown): string {
  let text = errorText(thrown);
  for (let error = thrown; error instanceof Error; error = error.cause) text = error.message;
  return text;
}
