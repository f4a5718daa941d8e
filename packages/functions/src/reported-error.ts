import { makeRowError, type RowError } from '@kuiper/base';

/**
 * Throws a row error that is shown as it is, without `call func <name> error: `, and that an aggregate projection
 * reports like an operator's: domain errors of `ln`, `log` and `sqrt`. Source: behaviour spec, functions §1.3, §10.
 */
export function reportedError(text: string): never {
  throw Object.assign(makeRowError(text), { asIs: true } as const);
}

/** True for errors made by {@link reportedError}. */
export function isReportedError(error: RowError): boolean {
  return (error as { asIs?: boolean }).asIs === true;
}
