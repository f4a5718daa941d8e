/**
 * From the trees of a template to JavaScript.
 *
 * Every template becomes a function from dot to text; its statements become statements, a pipeline becomes one
 * expression. Names, texts and literals are bound constants. An expression may hold `undefined` (nothing) and, until
 * its pipeline ends, `null` (nil found in a map or list).
 *
 * Error texts name the node that was visited last, so the compiler visits nodes in the order of evaluation and
 * remembers the last one: {@link TreeCompiler.#node}.
 */
import { assertNever, SourceWriter } from '@kuiper/base';
import { argumentChecks } from './arguments.ts';
import {
  type BranchNode,
  type ChainNode,
  type CommandNode,
  type ListNode,
  type Node,
  nodeText,
  type NumberNode,
  type Operand,
  type PipeNode,
  type Statement,
  type TemplateNode,
  type VariableNode,
} from './ast.ts';
import { fieldOf, fieldOfConcrete, fieldOfData, methodCall } from './fields.ts';
import { type ParamType, paramTypeNames, type TemplateFunction } from './function-table.ts';
import type { FindFunction } from './functions/template-functions.ts';
import type { ParsedTemplate } from './parser.ts';
import { quoteGo } from './quote.ts';
import { rangeItems } from './range-items.ts';
import { MAX_OUTPUT_LENGTH, type RenderState } from './render-state.ts';
import { Site, type TemplateSource } from './site.ts';
import { actionText } from './value-text.ts';
import { intValue, isTrue, SizedInt } from './values.ts';

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

/** JavaScript for a value. */
interface Code {
  readonly js: string;
  /** Stays the same wherever it is evaluated: a constant or a variable of its own. */
  readonly simple: boolean;
  /** May be null. */
  readonly nilable: boolean;
  /** Known to be a string. */
  readonly text: boolean;
  /** Found in a map or list, where only `interface {}` is known of it. */
  readonly loose: boolean;
  /** Always fails. */
  readonly fails?: true;
}

const unknownCode = { simple: false, nilable: true, text: false, loose: false } as const;

interface Variable {
  readonly name: string;
  readonly js: string;
  readonly loose: boolean;
}

/** Members of these could be taken for columns. */
const inherited: readonly object[] = [
  Object.prototype,
  Array.prototype,
  String.prototype,
  Number.prototype,
  BigInt.prototype,
  Boolean.prototype,
  Uint8Array.prototype,
];
const instantMembers = new Set([
  'ms',
  'subMsNanos',
  'zone',
  'offsetSeconds',
  'civil',
  'inZone',
  'weekday',
  'dayOfYear',
]);
instantMembers.add('zoneName').add('compare').add('rfc3339').add('goText').add('toJSON');

/** True for names that only a map can have as a property. */
function isMapOnly(name: string): boolean {
  return !instantMembers.has(name) && !inherited.some((prototype) => name in prototype);
}

class TreeCompiler {
  readonly #w = new SourceWriter();
  readonly #source: TemplateSource;
  readonly #templates: ReadonlyMap<string, ListNode>;
  readonly #findFunction: FindFunction;
  readonly #names = new Map<string, string>();
  readonly #sites = new Map<Node, string>();
  readonly #state: string;
  readonly #runtime: Readonly<
    Record<'text' | 'isTrue' | 'field' | 'concreteField' | 'dataField' | 'method' | 'range', string>
  >;
  #executing = '';
  /** The node visited last. */
  #node: Node = { kind: 'dot', pos: 0 };
  #dot: Code = { js: 'dot', simple: true, nilable: false, text: false, loose: false };
  #variables: Variable[] = [];
  #serial = 0;
  /** Names that the statement being compiled declares. */
  #pending: string[] = [];

  constructor({ source, parsed, findFunction, state }: CompileInput) {
    this.#source = source;
    this.#templates = parsed.templates;
    this.#findFunction = findFunction;
    const w = this.#w;
    this.#state = w.bind('state', state);
    this.#runtime = {
      text: w.bind('text', actionText),
      isTrue: w.bind('isTrue', isTrue),
      field: w.bind('field', fieldOf),
      concreteField: w.bind('concreteField', fieldOfConcrete),
      dataField: w.bind('dataField', fieldOfData),
      method: w.bind('method', methodCall),
      range: w.bind('range', rangeItems),
    };
  }

  compile(): SourceWriter {
    let serial = 0;
    for (const name of this.#templates.keys()) this.#names.set(name, `template${serial++}`);
    for (const [name, list] of this.#templates) this.#template(name, list);
    return this.#w.line(`return ${this.#names.get(this.#source.name) ?? "() => ''"};`);
  }

  #template(name: string, list: ListNode): void {
    this.#executing = name;
    this.#sites.clear();
    this.#dot = { js: 'dot', simple: true, nilable: false, text: false, loose: false };
    this.#variables = [{ name: '$', js: 'dot', loose: false }];
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
    this.#node = node;
    switch (node.kind) {
      case 'text':
        if (node.text !== '') this.#w.line(`out += ${this.#w.bind('literal', node.text)};`);
        return;
      case 'action': {
        const value = this.#pipe(node.pipe);
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
    if (this.#pending.length > 0) this.#w.line(`let ${this.#pending.join(', ')};`);
    this.#pending = [];
    this.#w.line(statement);
  }

  #newName(stem: string): string {
    const name = `${stem}${this.#serial++}`;
    this.#pending.push(name);
    return name;
  }

  /** Statements in a block of their own: what they declare ends with them. */
  #scoped(body: () => void): void {
    const outer = this.#variables.length;
    this.#w.block('', body);
    this.#variables.length = outer;
  }

  #branch(node: BranchNode): void {
    this.#scoped(() => {
      const value = this.#pipe(node.pipe);
      const name = this.#newName('value');
      this.#emit(`${name} = ${this.#unwrapped(value)};`);
      this.#w.block(`if (${this.#runtime.isTrue}(${name}))`, () => {
        if (node.kind === 'if') this.#scopedList(node.body);
        else this.#withDot({ js: name, simple: true, nilable: false, text: false, loose: false }, node.body);
      });
      const { otherwise } = node;
      if (otherwise !== null) this.#w.block('else', () => this.#scopedList(otherwise));
    });
  }

  #scopedList(list: ListNode): void {
    const outer = this.#variables.length;
    this.#list(list);
    this.#variables.length = outer;
  }

  #withDot(dot: Code, list: ListNode): void {
    const outer = this.#dot;
    this.#dot = dot;
    this.#scopedList(list);
    this.#dot = outer;
  }

  #range(node: BranchNode): void {
    const { targets, assigns } = node.pipe;
    const value = this.#pipe(node.pipe);
    const start = this.#variables.length - (assigns ? 0 : targets.length);
    const site = this.#site();
    const id = this.#serial++;
    this.#emit(`const items${id} = ${this.#runtime.range}(${this.#unwrapped(value)}, ${targets.length}, ${site});`);
    const declared = this.#variables.slice(start);
    const loose = !this.#isData(node.pipe);
    if (!assigns) {
      for (let i = 0; i < declared.length; i++)
        this.#variables[start + i] = { ...(declared[i] as Variable), loose: loose && i === declared.length - 1 };
    }
    this.#w.block(`for (let i${id} = 0; i${id} < items${id}.count; i${id}++)`, () => {
      this.#w.line(`if (--${this.#state}.steps < 0) ${this.#state}.exhausted(${site});`);
      this.#w.line(`if (out.length > ${MAX_OUTPUT_LENGTH}) ${this.#state}.overflow(${site});`);
      this.#w.line(`const element${id} = items${id}.value(i${id});`);
      const values = targets.length > 1 ? [`items${id}.key(i${id})`, `element${id}`] : [`element${id}`];
      const variables = assigns ? targets.map((target) => this.#variable(target)) : declared;
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
      (operand?.kind === 'dot' && this.#dot.js === 'dot') || (operand?.kind === 'variable' && operand.name === '$')
    );
  }

  #call(node: TemplateNode): void {
    const name = this.#names.get(node.name);
    const site = this.#site();
    if (name === undefined) {
      this.#emit(`${this.#failure(`template ${quoteGo(node.name)} not defined`)};`);
      return;
    }
    const value = node.pipe === null ? 'undefined' : this.#unwrapped(this.#pipe(node.pipe));
    this.#emit(`${this.#state}.enter(${site});`);
    this.#w.line(`out += ${name}(${value});`);
    this.#w.line(`${this.#state}.depth--;`);
    this.#w.line(`if (out.length > ${MAX_OUTPUT_LENGTH}) ${this.#state}.overflow(${site});`);
  }

  /** The site of the node visited last. */
  #site(functionName = ''): string {
    const node = this.#node;
    const known = functionName === '' ? this.#sites.get(node) : undefined;
    if (known !== undefined) return known;
    const name = this.#w.bind('site', new Site(this.#source, this.#executing, node, functionName));
    if (functionName === '') this.#sites.set(node, name);
    return name;
  }

  #failure(why: string): string {
    return `${this.#site()}.fail(${this.#w.bind('why', why)})`;
  }

  #failing(why: string): Code {
    return { ...unknownCode, js: this.#failure(why), fails: true };
  }

  #constant(hint: string, value: unknown): Code {
    const text = typeof value === 'string';
    return { js: this.#w.bind(hint, value), simple: true, nilable: false, text, loose: false };
  }

  /** At the end of a pipeline nil is nothing. */
  #unwrapped(code: Code): string {
    return code.nilable ? `(${code.js} ?? undefined)` : code.js;
  }

  #pipe(pipe: PipeNode): Code {
    this.#node = pipe;
    let value: Code | null = null;
    for (const command of pipe.commands) {
      let code = this.#command(command, value);
      // what comes before may fail first
      if (code.fails && value !== null) code = { ...code, js: `(${value.js}, ${code.js})` };
      value = { ...code, js: this.#unwrapped(code), nilable: false, loose: false };
    }
    let result = value as Code;
    for (const target of pipe.targets) {
      const variable = pipe.assigns ? this.#variable(target) : this.#declare(target);
      if (variable === undefined) {
        const failing = this.#failing(`undefined variable: ${target.name}`);
        return { ...failing, js: `(${result.js}, ${failing.js})` };
      }
      result = { ...result, js: `(${variable.js} = ${result.js})`, simple: false };
    }
    return result;
  }

  #declare(target: VariableNode): Variable {
    const variable = { name: target.name, js: this.#newName('variable'), loose: false };
    this.#variables.push(variable);
    return variable;
  }

  #variable(target: VariableNode): Variable | undefined {
    return this.#variables.findLast((variable) => variable.name === target.name);
  }

  /** @param final the value of the command before, which becomes the last argument */
  #command(command: CommandNode, final: Code | null): Code {
    const [first] = command.args as readonly [Operand];
    const rest = command.args.slice(1);
    const hasArgs = rest.length > 0 || final !== null;
    switch (first.kind) {
      case 'identifier':
        return this.#function(first.name, first, command, rest, final);
      case 'field':
        this.#node = first;
        return this.#fields(this.#dot, first.fields, first, rest, final);
      case 'chain':
        return this.#chain(first, rest, final);
      case 'variable':
        return this.#variableValue(first, rest, final, hasArgs);
      case 'pipe':
        return hasArgs ? this.#notAFunction(first) : this.#pipe(first);
      default:
        this.#node = first;
        if (hasArgs) return this.#notAFunction(first);
        return first.kind === 'nil' ? this.#failing('nil is not a command') : this.#literal(first);
    }
  }

  #notAFunction(first: Operand): Code {
    return this.#failing(`can't give argument to non-function ${nodeText(first)}`);
  }

  #literal(node: Operand): Code {
    switch (node.kind) {
      case 'bool':
        return this.#constant('bool', node.value);
      case 'dot':
        return this.#dot;
      case 'number':
        return this.#number(node);
      case 'string':
        return this.#constant('string', node.text);
      default:
        return this.#failing(`can't evaluate command ${quoteGo(nodeText(node))}`);
    }
  }

  #number(node: NumberNode): Code {
    const isFloatText = /[.eEpP]/.test(node.text) && !/^[+-]?0[xX]/.test(node.text) && !node.text.startsWith("'");
    if (node.float !== null && (isFloatText || /[pP]/.test(node.text))) return this.#constant('float', node.float);
    if (node.int !== null) return this.#constant('int', intOf(node.int));
    return this.#failing(`${node.text} overflows int`);
  }

  #variableValue(node: VariableNode, rest: readonly Operand[], final: Code | null, hasArgs: boolean): Code {
    this.#node = node;
    const variable = this.#variable(node);
    if (variable === undefined) return this.#failing(`undefined variable: ${node.name}`);
    const { js, loose } = variable;
    const value: Code = { js, simple: true, nilable: loose, text: false, loose };
    if (node.fields.length === 0) return hasArgs ? this.#notAFunction(node) : value;
    return this.#fields(value, node.fields, node, rest, final);
  }

  #chain(node: ChainNode, rest: readonly Operand[], final: Code | null): Code {
    this.#node = node;
    if (node.of.kind === 'nil') return this.#failing(`indirection through explicit nil in ${nodeText(node)}`);
    const of = this.#argument(node.of, 'value');
    return this.#fields(of, node.fields, node, rest, final);
  }

  #fields(receiver: Code, names: readonly string[], node: Operand, rest: readonly Operand[], final: Code | null): Code {
    const site = this.#site();
    let value = receiver;
    const methodName = rest.length > 0 || final !== null ? names[names.length - 1] : undefined;
    for (const name of methodName === undefined ? names : names.slice(0, -1)) value = this.#field(value, name, site);
    if (methodName === undefined) return value;
    const args = rest.map((arg) => this.#unwrapped(this.#argument(arg, 'value')));
    if (final !== null) args.push(final.js);
    this.#node = node;
    const key = this.#w.bind('key', methodName);
    return { ...unknownCode, js: `${this.#runtime.method}(${value.js}, ${key}, [${args.join(', ')}], ${site})` };
  }

  #field(receiver: Code, name: string, site: string): Code {
    const isData = receiver.js === 'dot' && this.#executing === this.#source.name;
    const { dataField, field, concreteField } = this.#runtime;
    const get = isData ? dataField : receiver.loose ? field : concreteField;
    const key = this.#w.bind('key', name);
    const result = { simple: false, nilable: true, text: false, loose: true };
    if (!isMapOnly(name)) return { ...result, js: `${get}(${receiver.js}, ${key}, ${site})` };
    if (receiver.simple) {
      const { js } = receiver;
      return { ...result, js: `(${js}?.[${key}] ?? ${get}(${js}, ${key}, ${site}))` };
    }
    const held = this.#newName('held');
    return {
      ...result,
      js: `((${held} = ${receiver.js})?.[${key}] ?? ${get}(${held}, ${key}, ${site}))`,
    };
  }

  #function(name: string, node: Operand, place: Node, rest: readonly Operand[], final: Code | null): Code {
    this.#node = node;
    const declaration = this.#findFunction(name) as TemplateFunction;
    const { params, variadic } = declaration;
    const given = rest.length + (final === null ? 0 : 1);
    if (variadic === null ? given !== params.length : given < params.length) {
      const want = variadic === null ? `want ${params.length}` : `want at least ${params.length}`;
      return this.#failing(`wrong number of args for ${name}: ${want} got ${variadic === null ? given : rest.length}`);
    }
    if (name === 'and' || name === 'or') return this.#logic(name, rest, final);
    return this.#invocation(name, declaration, place, rest, final);
  }

  #invocation(
    name: string,
    declaration: TemplateFunction,
    place: Node,
    rest: readonly Operand[],
    final: Code | null,
  ): Code {
    const { params, variadic, call } = declaration;
    const typeAt = (i: number): ParamType => params[i] ?? (variadic as ParamType);
    const given = rest.map((arg, i) => this.#argument(arg, typeAt(i)));
    const constant = rest.every((arg, i) => isLiteral(arg) && given[i]?.fails === undefined);
    const args = given.map(({ js }) => js);
    let before = '';
    let last = final;
    if (final !== null && !final.simple && !constant) {
      // it comes last, but has been computed before the other arguments
      const held = this.#newName('held');
      before = `${held} = ${final.js}, `;
      last = { ...final, js: held, simple: true };
    }
    if (last !== null) args.push(this.#checked(last, typeAt(args.length)).js);
    const fixed = args.slice(0, params.length);
    if (variadic !== null) fixed.push(`[${args.slice(params.length).join(', ')}]`);
    const visited = this.#node;
    this.#node = place;
    // evaluated after the arguments: whatever fails from here on fails in this call
    fixed.push(`${this.#state}.at = ${this.#site(name)}`);
    this.#node = visited;
    const js = `${this.#w.bind('call', call)}(${fixed.join(', ')})`;
    return { ...unknownCode, js: before === '' ? js : `(${before}${js})` };
  }

  /** `and` and `or` give the first argument that decides, and evaluate no further. */
  #logic(name: 'and' | 'or', rest: readonly Operand[], final: Code | null): Code {
    let before = '';
    let last = final;
    if (final !== null && !final.simple) {
      const held = this.#newName('held');
      before = `${held} = ${final.js}, `;
      last = { ...final, js: held };
    }
    const values = rest.map((arg) => this.#argument(arg, 'value').js);
    if (last !== null) values.push(last.js);
    let js = values[values.length - 1] as string;
    for (let i = values.length - 2; i >= 0; i--) {
      const held = this.#newName('held');
      const decided = `${this.#runtime.isTrue}(${held} = ${values[i]})`;
      js = name === 'or' ? `(${decided} ? ${held} : ${js})` : `(${decided} ? ${js} : ${held})`;
    }
    return { ...unknownCode, js: before === '' ? js : `(${before}${js})` };
  }

  /** An argument for a parameter of a type. */
  #argument(node: Operand, type: ParamType): Code {
    this.#node = node;
    switch (node.kind) {
      case 'dot':
        return this.#checked(this.#dot, type);
      case 'nil':
        if (type === 'map') return { ...unknownCode, js: '{}' };
        if (type === 'any' || type === 'value')
          return { js: type === 'any' ? 'null' : 'undefined', simple: true, nilable: true, text: false, loose: false };
        return this.#failing(`cannot assign nil to ${paramTypeNames[type]}`);
      case 'field':
        return this.#checked(this.#fields(this.#dot, node.fields, node, [], null), type);
      case 'variable':
        return this.#checked(this.#variableValue(node, [], null, false), type);
      case 'chain':
        return this.#checked(this.#chain(node, [], null), type);
      case 'pipe':
        return this.#checked(this.#pipe(node), type);
      case 'identifier':
        return this.#checked(this.#function(node.name, node, node, [], null), type);
      case 'bool':
      case 'number':
      case 'string':
        return this.#literalArgument(node, type);
      default:
        return assertNever(node as never);
    }
  }

  #literalArgument(node: Extract<Operand, { kind: 'bool' | 'number' | 'string' }>, type: ParamType): Code {
    const text = nodeText(node);
    switch (type) {
      case 'any':
      case 'value':
        return this.#literal(node);
      case 'string':
        return node.kind === 'string' ? this.#literal(node) : this.#failing(`expected string; found ${text}`);
      case 'bool':
        return node.kind === 'bool' ? this.#literal(node) : this.#failing(`expected bool; found ${text}`);
      case 'int':
        if (node.kind !== 'number' || node.int === null) return this.#failing(`expected integer; found ${text}`);
        return this.#constant('int', Number(node.int));
      case 'float64':
        if (node.kind !== 'number' || node.float === null) return this.#failing(`expected float; found ${text}`);
        return this.#constant('float', node.float);
      default:
        return this.#failing(`can't handle ${text} for arg of type ${paramTypeNames[type]}`);
    }
  }

  /** A value once it is known to fit the type of a parameter. */
  #checked(value: Code, type: ParamType): Code {
    if (type === 'value' || (type === 'string' && value.text)) return value;
    const check = this.#w.bind('check', argumentChecks[type]);
    return { ...unknownCode, js: `${check}(${value.js}, ${this.#site()})`, text: type === 'string' };
  }
}

function isLiteral({ kind }: Operand): boolean {
  return kind === 'string' || kind === 'number' || kind === 'bool';
}

function intOf(int: bigint): SizedInt {
  const small = Number(int);
  return Number.isSafeInteger(small) ? intValue(small) : new SizedInt('int', int);
}
