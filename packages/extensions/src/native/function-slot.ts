/**
 * The place of one function: rules hold on to it, what is in it can be replaced. A call that runs goes over between two
 * events, with what it keeps in its context; members of its instance are lost.
 */
import { errorText, type Logger } from '@kuiper/base';
import type { FunctionContext, FunctionDeclaration, FunctionInstance, ScalarFunction } from '@kuiper/sdk';

/** A call site of a run. */
interface Call {
  readonly context: FunctionContext;
  /** What the engine calls. */
  readonly outer: FunctionInstance;
  /** What answers now. */
  inner: FunctionInstance;
}

export class FunctionSlot {
  readonly #logger: Logger;
  readonly #calls = new Set<Call>();
  #current: FunctionDeclaration;
  #declaration: FunctionDeclaration;

  /** @param version tells programs apart that were compiled for another one */
  constructor(made: FunctionDeclaration, version: string, logger: Logger) {
    this.#logger = logger;
    this.#current = made;
    this.#declaration = this.#wrap(made, version);
  }

  get declaration(): FunctionDeclaration {
    return this.#declaration;
  }

  /** Call sites that run. */
  get users(): number {
    return this.#calls.size;
  }

  /** Resolves when all call sites that can have gone over. */
  async replace(made: FunctionDeclaration, version: string): Promise<void> {
    const fits = sameShape(this.#current, made);
    this.#current = made;
    this.#declaration = this.#wrap(made, version);
    if (this.#calls.size === 0) return;
    if (!fits) {
      this.#logger.warn(`function ${made.name} takes or gives something else now: rules go over when they restart`);
      return;
    }
    await Promise.all([...this.#calls].map((call) => this.#goOver(call, made as ScalarFunction)));
  }

  async #goOver(call: Call, made: ScalarFunction): Promise<void> {
    try {
      const next = await makeInstance(made, call.context);
      if (!this.#calls.has(call)) {
        await next.close?.();
        return;
      }
      const old = call.inner;
      call.inner = next;
      call.outer.eval = bound(next);
      await old.close?.();
    } catch (error) {
      const where = `rule ${call.context.ruleId}, ${call.context.opId}`;
      this.#logger.error(`function ${made.name} stays as it was in ${where}: ${errorText(error)}`);
    }
  }

  #wrap(made: FunctionDeclaration, version: string): FunctionDeclaration {
    if (made.class !== 'scalar') return { ...made, version };
    return { ...made, version, instantiate: (context) => this.#instantiate(made, context) };
  }

  /** Whatever version a rule was planned with, its next run takes the present one if that fits. */
  async #instantiate(planned: ScalarFunction, context: FunctionContext): Promise<FunctionInstance> {
    const made = sameShape(planned, this.#current) ? (this.#current as ScalarFunction) : planned;
    const inner = await makeInstance(made, context);
    const call: Call = { context, inner, outer: { eval: bound(inner) } };
    call.outer.close = async () => {
      this.#calls.delete(call);
      await call.inner.close?.();
    };
    this.#calls.add(call);
    return call.outer;
  }
}

/** What one call site calls. */
export function makeInstance(
  made: ScalarFunction,
  context: FunctionContext,
): FunctionInstance | Promise<FunctionInstance> {
  if (made.instantiate !== undefined) return made.instantiate(context);
  if (made.context !== true) return { eval: made.eval };
  const isOpen = made.args.some(({ atLeast }) => atLeast !== undefined);
  return { eval: withContext(made.eval, isOpen ? Number.POSITIVE_INFINITY : made.args.length, context) };
}

/** The usual numbers of arguments without a list of them per call. */
function withContext(
  evaluate: ScalarFunction['eval'],
  arity: number,
  context: FunctionContext,
): FunctionInstance['eval'] {
  switch (arity) {
    case 0:
      return () => evaluate(context);
    case 1:
      return (a: unknown) => evaluate(context, a);
    case 2:
      return (a: unknown, b: unknown) => evaluate(context, a, b);
    default:
      return (...args: unknown[]) => evaluate(context, ...args);
  }
}

/** Found once: an instance may put its methods on a prototype. */
function bound(instance: FunctionInstance): FunctionInstance['eval'] {
  return Object.hasOwn(instance, 'eval') ? instance.eval : instance.eval.bind(instance);
}

/** Whether a program that was compiled for one can call the other. */
function sameShape(a: FunctionDeclaration, b: FunctionDeclaration): boolean {
  if (a.class !== 'scalar' || b.class !== 'scalar') return false;
  const shape = (made: ScalarFunction): string =>
    JSON.stringify([
      made.args,
      typeof made.returns === 'function' ? String(made.returns) : made.returns,
      made.onNull,
      made.async === true,
      made.overGroup === true,
    ]);
  return shape(a) === shape(b);
}
