import { textForm } from '@kuiper/base';

/** A `text` argument: printed here when it has not been printed yet; null is empty. */
export function text(value: unknown): string {
  return typeof value === 'string' ? value : textForm(value, 'any');
}
