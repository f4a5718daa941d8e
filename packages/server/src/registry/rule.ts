/** One registered rule: its text, what the text says, its life. */
import type { PlanReport } from '@kuiper/host';
import type { RuleDefinition } from './rule-definition.ts';
import type { RuleLifecycle } from './rule-lifecycle.ts';
import { ruleSources } from './rule-planner.ts';

export class Rule {
  readonly id: string;
  readonly life: RuleLifecycle;
  /** JSON text as it is stored. */
  text: string;
  /** What the last deployment said; null before the first. */
  report: PlanReport | null = null;
  trace = false;
  #definition: RuleDefinition | null;
  #sources: readonly string[] | null = null;
  readonly #read: (text: string) => RuleDefinition;

  constructor(
    id: string,
    text: string,
    life: RuleLifecycle,
    read: (text: string) => RuleDefinition,
    definition: RuleDefinition | null,
  ) {
    this.id = id;
    this.text = text;
    this.life = life;
    this.#read = read;
    this.#definition = definition;
  }

  /** Read from the text on first use. */
  get definition(): RuleDefinition {
    this.#definition ??= this.#read(this.text);
    return this.#definition;
  }

  /** Names of the streams and tables it reads. */
  get sources(): readonly string[] {
    this.#sources ??= ruleSources(this.definition);
    return this.#sources;
  }

  rewrite(text: string, definition: RuleDefinition | null = null): void {
    this.text = text;
    this.#definition = definition;
    this.#sources = null;
  }
}
