/** `experiment.useSliceTuple` changes nothing here, but is refused where it always was. Source: sql §14.2. */
import type { SelectStatement } from '@kuiper/sql';
import { analyzeErrors } from './errors.ts';
import type { AnalyzeOptions } from './query.ts';
import type { ResolvedSource } from './resolve-sources.ts';

export function checkSliceTuple(
  statement: SelectStatement,
  sources: readonly ResolvedSource[],
  options: AnalyzeOptions,
): void {
  const refuse = (condition: boolean, why: string): void => {
    if (condition) throw analyzeErrors.SLICE_TUPLE(why, { span: statement.span });
  };
  refuse(
    sources.some((source) => source.definition.kind !== 'stream'),
    'do not support table yet',
  );
  refuse(options.isEventTime, 'do not support event time yet');
  refuse(statement.joins.length > 0, 'do not support join yet');
  refuse(statement.having !== null, 'do not support having yet');
  refuse(statement.orderBy.length > 0, 'do not support sort yet');
  refuse(
    sources.some((source) => source.schemaless) && statement.items.some((item) => item.expr.kind === 'wildcard'),
    'do not support wildcard yet',
  );
}
