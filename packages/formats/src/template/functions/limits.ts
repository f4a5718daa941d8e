/** Bounds on what one call may make. */
import { rowError } from '@kuiper/base';

/** Characters of a text. */
const MAX_TEXT_LENGTH = 64 * 1024 * 1024;
/** Elements of a list of numbers. */
const MAX_ELEMENTS = 1_000_000;

export function checkTextLength(length: number): void {
  if (length > MAX_TEXT_LENGTH) rowError(`text of ${length} characters is too long, at most ${MAX_TEXT_LENGTH}`);
}

export function checkElements(count: number): void {
  if (count > MAX_ELEMENTS) rowError(`list of ${count} elements is too long, at most ${MAX_ELEMENTS}`);
}
