/**
 * Values that generated code refers to: every user value, function and table enters the code as a parameter of the
 * function that makes it, never as text. So two statements that differ in constants only share one text.
 */
export class Bindings {
  private readonly names = new Map<unknown, string>();
  readonly parameters: string[] = [];
  readonly values: unknown[] = [];

  /** The name of `value` in the code; the same value gets the same name. */
  bind(value: unknown): string {
    const known = this.names.get(value);
    if (known !== undefined && !Object.is(value, -0)) return known;
    const name = `k${this.values.length}`;
    this.parameters.push(name);
    this.values.push(value);
    if (!Object.is(value, -0)) this.names.set(value, name);
    return name;
  }

  /** A value under a readable name of ours, such as `addInt`. */
  library(name: string, value: unknown): string {
    const key = this.names.get(value);
    if (key !== undefined) return key;
    this.names.set(value, name);
    this.parameters.push(name);
    this.values.push(value);
    return name;
  }
}

type Factory = (...values: unknown[]) => unknown;

/** Functions made from equal texts share their machine code. */
const factories = new Map<string, Factory>();
const FACTORY_LIMIT = 4096;

/** Runs generated code: `body` with `bindings` in scope, up to its `return`. */
export function runCode(body: string, bindings: Bindings): unknown {
  const key = `${bindings.parameters.join(',')}\n${body}`;
  let factory = factories.get(key);
  if (factory === undefined) {
    if (factories.size >= FACTORY_LIMIT) factories.delete(factories.keys().next().value as string);
    // this is the compiler: no text of the user enters `body`
    factory = new Function(...bindings.parameters, `'use strict';\n${body}`) as Factory;
    factories.set(key, factory);
  }
  return factory(...bindings.values);
}
