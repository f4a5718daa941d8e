/**
 * From the trees of a template to JavaScript.
 *
 * Every template becomes a function from dot to text; its statements become statements, a pipeline becomes one
 * expression. Names, texts and literals are bound constants.
 */
import { assertNever, SourceWriter } from '@kuiper/base';
import type { BranchNode, ListNode, PipeNode, Statement, TemplateNode } from './ast.ts';
import { type Code, concreteCode, ExpressionCompiler, type Variable } from './expression-compiler.ts';
import type { FindFunction } from './functions/template-functions.ts';
import type { ParsedTemplate } from './parser.ts';
import { quoteGo } from './quote.ts';
import { rangeItems } from './range-items.ts';
import { MAX_OUTPUT_LENGTH, type RenderState } from './render-state.ts';
import type { TemplateSource } from './site.ts';
import { actionText } from './value-text.ts';
import { isTrue } from './values.ts';

export interface CompileInput {
  readonly source: TemplateSource;
  readonly parsed: ParsedTemplate;
  readonly findFunction: FindFunction;
  readonly state: RenderState;
}

/** The source of the functions; evaluated it gives the one that renders data. */
export function compileTree(input: CompileInput): SourceWriter {
  return new TreeCompiler(input).compile();
}

class TreeCompiler {
  readonly #w = new SourceWriter();
  readonly #name: string;
  readonly #templates: ReadonlyMap<string, ListNode>;
  /** The JavaScript names of the templates. */
  readonly #names = new Map<string, string>();
  readonly #state: string;
  readonly #runtime: Readonly<Record<'text' | 'isTrue' | 'range', string>>;
  readonly #expressions: ExpressionCompiler;

  constructor({ source, parsed, findFunction, state }: CompileInput) {
    const w = this.#w;
    this.#name = source.name;
    this.#templates = parsed.templates;
    this.#state = w.bind('state', state);
    this.#runtime = {
      text: w.bind('text', actionText),
      isTrue: w.bind('isTrue', isTrue),
      range: w.bind('range', rangeItems),
    };
    this.#expressions = new ExpressionCompiler({ writer: w, source, findFunction, state: this.#state });
  }

  compile(): SourceWriter {
    let serial = 0;
    for (const name of this.#templates.keys()) this.#names.set(name, `template${serial++}`);
    for (const [name, list] of this.#templates) this.#template(name, list);
    return this.#w.line(`return ${this.#names.get(this.#name) ?? "() => ''"};`);
  }

  #template(name: string, list: ListNode): void {
    this.#expressions.start(name);
    this.#w.block(`function ${this.#names.get(name)}(dot)`, () => {
      this.#w.line(`let out = '';`);
      this.#list(list);
      this.#w.line('return out;');
    });
  }

  #list(list: ListNode): void {
    for (const node of list.nodes) this.#statement(node);
  }

  #statement(node: Statement): void {
    this.#expressions.node = node;
    switch (node.kind) {
      case 'text':
        if (node.text !== '') this.#w.line(`out += ${this.#w.bind('literal', node.text)};`);
        return;
      case 'action': {
        const value = this.#expressions.pipe(node.pipe);
        if (node.pipe.targets.length > 0) this.#emit(`${value.js};`);
        else this.#emit(`out += ${value.text ? value.js : `${this.#runtime.text}(${value.js})`};`);
        return;
      }
      case 'if':
      case 'with':
        this.#branch(node);
        return;
      case 'range':
        this.#scoped(() => this.#range(node));
        return;
      case 'template':
        this.#call(node);
        return;
      case 'break':
      case 'continue':
        this.#w.line(`${node.kind};`);
        return;
      default:
        assertNever(node);
    }
  }

  /** Writes a statement after the names that its expressions declared. */
  #emit(statement: string): void {
    if (this.#expressions.pending.length > 0) this.#w.line(`let ${this.#expressions.pending.join(', ')};`);
    this.#expressions.pending = [];
    this.#w.line(statement);
  }

  /** Statements in a block of their own: what they declare ends with them. */
  #scoped(body: () => void): void {
    const outer = this.#expressions.variables.length;
    this.#w.block('', body);
    this.#expressions.variables.length = outer;
  }

  #branch(node: BranchNode): void {
    this.#scoped(() => {
      const value = this.#expressions.pipe(node.pipe);
      const name = this.#expressions.newName('value');
      this.#emit(`${name} = ${this.#expressions.unwrapped(value)};`);
      this.#w.block(`if (${this.#runtime.isTrue}(${name}))`, () => {
        if (node.kind === 'if') this.#scopedList(node.body);
        else this.#withDot(concreteCode(name), node.body);
      });
      const { otherwise } = node;
      if (otherwise !== null) this.#w.block('else', () => this.#scopedList(otherwise));
    });
  }

  #scopedList(list: ListNode): void {
    const outer = this.#expressions.variables.length;
    this.#list(list);
    this.#expressions.variables.length = outer;
  }

  #withDot(dot: Code, list: ListNode): void {
    const outer = this.#expressions.dot;
    this.#expressions.dot = dot;
    this.#scopedList(list);
    this.#expressions.dot = outer;
  }

  #range(node: BranchNode): void {
    const { targets, assigns } = node.pipe;
    const value = this.#expressions.pipe(node.pipe);
    const start = this.#expressions.variables.length - (assigns ? 0 : targets.length);
    const site = this.#expressions.site();
    const id = this.#expressions.nextSerial();
    this.#emit(
      `const items${id} = ${this.#runtime.range}(${this.#expressions.unwrapped(value)}, ${targets.length}, ${site});`,
    );
    const declared = this.#expressions.variables.slice(start);
    const loose = !this.#isData(node.pipe);
    if (!assigns) {
      for (let i = 0; i < declared.length; i++)
        this.#expressions.variables[start + i] = {
          ...(declared[i] as Variable),
          loose: loose && i === declared.length - 1,
        };
    }
    this.#w.block(`for (let i${id} = 0; i${id} < items${id}.count; i${id}++)`, () => {
      this.#w.line(`if (--${this.#state}.steps < 0) ${this.#state}.exhausted(${site});`);
      this.#w.line(`if (out.length > ${MAX_OUTPUT_LENGTH}) ${this.#state}.overflow(${site});`);
      this.#w.line(`const element${id} = items${id}.value(i${id});`);
      const values = targets.length > 1 ? [`items${id}.key(i${id})`, `element${id}`] : [`element${id}`];
      const variables = assigns ? targets.map((target) => this.#expressions.variable(target)) : declared;
      variables.forEach((variable, i) => {
        if (variable !== undefined) this.#w.line(`${variable.js} = ${values[i]};`);
      });
      this.#withDot({ js: `element${id}`, simple: true, nilable: true, text: false, loose }, node.body);
    });
    const { otherwise } = node;
    if (otherwise !== null) this.#w.block(`if (items${id}.count === 0)`, () => this.#scopedList(otherwise));
  }

  /** True for the data itself: the rows of a list have a type of their own. */
  #isData(pipe: PipeNode): boolean {
    const [command] = pipe.commands;
    const [operand] = command?.args ?? [];
    if (pipe.commands.length !== 1 || command?.args.length !== 1) return false;
    return (
      (operand?.kind === 'dot' && this.#expressions.dot.js === 'dot') ||
      (operand?.kind === 'variable' && operand.name === '$')
    );
  }

  #call(node: TemplateNode): void {
    const name = this.#names.get(node.name);
    const site = this.#expressions.site();
    if (name === undefined) {
      this.#emit(`${this.#expressions.failure(`template ${quoteGo(node.name)} not defined`)};`);
      return;
    }
    const value = node.pipe === null ? 'undefined' : this.#expressions.unwrapped(this.#expressions.pipe(node.pipe));
    this.#emit(`${this.#state}.enter(${site});`);
    this.#w.line(`out += ${name}(${value});`);
    this.#w.line(`${this.#state}.depth--;`);
    this.#w.line(`if (out.length > ${MAX_OUTPUT_LENGTH}) ${this.#state}.overflow(${site});`);
  }
}
