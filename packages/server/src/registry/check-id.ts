import { isValidId } from '@kuiper/base';
import { serverErrors } from '../errors.ts';

/** Identifiers of rules, streams, keys and the like; returns the id. Texts: rest-cli-config §1, "ID rule". */
export function checkId(id: string): string {
  if (isValidId(id)) return id;
  if (id === '') throw serverErrors.ID_EMPTY();
  if (id.trim() !== id) throw serverErrors.ID_BLANKS(id);
  throw serverErrors.ID_CHARACTERS(id);
}
