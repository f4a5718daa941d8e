import type { Span } from '@kuiper/base';

/** A place in a statement as people count: `line` and `column` from 1, columns in UTF-16 units. */
export interface Location {
  readonly line: number;
  readonly column: number;
}

/** Where `span` begins. Line breaks are LF, with or without CR before it. A span past the end is taken at the end. */
export function locate(text: string, span: Span): Location {
  const start = clamp(span.start, text);
  let line = 1;
  let lineStart = 0;
  for (let lf = text.indexOf('\n'); lf >= 0 && lf < start; lf = text.indexOf('\n', lf + 1)) {
    line++;
    lineStart = lf + 1;
  }
  return { line, column: start - lineStart + 1 };
}

/**
 * The line that `span` begins in, and under it carets below the offending text (to the line's end at most, one at
 * least), headed by line and column:
 * ```
 * line 1, column 10:
 * SELECT a FORM demo
 *          ^^^^
 * ```
 * Tabs are repeated in the second line so that the carets stand right. No trailing line break.
 */
export function underline(text: string, span: Span): string {
  const { line, column } = locate(text, span);
  const start = clamp(span.start, text);
  const lineStart = start - column + 1;
  const lf = text.indexOf('\n', start);
  const lineEnd = lf < 0 ? text.length : lf;
  const source = text.slice(lineStart, lineEnd).replace(/\r$/, '');
  const indent = source.slice(0, column - 1).replace(/[^\t]/g, ' ');
  const width = Math.max(1, Math.min(clamp(span.end, text), lineStart + source.length) - start);
  return `line ${line}, column ${column}:\n${source}\n${indent}${'^'.repeat(width)}`;
}

function clamp(position: number, text: string): number {
  return Math.max(0, Math.min(position, text.length));
}
