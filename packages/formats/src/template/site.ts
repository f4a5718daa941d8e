/** Places in templates, and the failures that name them. Source: behaviour spec, io §7.2. */
import { makeRowError, type RowError } from '@kuiper/base';
import { type Node, nodeText } from './ast.ts';
import { quoteGo } from './quote.ts';
import { typeName } from './values.ts';

/** A failure whose text already names its place. Cheap: no stack. */
export class RenderFailure {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  toRowError(): RowError {
    return makeRowError(this.text);
  }
}

export interface TemplateSource {
  readonly name: string;
  readonly text: string;
}

/** A node of a template as error texts name it; made when the template is compiled, read when it fails. */
export class Site {
  readonly #source: TemplateSource;
  readonly #executing: string;
  readonly #node: Node;
  /** The function called here. */
  readonly functionName: string;

  constructor(source: TemplateSource, executing: string, node: Node, functionName = '') {
    this.#source = source;
    this.#executing = executing;
    this.#node = node;
    this.functionName = functionName;
  }

  /** Throws `template: sink:1:6: executing "sink" at <.o.k>: <why>`. */
  fail(why: string): never {
    const { name, text } = this.#source;
    const before = text.slice(0, this.#node.pos);
    const line = before.split('\n').length;
    const column = Buffer.byteLength(before.slice(before.lastIndexOf('\n') + 1));
    const place = `${name}:${line}:${column}`;
    throw new RenderFailure(
      `template: ${place}: executing ${quoteGo(this.#executing)} at <${nodeText(this.#node)}>: ${why}`,
    );
  }

  /** A value that does not fit the type of a parameter. */
  wrongType(value: unknown, expected: string): never {
    if (value === undefined) this.fail(`invalid value; expected ${expected}`);
    const got = value === null ? 'interface {}' : typeName(value);
    return this.fail(`wrong type for value; expected ${expected}; got ${got}`);
  }
}
