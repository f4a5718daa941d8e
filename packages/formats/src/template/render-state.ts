/** What one rendering uses up: bounds on its work, so that no template runs or grows for ever. */
import type { Site } from './site.ts';

/** Characters of a rendered text. */
export const MAX_OUTPUT_LENGTH = 64 * 1024 * 1024;
/** Rounds of all loops and calls of templates together. */
const MAX_STEPS = 10_000_000;
const MAX_TEMPLATE_DEPTH = 1000;

/** One per compiled template, reset for each rendering: rendering is synchronous and never re-entered. */
export class RenderState {
  /** Where the function is called that runs now. */
  at: Site | null = null;
  steps = MAX_STEPS;
  depth = 0;

  reset(): void {
    this.at = null;
    this.steps = MAX_STEPS;
    this.depth = 0;
  }

  /** Before a template is rendered inside another. */
  enter(site: Site): void {
    if (++this.depth > MAX_TEMPLATE_DEPTH) site.fail(`exceeded maximum template depth (${MAX_TEMPLATE_DEPTH})`);
    if (--this.steps < 0) this.exhausted(site);
  }

  exhausted(site: Site): never {
    return site.fail(`exceeded maximum number of steps (${MAX_STEPS})`);
  }

  overflow(site: Site): never {
    return site.fail(`exceeded maximum length of the text (${MAX_OUTPUT_LENGTH})`);
  }
}
