/**
 * The short way of `SELECT *`: when a rule only passes on the rows of its own schemaless source, a message goes from the
 * bytes of the source to the bytes of the sink without becoming a row. Rows that cannot (lists, damaged messages), and
 * all rows while somebody taps the rule, take the ordinary way; results are the same. Source: DESIGN §5.
 */
import type { FormatDeclaration, Payload, Transcoder } from '@kuiper/sdk';
import type { RulePlan } from '../plan/plan-node.ts';
import type { SourceSpec } from './rule-spec.ts';
import type { SinkPlan } from './sink-plan.ts';

/** What a subscriber offers to a source that can transcode. */
export interface PassThrough {
  readonly transcoder: Transcoder;
  /** False while the rows themselves are wanted. */
  isOpen(): boolean;
  /** Takes one encoded row. */
  take(payload: Payload): void;
}

/** The transcoder for a rule that only passes rows on; null for every other rule. */
export function passThroughTranscoder(
  plan: RulePlan,
  sinks: readonly SinkPlan[],
  spec: SourceSpec,
  format: FormatDeclaration | undefined,
): Transcoder | null {
  const { root } = plan;
  if (plan.sources.length !== 1 || root.kind !== 'project' || root.inputs[0]?.kind !== 'dataSource') return null;
  const [field, ...others] = root.fields;
  const isAll =
    others.length === 0 &&
    field?.kind === 'wildcard' &&
    !field.invisible &&
    field.expr.kind === 'wildcard' &&
    field.expr.except.length === 0 &&
    field.expr.replace.length === 0;
  if (!isAll || root.sendMeta || root.limit === 0 || plan.stateful) return null;
  const { source } = root.inputs[0];
  if (!source.schemaless || source.strict || source.timestamp !== null || source.columns !== null) return null;
  if (source.splitNodes.length !== 1 || !source.splitNodes[0]?.endsWith('_decoder')) return null;
  if (format?.createTranscoder === undefined || !sinks.every((sink) => sink.format === format && isPlain(sink)))
    return null;
  return format.createTranscoder(
    { schema: null, columns: null, options: spec.props },
    { type: plan.outputType, options: {} },
  );
}

/** The sink gets rows encoded as they are. */
function isPlain({ common, template, dynamic, compress, encrypt, batching }: SinkPlan): boolean {
  const shapes = common.fields.length > 0 || common.excludeFields.length > 0 || common.dataField !== '';
  return (
    !shapes &&
    common.tableDataField === '' &&
    !common.omitIfEmpty &&
    template === null &&
    dynamic.length === 0 &&
    compress === null &&
    encrypt === null &&
    !batching
  );
}
