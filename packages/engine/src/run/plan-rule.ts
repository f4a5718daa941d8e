/**
 * From a rule's definition to everything needed to run it: parse → analyze → plan → optimize → compile, and the sinks.
 * Nothing is opened; what is refused here is refused when the rule is created.
 */
import { errorText, KuiperError } from '@kuiper/base';
import { parseStatement, type SelectStatement } from '@kuiper/sql';
import { analyzeSelect, functionCheck } from '../analyze/index.ts';
import type { ProgramCache } from '../compile/index.ts';
import type { Program } from '../compile/program.ts';
import { explainPlan, optimizePlan, planQuery } from '../plan/index.ts';
import type { RulePlan } from '../plan/plan-node.ts';
import { runErrors } from './errors.ts';
import type { RuleSpec } from './rule-spec.ts';
import type { RunServices } from './services.ts';
import { planSink, type SinkPlan } from './sink-plan.ts';
import { sourceDeclaration, sourceProps } from './source-hub.ts';
import { checkSourceDecoding } from './source-decoder.ts';
import { specCatalog } from './spec-catalog.ts';
import { ruleTopology, type Topology } from './topology.ts';

export interface PlannedRule {
  readonly spec: RuleSpec;
  readonly plan: RulePlan;
  readonly program: Program;
  readonly sinks: readonly SinkPlan[];
  readonly topology: Topology;
  /** Null for graph rules. */
  readonly explain: string | null;
}

/** Throws the {@link KuiperError} that creating the rule answers. */
export function planRule(spec: RuleSpec, services: RunServices, programs: ProgramCache): PlannedRule {
  const plan = planStatement(spec, services);
  for (const source of plan.sources) {
    if (source.role === 'lookup') continue;
    const sourceSpec = spec.sources.find(({ name }) => name === source.stream);
    if (sourceSpec === undefined) continue;
    if (source.shared && spec.options.disableBufferFullDiscard) throw runErrors.BUFFER_SHARED(source.stream);
    const declaration = sourceDeclaration(sourceSpec, services);
    sourceProps(declaration, sourceSpec);
    checkSourceDecoding(sourceSpec, declaration.emits === 'bytes', services);
  }
  const sinks = spec.actions.map((action) => planSink(action, services.registries, services.transform));
  return {
    spec,
    plan,
    program: programs.compile(plan),
    sinks,
    topology: ruleTopology(plan, sinks),
    explain: spec.sql === null ? null : explainPlan(plan),
  };
}

function planStatement(spec: RuleSpec, services: RunServices): RulePlan {
  const catalog = specCatalog(spec, services);
  if (spec.sql === null) throw runErrors.GRAPH_UNSUPPORTED(spec.id);
  const query = analyzeSelect(parseRuleSql(spec.sql, services), catalog, spec.options);
  return optimizePlan(planQuery(query));
}

/** Parses the SQL of a rule; errors carry the texts and the code of the rule layer. */
export function parseRuleSql(sql: string, services: Pick<RunServices, 'catalog'>): SelectStatement {
  let statement: ReturnType<typeof parseStatement>;
  try {
    statement = parseStatement(sql, { functions: functionCheck(services.catalog.functions) });
  } catch (error) {
    const span = error instanceof KuiperError ? error.span : undefined;
    throw runErrors.PARSE_SQL(sql, errorText(error), span === undefined ? { cause: error } : { cause: error, span });
  }
  if (statement.kind !== 'select') throw runErrors.NOT_SELECT(sql);
  return statement;
}
