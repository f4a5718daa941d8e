/** From the tokens of a template text to its tree and those of the templates it defines. Source: io §7.1. */
import {
  type BranchNode,
  type ClosingNode,
  type CommandNode,
  type ListNode,
  nodeText,
  type Operand,
  type PipeNode,
  type Statement,
  type VariableNode,
} from './ast.ts';
import { templateErrors } from './errors.ts';
import { Lexer } from './lexer.ts';
import { readNumber } from './number-literal.ts';
import { quoteGo, unquoteGo } from './quote.ts';
import { describeToken, type Token, type TokenType } from './token.ts';

/** Nested parentheses and blocks; generated code nests as deep. */
const MAX_NESTING = 200;

export interface ParsedTemplate {
  /** The trees by name, the main one under the name given; missing when the text only defines others. */
  readonly templates: ReadonlyMap<string, ListNode>;
}

/**
 * Throws TEMPLATE_PARSE: `template: <name>:<line>: <why>`.
 * @param isFunction tells the names that may be called
 */
export function parseTemplate(name: string, text: string, isFunction: (name: string) => boolean): ParsedTemplate {
  return new Parser(name, text, isFunction).parse();
}

class Parser {
  readonly #name: string;
  readonly #isFunction: (name: string) => boolean;
  readonly #lexer: Lexer;
  /** Tokens read ahead; the one read last comes first and gives errors their line. */
  readonly #tokens: [Token, Token, Token];
  #peeked = 0;
  #vars: string[] = ['$'];
  #rangeDepth = 0;
  #nesting = 0;
  /** Line of the action being read, 0 outside. */
  #actionLine = 0;
  readonly #templates = new Map<string, ListNode>();

  constructor(name: string, text: string, isFunction: (name: string) => boolean) {
    this.#name = name;
    this.#isFunction = isFunction;
    this.#lexer = new Lexer(text);
    const none: Token = { type: 'eof', pos: 0, text: '', line: 0 };
    this.#tokens = [none, none, none];
  }

  parse(): ParsedTemplate {
    const nodes: Statement[] = [];
    const pos = this.#peek().pos;
    while (this.#peek().type !== 'eof') {
      if (this.#peek().type === 'leftDelim') {
        const delim = this.#next();
        if (this.#nextNonSpace().type === 'define') {
          this.#inDefinition(() => this.#definition());
          continue;
        }
        this.#backup2(delim);
      }
      const node = this.#textOrAction();
      if (isClosing(node)) this.#fail(`unexpected ${closingText(node)}`);
      nodes.push(node);
    }
    this.#add(this.#name, { pos, nodes });
    return { templates: this.#templates };
  }

  #next(): Token {
    if (this.#peeked > 0) this.#peeked--;
    else this.#tokens[0] = this.#lexer.next();
    return this.#tokens[this.#peeked] as Token;
  }

  #peek(): Token {
    if (this.#peeked > 0) return this.#tokens[this.#peeked - 1] as Token;
    this.#peeked = 1;
    this.#tokens[0] = this.#lexer.next();
    return this.#tokens[0];
  }

  #nextNonSpace(): Token {
    for (;;) {
      const token = this.#next();
      if (token.type !== 'space') return token;
    }
  }

  #peekNonSpace(): Token {
    const token = this.#nextNonSpace();
    this.#peeked++;
    return token;
  }

  #backup2(earlier: Token): void {
    this.#tokens[1] = earlier;
    this.#peeked = 2;
  }

  #backup3(earliest: Token, earlier: Token): void {
    this.#tokens[1] = earlier;
    this.#tokens[2] = earliest;
    this.#peeked = 3;
  }

  #expect(types: readonly TokenType[], context: string): Token {
    const token = this.#nextNonSpace();
    if (!types.includes(token.type)) this.#unexpected(token, context);
    return token;
  }

  #unexpected(token: Token, context: string): never {
    if (token.type !== 'error') this.#fail(`unexpected ${describeToken(token)} in ${context}`);
    let started = '';
    if (this.#actionLine !== 0 && this.#actionLine !== token.line) {
      started = ` in action started at ${this.#name}:${this.#actionLine}`;
      if (token.text.endsWith(' action')) started = started.slice(' in action'.length);
    }
    this.#fail(`${token.text}${started}`);
  }

  #fail(why: string, line = this.#tokens[0].line): never {
    throw templateErrors.TEMPLATE_PARSE(this.#name, line, why);
  }

  /** Runs `body` with the variables and loops of a template of its own. */
  #inDefinition<T>(body: () => T): T {
    const vars = this.#vars;
    const rangeDepth = this.#rangeDepth;
    this.#vars = ['$'];
    this.#rangeDepth = 0;
    const result = this.#nested(body);
    this.#vars = vars;
    this.#rangeDepth = rangeDepth;
    return result;
  }

  #nested<T>(body: () => T): T {
    if (++this.#nesting > MAX_NESTING) this.#fail('max expression depth exceeded');
    const result = body();
    this.#nesting--;
    return result;
  }

  #definition(): void {
    const context = 'define clause';
    const token = this.#expect(['string', 'rawString'], context);
    const name = this.#unquote(token);
    this.#expect(['rightDelim'], context);
    const { list, closing } = this.#list();
    if (closing.kind !== 'end') this.#fail(`unexpected ${closingText(closing)} in ${context}`);
    this.#add(name, list);
  }

  #add(name: string, list: ListNode): void {
    const known = this.#templates.get(name);
    if (known === undefined || isBlank(known)) this.#templates.set(name, list);
    else if (!isBlank(list)) this.#fail(`template: multiple definition of template ${quoteGo(name)}`);
  }

  #unquote(token: Token): string {
    return unquoteGo(token.text) ?? this.#fail('invalid syntax');
  }

  /** Statements up to `{{end}}` or `{{else}}`. */
  #list(): { readonly list: ListNode; readonly closing: ClosingNode } {
    const pos = this.#peekNonSpace().pos;
    const nodes: Statement[] = [];
    while (this.#peekNonSpace().type !== 'eof') {
      const node = this.#textOrAction();
      if (isClosing(node)) return { list: { pos, nodes }, closing: node };
      nodes.push(node);
    }
    return this.#fail('unexpected EOF');
  }

  #textOrAction(): Statement | ClosingNode {
    const token = this.#nextNonSpace();
    if (token.type === 'text') return { kind: 'text', pos: token.pos, text: token.text };
    if (token.type !== 'leftDelim') this.#unexpected(token, 'input');
    this.#actionLine = token.line;
    const node = this.#action();
    this.#actionLine = 0;
    return node;
  }

  #action(): Statement | ClosingNode {
    const token = this.#nextNonSpace();
    switch (token.type) {
      case 'block':
        return this.#block();
      case 'break':
      case 'continue':
        return this.#jump(token, token.type);
      case 'else':
        return this.#else();
      case 'end':
        return { kind: 'end', pos: this.#expect(['rightDelim'], 'end').pos };
      case 'if':
      case 'range':
      case 'with':
        return this.#branch(token.type);
      case 'template':
        return this.#template();
    }
    this.#peeked++;
    const { pos } = this.#peek();
    return { kind: 'action', pos, pipe: this.#pipeline('command', 'rightDelim') };
  }

  #jump(token: Token, kind: 'break' | 'continue'): Statement {
    const after = this.#nextNonSpace();
    if (after.type !== 'rightDelim') this.#unexpected(after, `{{${kind}}}`);
    if (this.#rangeDepth === 0) this.#fail(`{{${kind}}} outside {{range}}`);
    return { kind, pos: token.pos };
  }

  #else(): ClosingNode {
    const peeked = this.#peekNonSpace();
    // else-if and else-with: the branch itself reads what follows
    if (peeked.type === 'if' || peeked.type === 'with') return { kind: 'else', pos: peeked.pos };
    return { kind: 'else', pos: this.#expect(['rightDelim'], 'else').pos };
  }

  #branch(kind: BranchNode['kind']): BranchNode {
    const outer = this.#vars.length;
    const node = this.#nested(() => this.#branchParts(kind));
    this.#vars.length = outer;
    return node;
  }

  #branchParts(kind: BranchNode['kind']): BranchNode {
    const pipe = this.#pipeline(kind, 'rightDelim');
    if (kind === 'range') this.#rangeDepth++;
    const { list: body, closing } = this.#list();
    if (kind === 'range') this.#rangeDepth--;
    const node = { kind, pos: pipe.pos, pipe, body };
    if (closing.kind === 'end') return { ...node, otherwise: null };
    if (kind !== 'range' && this.#peek().type === kind) {
      this.#next();
      return { ...node, otherwise: { pos: closing.pos, nodes: [this.#branch(kind)] } };
    }
    const otherwise = this.#list();
    if (otherwise.closing.kind !== 'end') this.#fail(`expected end; found ${closingText(otherwise.closing)}`);
    return { ...node, otherwise: otherwise.list };
  }

  #block(): Statement {
    const context = 'block clause';
    const token = this.#nextNonSpace();
    const name = this.#templateName(token, context);
    const pipe = this.#pipeline(context, 'rightDelim');
    const { line } = this.#tokens[0];
    const { list, closing } = this.#inDefinition(() => this.#list());
    if (closing.kind !== 'end') this.#fail(`unexpected ${closingText(closing)} in ${context}`, line);
    this.#add(name, list);
    return { kind: 'template', pos: token.pos, name, pipe };
  }

  #template(): Statement {
    const context = 'template clause';
    const token = this.#nextNonSpace();
    const name = this.#templateName(token, context);
    if (this.#nextNonSpace().type === 'rightDelim') return { kind: 'template', pos: token.pos, name, pipe: null };
    this.#peeked++;
    return { kind: 'template', pos: token.pos, name, pipe: this.#pipeline(context, 'rightDelim') };
  }

  #templateName(token: Token, context: string): string {
    if (token.type !== 'string' && token.type !== 'rawString') this.#unexpected(token, context);
    return this.#unquote(token);
  }

  #pipeline(context: string, end: TokenType): PipeNode {
    const { pos } = this.#peekNonSpace();
    const { targets, assigns } = this.#targets(context);
    const commands: CommandNode[] = [];
    for (;;) {
      const token = this.#nextNonSpace();
      if (token.type === end) break;
      if (!startsOperand(token.type)) this.#unexpected(token, context);
      this.#peeked++;
      commands.push(this.#command());
    }
    this.#checkCommands(commands, context);
    return { kind: 'pipe', pos, targets, assigns, commands };
  }

  #targets(context: string): { readonly targets: VariableNode[]; readonly assigns: boolean } {
    const targets: VariableNode[] = [];
    let assigns = false;
    for (;;) {
      const variable = this.#peekNonSpace();
      if (variable.type !== 'variable') break;
      this.#next();
      const adjacent = this.#peek();
      const next = this.#peekNonSpace();
      const target: VariableNode = { kind: 'variable', pos: variable.pos, name: variable.text, fields: [] };
      if (next.type === 'assign' || next.type === 'declare') {
        assigns = next.type === 'assign';
        this.#nextNonSpace();
        targets.push(target);
        this.#vars.push(variable.text);
        break;
      }
      if (next.type === 'char' && next.text === ',') {
        this.#nextNonSpace();
        targets.push(target);
        this.#vars.push(variable.text);
        if (context === 'range' && targets.length < 2) {
          const follows = this.#peekNonSpace().type;
          if (follows === 'variable' || follows === 'rightDelim' || follows === 'rightParen') continue;
          this.#fail('range can only initialize variables');
        }
        this.#fail(`too many declarations in ${context}`);
      }
      // an operand after all: put back what was read, a space included
      if (adjacent.type === 'space') this.#backup3(variable, adjacent);
      else this.#backup2(variable);
      break;
    }
    return { targets, assigns };
  }

  #checkCommands(commands: readonly CommandNode[], context: string): void {
    if (commands.length === 0) this.#fail(`missing value for ${context}`);
    for (let i = 1; i < commands.length; i++) {
      switch (commands[i]?.args[0]?.kind) {
        case 'bool':
        case 'dot':
        case 'nil':
        case 'number':
        case 'string':
          this.#fail(`non executable command in pipeline stage ${i + 1}`);
      }
    }
  }

  #command(): CommandNode {
    const { pos } = this.#peekNonSpace();
    const args: Operand[] = [];
    for (;;) {
      this.#peekNonSpace();
      const operand = this.#operand();
      if (operand !== null) args.push(operand);
      const token = this.#next();
      if (token.type === 'space') continue;
      if (token.type === 'rightDelim' || token.type === 'rightParen') this.#peeked++;
      else if (token.type !== 'pipe') this.#unexpected(token, 'operand');
      break;
    }
    if (args.length === 0) this.#fail('empty command');
    return { kind: 'command', pos, args };
  }

  #operand(): Operand | null {
    const term = this.#term();
    if (term === null || this.#peek().type !== 'field') return term;
    const { pos } = this.#peek();
    const fields: string[] = [];
    while (this.#peek().type === 'field') fields.push(this.#next().text.slice(1));
    switch (term.kind) {
      case 'field':
        return { kind: 'field', pos, fields: [...term.fields, ...fields] };
      case 'variable':
        return { ...term, pos, fields: [...term.fields, ...fields] };
      case 'bool':
      case 'string':
      case 'number':
      case 'nil':
      case 'dot':
        return this.#fail(`unexpected . after term ${quoteGo(nodeText(term))}`);
      default:
        return { kind: 'chain', pos, of: term, fields };
    }
  }

  #term(): Operand | null {
    const token = this.#nextNonSpace();
    const { pos, text } = token;
    switch (token.type) {
      case 'identifier':
        if (!this.#isFunction(text)) this.#fail(`function ${quoteGo(text)} not defined`);
        return { kind: 'identifier', pos, name: text };
      case 'dot':
      case 'nil':
        return { kind: token.type, pos };
      case 'variable':
        if (!this.#vars.includes(text)) this.#fail(`undefined variable ${quoteGo(text)}`);
        return { kind: 'variable', pos, name: text, fields: [] };
      case 'field':
        return { kind: 'field', pos, fields: [text.slice(1)] };
      case 'bool':
        return { kind: 'bool', pos, value: text === 'true' };
      case 'charConstant':
      case 'complex':
      case 'number': {
        const number = readNumber(pos, text);
        return typeof number === 'string' ? this.#fail(number) : number;
      }
      case 'leftParen':
        return this.#nested(() => this.#pipeline('parenthesized pipeline', 'rightParen'));
      case 'string':
      case 'rawString':
        return { kind: 'string', pos, quoted: text, text: this.#unquote(token) };
    }
    this.#peeked++;
    return null;
  }
}

function startsOperand(type: TokenType): boolean {
  switch (type) {
    case 'bool':
    case 'charConstant':
    case 'complex':
    case 'dot':
    case 'field':
    case 'identifier':
    case 'number':
    case 'nil':
    case 'rawString':
    case 'string':
    case 'variable':
    case 'leftParen':
      return true;
    default:
      return false;
  }
}

function isClosing(node: Statement | ClosingNode): node is ClosingNode {
  return node.kind === 'end' || node.kind === 'else';
}

function closingText(node: ClosingNode): string {
  return `{{${node.kind}}}`;
}

/** Nothing but white space: a definition like that gives way to another of the same name. */
function isBlank(list: ListNode): boolean {
  return list.nodes.every((node) => node.kind === 'text' && node.text.trim() === '');
}
