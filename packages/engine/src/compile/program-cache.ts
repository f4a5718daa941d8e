/** Programs by plan: rules of one shape share their code. */
import type { RulePlan } from '../plan/plan-node.ts';
import { compilePlan } from './compile-plan.ts';
import type { Program } from './program.ts';

/** Programs kept; the one unused for longest goes first. */
const CAPACITY = 1024;

export class ProgramCache {
  private readonly programs = new Map<string, Program>();
  private readonly capacity: number;

  constructor(capacity: number = CAPACITY) {
    this.capacity = capacity;
  }

  compile(plan: RulePlan, mode: Program['mode'] = 'compiled'): Program {
    const key = `${mode} ${plan.cacheKey}`;
    const known = this.programs.get(key);
    if (known !== undefined) {
      this.programs.delete(key);
      this.programs.set(key, known);
      return known;
    }
    const program = compilePlan(plan, mode);
    this.programs.set(key, program);
    if (this.programs.size > this.capacity) this.programs.delete(this.programs.keys().next().value as string);
    return program;
  }

  get size(): number {
    return this.programs.size;
  }
}
