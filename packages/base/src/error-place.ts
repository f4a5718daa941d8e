/** Where in a text an error is, whichever layer asks: contexts are wrapped around errors, the place stays inside. */
import { KuiperError, type Span } from './errors.ts';

export interface ErrorPlace {
  /** The whole text that was refused. */
  readonly statement: string;
  readonly span: Span;
  /** What may have been meant. */
  readonly hint?: string;
}

/**
 * Notes the text that the span of an error points into; the innermost layer to know a text wins. For `catch` clauses:
 * `throw placedIn(error, text)`.
 * @returns the error itself, of whatever kind it is
 */
export function placedIn(error: unknown, statement: string): unknown {
  if (error instanceof KuiperError && error.span !== undefined) error.statement ??= statement;
  return error;
}

/** The place of an error or of the nearest one of its causes that has one; null when none has. */
export function placeOf(error: unknown): ErrorPlace | null {
  for (let inner = error; inner instanceof Error; inner = inner.cause) {
    if (!(inner instanceof KuiperError)) continue;
    const { statement, span, hint } = inner;
    if (statement === undefined || span === undefined) continue;
    return hint === undefined ? { statement, span } : { statement, span, hint };
  }
  return null;
}
