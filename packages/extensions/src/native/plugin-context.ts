/** What plugins with methods are given. */
import type { Logger } from '@kuiper/base';
import type { ExtensionState, FunctionContext, PluginContext, PluginFunctionContext } from '@kuiper/sdk';

/** Renders `{{…}}` of a text: `(text) => (data) => string`. Compiled forms are for the caller to keep. */
export type TemplateCompiler = (text: string) => (data: unknown) => string;

export interface PluginSurroundings {
  /** Its name: entries of the log carry it. */
  readonly plugin: string;
  readonly logger: Logger;
  readonly rootPath: string;
  readonly template: TemplateCompiler;
}

interface ContextParts extends ExtensionState {
  readonly ruleId: string;
  readonly opId: string;
  readonly logger: Logger;
  readonly rootPath: string;
  now(): number;
}

/** Texts of templates that one context keeps in their compiled form. */
const mostTemplates = 100;

class MadeContext implements PluginContext {
  readonly ruleId: string;
  readonly opId: string;
  readonly rootPath: string;
  readonly logger: Logger;
  readonly #parts: ContextParts;
  readonly #template: TemplateCompiler;
  readonly #templates = new Map<string, (data: unknown) => string>();

  constructor(parts: ContextParts, { plugin, template }: Pick<PluginSurroundings, 'plugin' | 'template'>) {
    this.ruleId = parts.ruleId;
    this.opId = parts.opId;
    this.rootPath = parts.rootPath;
    this.logger = parts.logger.with({ plugin });
    this.#parts = parts;
    this.#template = template;
  }

  now(): number {
    return this.#parts.now();
  }

  getState(key: string): unknown {
    return this.#parts.getState(key);
  }

  putState(key: string, value: unknown): void {
    this.#parts.putState(key, value);
  }

  deleteState(key: string): void {
    this.#parts.deleteState(key);
  }

  incrCounter(key: string, amount: number): number {
    return this.#parts.incrCounter(key, amount);
  }

  getCounter(key: string): number {
    return this.#parts.getCounter(key);
  }

  parseTemplate(text: string, data: unknown): string {
    if (!text.includes('{{')) return text;
    let render = this.#templates.get(text);
    if (render === undefined) {
      render = this.#template(text);
      if (this.#templates.size >= mostTemplates) this.#templates.clear();
      this.#templates.set(text, render);
    }
    return render(data);
  }
}

class MadeFunctionContext extends MadeContext implements PluginFunctionContext {
  readonly funcId: number;
  readonly timeZone: string;
  readonly #context: FunctionContext;

  constructor(context: FunctionContext, around: PluginSurroundings) {
    super(context, around);
    this.funcId = context.funcId;
    this.timeZone = context.timeZone;
    this.#context = context;
  }

  random(): number {
    return this.#context.random();
  }

  sleep(ms: number): Promise<void> {
    return this.#context.sleep(ms);
  }

  keyedState(key: string): unknown {
    return this.#context.keyedState(key);
  }
}

export function functionContext(context: FunctionContext, around: PluginSurroundings): PluginFunctionContext {
  return new MadeFunctionContext(context, around);
}

/** For sources and sinks. */
export function nodeContext(
  context: ExtensionState & {
    readonly name: string;
    readonly ruleId: string;
    readonly logger: Logger;
    readonly rootPath: string;
    readonly clock: { now(): number };
  },
  around: PluginSurroundings,
): PluginContext {
  const parts: ContextParts = {
    ruleId: context.ruleId,
    opId: context.name,
    logger: context.logger,
    rootPath: context.rootPath,
    now: () => context.clock.now(),
    getState: (key) => context.getState(key),
    putState: (key, value) => context.putState(key, value),
    deleteState: (key) => context.deleteState(key),
    incrCounter: (key, amount) => context.incrCounter(key, amount),
    getCounter: (key) => context.getCounter(key),
  };
  return new MadeContext(parts, around);
}

/** For checking properties and for lookup tables, which are nobody's: the state lasts as long as the context. */
export function ownContext(around: PluginSurroundings, name: string, now: () => number): PluginContext {
  const { logger, rootPath } = around;
  return new MadeContext({ ...ownState(), ruleId: '', opId: name, logger, rootPath, now }, around);
}

/** Lasts as long as the process, and is nobody else's. */
export function ownState(): ExtensionState {
  const values = new Map<string, unknown>();
  const counter = (key: string): number => {
    const value = values.get(key) ?? 0;
    if (!Number.isInteger(value)) throw new Error(`state[${key}] must be an int`);
    return value as number;
  };
  return {
    getState: (key) => values.get(key),
    putState: (key, value) => void values.set(key, value),
    deleteState: (key) => void values.delete(key),
    incrCounter: (key, amount) => {
      const sum = counter(key) + amount;
      values.set(key, sum);
      return sum;
    },
    getCounter: counter,
  };
}
