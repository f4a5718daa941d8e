/**
 * Data templates: a template text compiled once, rendered for every output. Source: behaviour spec, io §7.
 */
import { KuiperError, makeRowError, RowError } from '@kuiper/base';
import { compileTree } from './compile-tree.ts';
import { changingFunctions, deepCopy } from './functions/dicts.ts';
import { templateFunctions } from './functions/template-functions.ts';
import { parseTemplate } from './parser.ts';
import { RenderState } from './render-state.ts';
import { RenderFailure, type TemplateSource } from './site.ts';
import type { TemplateEnvironment } from './template-environment.ts';

export interface CompiledTemplate {
  /**
   * @param data tagged: a row or a list of rows; never changed
   * Throws a row error: `template: sink:1:6: executing "sink" at <.o.k>: …`.
   */
  render(data: unknown): string;
}

export interface TemplateOptions extends TemplateEnvironment {
  /** The name in error texts; `sink` when left out. */
  readonly name?: string;
}

/** Throws TEMPLATE_PARSE: `template: sink:1: unclosed action`. A text without `{{` renders to itself. */
export function compileTemplate(text: string, options: TemplateOptions): CompiledTemplate {
  if (!text.includes('{{')) return { render: () => text };
  const source: TemplateSource = { name: options.name ?? 'sink', text };
  const findFunction = templateFunctions(options);
  let changesData = false;
  const parsed = parseTemplate(source.name, text, (name) => {
    changesData ||= changingFunctions.has(name);
    return findFunction(name) !== undefined;
  });
  const state = new RenderState();
  const render = compileTree({ source, parsed, findFunction, state }).evaluate() as (data: unknown) => string;
  // rows belong to others as well: what a template sets, it sets in a copy
  return new GeneratedTemplate(changesData ? (data) => render(deepCopy(data)) : render, state);
}

class GeneratedTemplate implements CompiledTemplate {
  readonly #render: (data: unknown) => string;
  readonly #state: RenderState;

  constructor(render: (data: unknown) => string, state: RenderState) {
    this.#render = render;
    this.#state = state;
  }

  render(data: unknown): string {
    this.#state.reset();
    try {
      return this.#render(data);
    } catch (thrown) {
      throw this.#reported(thrown);
    }
  }

  #reported(thrown: unknown): unknown {
    if (thrown instanceof RenderFailure) return thrown.toRowError();
    // the runtime's own limits: its call stack and the length of its strings
    const exhausted = thrown instanceof RangeError;
    if (!exhausted && !(thrown instanceof RowError) && !(thrown instanceof KuiperError)) return thrown;
    const { at } = this.#state;
    const why = exhausted ? 'value too large' : (thrown as Error).message;
    if (at === null) return makeRowError(why);
    try {
      return at.fail(`error calling ${at.functionName}: ${why}`);
    } catch (failure) {
      return (failure as RenderFailure).toRowError();
    }
  }
}
