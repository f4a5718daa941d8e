/**
 * From a rule's definition to everything needed to run it: parse → analyze → plan → optimize → compile, and the sinks.
 * Nothing is opened; what is refused here is refused when the rule is created.
 */
import { errorText, KuiperError, placedIn, placeOf } from '@kuiper/base';
import { parseStatement, type SelectStatement, sqlErrors } from '@kuiper/sql';
import { analyzeSelect, functionCheck } from '../analyze/index.ts';
import type { AnalyzeOptions } from '../analyze/query.ts';
import type { ProgramCache } from '../compile/index.ts';
import type { Program } from '../compile/program.ts';
import { compileGraph } from '../graph/index.ts';
import { type ExplainOptions, explainPlan, optimizePlan, planGraph, planQuery } from '../plan/index.ts';
import type { RulePlan } from '../plan/plan-node.ts';
import { runErrors } from './errors.ts';
import { inlineSources, plainSource } from './graph-sources.ts';
import { lookupCacheSettings } from './lookup-cache-settings.ts';
import type { RuleSpec } from './rule-spec.ts';
import type { RunServices } from './services.ts';
import { planSink, type SinkPlan } from './sink-plan.ts';
import { sourceDeclaration, sourceProps } from './source-hub.ts';
import { checkSourceDecoding } from './source-decoder.ts';
import { specCatalog } from './spec-catalog.ts';
import { ruleTopology, type Topology } from './topology.ts';

export interface PlannedRule {
  /** With the sources that a graph defines itself. */
  readonly spec: RuleSpec;
  readonly plan: RulePlan;
  readonly program: Program;
  readonly sinks: readonly SinkPlan[];
  readonly topology: Topology;
  /** Null for graph rules. */
  readonly explain: string | null;
}

/** What planning may ask about the present. */
export interface PlanRequest extends ExplainOptions {
  /** Why a script of a graph cannot be used; null when it can. Asked only for those that {@link graphScripts} names. */
  readonly checkScript: (source: string) => string | null;
}

/** Throws the {@link KuiperError} that creating the rule answers. */
export function planRule(...given: Parameters<typeof planWhole>): PlannedRule {
  try {
    return planWhole(...given);
  } catch (error) {
    const [{ sql }] = given;
    // the parser bounds how deep a statement is, but not how much of the stack its caller has left
    if (!(error instanceof RangeError) || sql === null) throw error;
    throw sqlErrors.TOO_DEEP({ span: { start: 0, end: sql.length }, statement: sql, cause: error });
  }
}

function planWhole(given: RuleSpec, services: RunServices, programs: ProgramCache, request: PlanRequest): PlannedRule {
  const spec = given.sql === null ? withInlineSources(given) : given;
  const options = { ...spec.options, temp: spec.temp };
  const plan =
    spec.sql === null ? planNodes(spec, options, services, request) : planStatement(spec.sql, spec, options, services);
  for (const source of plan.sources) {
    const sourceSpec = spec.sources.find(({ name }) => name === source.stream);
    if (sourceSpec === undefined) continue;
    if (source.role === 'lookup') {
      lookupCacheSettings(sourceSpec.props);
      continue;
    }
    if (source.shared && spec.options.disableBufferFullDiscard) throw runErrors.BUFFER_SHARED(source.stream);
    const declaration = sourceDeclaration(sourceSpec, services);
    sourceProps(declaration, sourceSpec);
    checkSourceDecoding(sourceSpec, declaration, services);
  }
  const { registries, transform } = services;
  const sinks =
    plan.graph?.sinks.map(({ name, type, props }, index) =>
      planSink({ type, index, props }, registries, transform, name),
    ) ?? spec.actions.map((action) => planSink(action, registries, transform));
  return {
    spec,
    plan,
    program: plan.graph === undefined ? programs.compile(plan) : compileGraph(plan, (part) => programs.compile(part)),
    sinks,
    topology: ruleTopology(plan, sinks),
    explain: spec.sql === null ? null : explainPlan(plan, request),
  };
}

function planStatement(sql: string, spec: RuleSpec, options: AnalyzeOptions, services: RunServices): RulePlan {
  const statement = parseRuleSql(sql, services);
  try {
    return optimizePlan(planQuery(analyzeSelect(statement, specCatalog(spec, services), options)));
  } catch (error) {
    throw placedIn(error, sql);
  }
}

function planNodes(spec: RuleSpec, options: AnalyzeOptions, services: RunServices, request: PlanRequest): RulePlan {
  if (options.useSliceTuple === true) throw runErrors.GRAPH_SLICE_TUPLE();
  const { checkScript } = request;
  return planGraph(spec.graph, { catalog: specCatalog(spec, services), options, checkScript });
}

/** The control plane has resolved them with configuration keys; others stand as they are. */
function withInlineSources(spec: RuleSpec): RuleSpec {
  const known = new Set(spec.sources.map(({ name }) => name));
  const missing = inlineSources(spec.graph).filter(({ name }) => !known.has(name));
  return { ...spec, sources: [...spec.sources, ...missing.map(plainSource)] };
}

/** Parses the SQL of a rule; errors carry the texts and the code of the rule layer. */
export function parseRuleSql(sql: string, services: Pick<RunServices, 'catalog'>): SelectStatement {
  let statement: ReturnType<typeof parseStatement>;
  try {
    statement = parseStatement(sql, { functions: functionCheck(services.catalog.functions) });
  } catch (error) {
    if (error instanceof KuiperError && error.id === 'INVALID_STREAM_STATEMENT') {
      throw runErrors.NOT_SELECT(sql, { cause: error, ...placeOf(error) });
    }
    throw runErrors.PARSE_SQL(sql, errorText(error), { cause: error, ...placeOf(error) });
  }
  if (statement.kind !== 'select') throw runErrors.NOT_SELECT(sql, { span: statement.span, statement: sql });
  return statement;
}
