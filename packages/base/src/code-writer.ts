/** Writes JavaScript source line by line, indented, so that generated code can be printed and read. */
export class CodeWriter {
  readonly #lines: string[] = [];
  #indent: string;

  /** @param depth of the first line, in steps of two spaces */
  constructor(depth = 0) {
    this.#indent = '  '.repeat(depth);
  }

  /** One statement on its own line. */
  line(text: string): this {
    this.#lines.push(text === '' ? '' : this.#indent + text);
    return this;
  }

  /** Writes `head {`, what `content` writes one step deeper, and `}` with an optional tail. */
  block(head: string, content: () => void, tail = ''): this {
    this.line(`${head} {`);
    const outer = this.#indent;
    this.#indent = `${outer}  `;
    content();
    this.#indent = outer;
    return this.line(`}${tail}`);
  }

  /** A writer for lines that are inserted later, at the present depth; see {@link insert}. */
  part(): CodeWriter {
    return new CodeWriter(this.#indent.length / 2);
  }

  insert(part: CodeWriter): void {
    for (const line of part.#lines) this.#lines.push(line);
  }

  get text(): string {
    return this.#lines.join('\n');
  }
}
