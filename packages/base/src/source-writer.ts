import { CodeWriter } from './code-writer.ts';

/** Code with the values it refers to. They never enter as text: {@link bind} gives a value a name that the code uses. */
export class SourceWriter extends CodeWriter {
  readonly #names: string[] = [];
  readonly #values: unknown[] = [];

  /** The name by which the code refers to a value. `hint` must be an identifier. */
  bind(hint: string, value: unknown): string {
    const known = this.#values.indexOf(value);
    if (known >= 0 && (typeof value === 'object' || typeof value === 'function')) return this.#names[known] as string;
    const name = `${hint}$${this.#names.length}`;
    this.#names.push(name);
    this.#values.push(value);
    return name;
  }

  override toString(): string {
    return this.text;
  }

  /** Runs the source as the body of a function with the bound names in scope, and returns what it returns. */
  evaluate(): unknown {
    const make = new Function(...this.#names, `"use strict";\n${this.text}`);
    return make(...this.#values);
  }
}
