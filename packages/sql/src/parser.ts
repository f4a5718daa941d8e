import { type ErrorContext, nearestName, type Span } from '@kuiper/base';
import type { Expr } from './ast.ts';
import { sqlErrors } from './errors.ts';
import type { Clause, FunctionCheck, ParseOptions } from './function-check.ts';
import { keywordNames } from './keywords.ts';
import { Scanner } from './scanner.ts';
import { Token, tokenText } from './token.ts';

/** Brackets, calls and the like inside one another. Each level costs a few frames of the stack. */
const maxDepth = 250;

/** Levels of the syntax tree, so that whoever walks it recursively is safe as well: `a + a + …` grows by one per sign. */
const maxHeight = 2000;

type ExpressionRule = (p: Parser) => Expr;

/** The state of one parse: the scanner with its current token, and what the grammar rules need to know of each other. */
export class Parser extends Scanner {
  readonly functions: FunctionCheck | null;
  clause: Clause = 'select';
  /** Inside the arguments of `meta` or `mqtt`, where identifiers are metadata keys. */
  inMeta = false;
  /** Height of the expression parsed last. */
  height = 0;
  private readonly expressionRule: ExpressionRule;
  private depth = 0;

  /** @param expressionRule handed in, because all other rules need it and it needs them */
  constructor(text: string, expressionRule: ExpressionRule, options: ParseOptions = {}) {
    super(text);
    this.expressionRule = expressionRule;
    this.functions = options.functions ?? null;
    this.next();
  }

  /** Any expression. Leaves its height in {@link height}. */
  parseExpr(): Expr {
    return this.expressionRule(this);
  }

  /** The current token as error texts show it. */
  found(): string {
    return tokenText(this.kind, this.value);
  }

  tokenSpan(): Span {
    return { start: this.start, end: this.end };
  }

  /** From `start` to the end of the last consumed token. */
  spanFrom(start: number): Span {
    return { start, end: this.lastEnd };
  }

  /** Consumes a token of this kind, if it is the current one. */
  accept(kind: number): boolean {
    if (this.kind !== kind) return false;
    this.next();
    return true;
  }

  /** Consumes a token of this kind, or fails with `found "…", <wanted>.`. */
  expect(kind: number, wanted: string): void {
    if (this.kind !== kind) this.fail(wanted);
    this.next();
  }

  /** Consumes an identifier and gives its name, or fails with `found "…", <wanted>.`. */
  expectIdent(wanted: string): string {
    if (this.kind !== Token.ident) this.fail(wanted);
    const name = this.value;
    this.next();
    return name;
  }

  /** Is the current token an identifier equal to `word`, in any case? For words that are not reserved. */
  isWord(word: string): boolean {
    return this.kind === Token.ident && this.value.length === word.length && this.value.toUpperCase() === word;
  }

  /** @param words what may have been meant by a word in this place */
  fail(wanted: string, words: Iterable<string> = keywordNames): never {
    throw sqlErrors.UNEXPECTED_TOKEN(this.found(), wanted, this.tokenContext(words));
  }

  /** Like {@link fail}, for the texts that begin with a capital: `Found "…"<rest>`. */
  failPart(rest: string): never {
    throw sqlErrors.UNEXPECTED_PART(this.found(), rest, this.tokenContext(keywordNames));
  }

  /** The place of the current token, with the word it may have been meant for. */
  tokenContext(words: Iterable<string>): ErrorContext {
    const hint = this.kind === Token.ident ? nearestName(this.value, words) : null;
    return hint === null ? { span: this.tokenSpan() } : { span: this.tokenSpan(), hint };
  }

  /** Brackets a recursive rule; pairs with {@link leave}, which a failing parse need not reach. */
  enter(): void {
    if (++this.depth > maxDepth) throw sqlErrors.TOO_DEEP({ span: this.tokenSpan() });
  }

  leave(): void {
    this.depth--;
  }

  /** Notes that the expression just built stands one level above one of this height. */
  grow(height: number, span: Span): void {
    this.height = height + 1;
    if (this.height > maxHeight) throw sqlErrors.TOO_DEEP({ span: { start: span.start, end: span.end } });
  }
}
