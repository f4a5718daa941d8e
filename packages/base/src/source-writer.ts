/**
 * Writes JavaScript source line by line, indented, so that generated code can be printed and read. Values never enter
 * as text: {@link bind} gives a value a name that the code uses.
 */
export class SourceWriter {
  readonly #lines: string[] = [];
  readonly #names: string[] = [];
  readonly #values: unknown[] = [];
  #indent = '';

  line(text: string): this {
    this.#lines.push(text === '' ? '' : this.#indent + text);
    return this;
  }

  /** Writes `head {`, what `body` writes one step deeper, and `}` with an optional tail. */
  block(head: string, body: () => void, tail = ''): this {
    this.line(`${head} {`);
    const outer = this.#indent;
    this.#indent = `${outer}  `;
    body();
    this.#indent = outer;
    return this.line(`}${tail}`);
  }

  /** The name by which the code refers to a value. `hint` must be an identifier. */
  bind(hint: string, value: unknown): string {
    const known = this.#values.indexOf(value);
    if (known >= 0 && (typeof value === 'object' || typeof value === 'function')) return this.#names[known] as string;
    const name = `${hint}$${this.#names.length}`;
    this.#names.push(name);
    this.#values.push(value);
    return name;
  }

  toString(): string {
    return this.#lines.join('\n');
  }

  /** Runs the source as the body of a function with the bound names in scope, and returns what it returns. */
  evaluate(): unknown {
    const make = new Function(...this.#names, `"use strict";\n${this.toString()}`);
    return make(...this.#values);
  }
}
