/** FROM and JOIN names to definitions, with the checks that concern a source alone. */
import type { Span } from '@kuiper/base';
import type { SelectStatement, SourceRef } from '@kuiper/sql';
import type { Catalog, CatalogSource } from './catalog.ts';
import { analyzeErrors } from './errors.ts';
import type { AnalyzeOptions } from './query.ts';

export interface ResolvedSource {
  readonly index: number;
  readonly definition: CatalogSource;
  readonly alias: string;
  readonly schemaless: boolean;
  readonly span: Span;
}

/** Sources in the order of the text: FROM, then joins. Source: behaviour spec, sql §6.2, §12, §15.3. */
export function resolveSources(
  statement: SelectStatement,
  catalog: Catalog,
  options: AnalyzeOptions,
): readonly ResolvedSource[] {
  const refs: SourceRef[] = [statement.from, ...statement.joins.map((join) => join.source)];
  return refs.map((ref, index) => {
    const definition = catalog.source(ref.name);
    if (definition === undefined) {
      const hint = catalog.nearestSource?.(ref.name);
      throw analyzeErrors.STREAM_NOT_FOUND(ref.name, { span: ref.span, ...(hint !== undefined && { hint }) });
    }
    checkSource(definition, ref.span, options);
    const schemaless = definition.columns.length === 0;
    return { index, definition, alias: ref.alias ?? ref.name, schemaless, span: ref.span };
  });
}

function checkSource(definition: CatalogSource, span: Span, options: AnalyzeOptions): void {
  const { name, kind, columns, options: stream } = definition;
  if (stream.temp === true && options.temp !== true) throw analyzeErrors.TEMP_STREAM(name, { span });
  if (stream.shared === true && options.disableBufferFullDiscard) throw analyzeErrors.DISCARD_SHARED(name, { span });
  if (!options.isEventTime || kind !== 'stream') return;
  const column = stream.timestamp ?? '';
  if (column === '') throw analyzeErrors.TIMESTAMP_MISSING({ span });
  if (columns.length > 0 && !columns.some((declared) => declared.name === column)) {
    throw analyzeErrors.TIMESTAMP_UNDECLARED(column, { span });
  }
}
