/** From a plan to a program: generated functions (or interpreted ones) and the operators between them. */
import type { PlanNode, RulePlan } from '../plan/plan-node.ts';
import { callSites } from './call-sites.ts';
import { CompiledFunctions } from './compiled-functions.ts';
import { PlaceTable } from './function-body.ts';
import { InterpretedFunctions } from '../interpret/interpreted-functions.ts';
import { Instance } from './instance.ts';
import { planPipeline } from './plan-pipeline.ts';
import { whereSlots } from './plan-units.ts';
import type { Program } from './program.ts';
import type { FunctionMaker } from './units.ts';

/** Throws for plans that cannot run: asynchronous functions, shapes no planner makes. */
export function compilePlan(plan: RulePlan, mode: Program['mode'] = 'compiled'): Program {
  const places = new PlaceTable();
  const positions = aggregatePositions(plan);
  const maker: FunctionMaker =
    mode === 'compiled' ? new CompiledFunctions(plan, places, positions) : new InterpretedFunctions(plan, positions);
  const pipeline = planPipeline(plan, maker);
  const fingerprint = stateFingerprint(plan);
  const link = maker.link();
  const sites = callSites(plan);
  return {
    plan,
    mode,
    get code(): string {
      return maker.code;
    },
    instantiate: (env) => new Instance({ plan, pipeline, places, fingerprint, sites, link }, env),
  };
}

/** Aggregates in WHERE are a group of their own; all others share one. */
function aggregatePositions(plan: RulePlan): (slot: number) => number {
  const inWhere = whereSlots(plan);
  const others = plan.aggregates.map((call) => call.slot).filter((slot) => !inWhere.includes(slot));
  return (slot) => (inWhere.includes(slot) ? inWhere.indexOf(slot) : others.indexOf(slot));
}

/** What stored items and accumulators depend on: kinds of the columns, analytic slots, aggregates, grouping. */
function stateFingerprint(plan: RulePlan): string {
  return JSON.stringify([
    plan.sources.map((source) => [source.stream, source.type]),
    plan.analytics.map((call) => call.text),
    plan.aggregates.map((call) => [call.text, call.args.map((arg) => arg.type)]),
    dimensions(plan.root),
  ]);
}

function dimensions(node: PlanNode): string[] {
  const own = node.kind === 'aggregate' || node.kind === 'window' ? node.dimensions.map((e) => String(e.text)) : [];
  return [...own, ...node.inputs.flatMap(dimensions)];
}
