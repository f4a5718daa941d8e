import { makeRowError } from '@kuiper/base';

/**
 * Throws a row error that is shown as it is, without `call func <name> error: `, and that an aggregate projection
 * reports like an operator's; the engine looks for `asIs`. For the domain errors of `ln`, `log` and `sqrt`.
 * Source: behaviour spec, functions §1.3, §10.
 */
export function reportedError(text: string): never {
  throw Object.assign(makeRowError(text), { asIs: true } as const);
}
