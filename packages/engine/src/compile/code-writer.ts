/** Writes indented source text: generated programs can be printed and read (EXPLAIN). */
export class CodeWriter {
  private readonly lines: string[] = [];
  private depth: number;

  constructor(depth = 0) {
    this.depth = depth;
  }

  /** One statement on its own line. */
  line(text: string): void {
    this.lines.push(`${'  '.repeat(this.depth)}${text}`);
  }

  /** `head {`, indented content, `}`. */
  block(head: string, content: () => void, tail = ''): void {
    this.line(`${head} {`);
    this.depth++;
    content();
    this.depth--;
    this.line(`}${tail}`);
  }

  /** A writer for lines that are inserted later, at the present depth; see {@link insert}. */
  part(): CodeWriter {
    return new CodeWriter(this.depth);
  }

  insert(part: CodeWriter): void {
    this.lines.push(...part.lines);
  }

  get text(): string {
    return this.lines.join('\n');
  }
}

const PLAIN_NAME = /^[A-Za-z][A-Za-z0-9_]*$/;

/** True when `name` may stand in code as a property name: nothing that is user text in any other way ever does. */
export function isPlainName(name: string): boolean {
  return PLAIN_NAME.test(name);
}

const INHERITED = new Set(Object.getOwnPropertyNames(Object.prototype));

/** True when every object has a property of this name, so that a read must look at own properties only. */
export function isInheritedName(name: string): boolean {
  return INHERITED.has(name);
}
