import { baseErrors } from './base-errors.ts';

const VALID = /^[a-zA-Z0-9_-]+$/;

/** True when an identifier of a rule, stream, key, plugin or file part is safe in URLs, store keys and paths. */
export function isValidId(id: string): boolean {
  return VALID.test(id);
}

/** The one validator of identifiers: returns the id or throws with the text of runtime §1.2. */
export function checkId(id: string): string {
  if (!isValidId(id)) throw baseErrors.ID_INVALID(id);
  return id;
}
