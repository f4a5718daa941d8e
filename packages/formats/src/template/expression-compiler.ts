/**
 * Expressions of templates as JavaScript expressions. An expression may hold `undefined` (nothing) and, until its
 * pipeline ends, `null` (nil found in a map or list).
 *
 * Error texts name the node that was visited last, so nodes are compiled in the order of their evaluation and the last
 * one is remembered: {@link ExpressionCompiler.node}.
 */
import { assertNever, DateTime, type SourceWriter } from '@kuiper/base';
import { argumentChecks } from './arguments.ts';
import {
  type ChainNode,
  type CommandNode,
  type Node,
  nodeText,
  type NumberNode,
  type Operand,
  type PipeNode,
  type VariableNode,
} from './ast.ts';
import { fieldOf, fieldOfConcrete, fieldOfData, methodCall } from './fields.ts';
import { type ParamType, paramTypeNames, type TemplateFunction } from './function-table.ts';
import type { FindFunction } from './functions/template-functions.ts';
import { quoteGo } from './quote.ts';
import { Site, type TemplateSource } from './site.ts';
import { intValue, isTrue, SizedInt } from './values.ts';

/** JavaScript for a value. */
export interface Code {
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

/** The value whose type is known where it stands, such as dot at the start. */
export function concreteCode(js: string): Code {
  return { js, simple: true, nilable: false, text: false, loose: false };
}

export interface Variable {
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
  new DateTime(0, 'UTC'),
];

/** True for names that only a map can have as a property. */
function isMapOnly(name: string): boolean {
  return !inherited.some((object) => name in object);
}

interface ExpressionInput {
  readonly writer: SourceWriter;
  readonly source: TemplateSource;
  readonly findFunction: FindFunction;
  /** The name of the render state. */
  readonly state: string;
}

/** One for all templates of a text; {@link start} turns to the next of them. */
export class ExpressionCompiler {
  readonly #w: SourceWriter;
  readonly #source: TemplateSource;
  readonly #findFunction: FindFunction;
  readonly #sites = new Map<Node, string>();
  readonly #state: string;
  readonly #runtime: Readonly<Record<'isTrue' | 'field' | 'concreteField' | 'dataField' | 'method', string>>;
  #executing = '';
  /** The node visited last. */
  node: Node = { kind: 'dot', pos: 0 };
  dot: Code = concreteCode('dot');
  /** Those in scope, the innermost last. */
  variables: Variable[] = [];
  #serial = 0;
  /** Names that the statement being compiled has to declare. */
  pending: string[] = [];

  constructor({ writer, source, findFunction, state }: ExpressionInput) {
    this.#source = source;
    this.#findFunction = findFunction;
    this.#w = writer;
    this.#state = state;
    this.#runtime = {
      isTrue: writer.bind('isTrue', isTrue),
      field: writer.bind('field', fieldOf),
      concreteField: writer.bind('concreteField', fieldOfConcrete),
      dataField: writer.bind('dataField', fieldOfData),
      method: writer.bind('method', methodCall),
    };
  }

  /** Begins the template `name`, whose data is called `dot`. */
  start(name: string): void {
    this.#executing = name;
    this.#sites.clear();
    this.dot = concreteCode('dot');
    this.variables = [{ name: '$', js: 'dot', loose: false }];
  }

  /** A number for names, never given twice. */
  nextSerial(): number {
    return this.#serial++;
  }

  newName(stem: string): string {
    const name = `${stem}${this.nextSerial()}`;
    this.pending.push(name);
    return name;
  }

  /** The site of the node visited last. */
  site(functionName = ''): string {
    const node = this.node;
    const known = functionName === '' ? this.#sites.get(node) : undefined;
    if (known !== undefined) return known;
    const name = this.#w.bind('site', new Site(this.#source, this.#executing, node, functionName));
    if (functionName === '') this.#sites.set(node, name);
    return name;
  }

  failure(why: string): string {
    return `${this.site()}.fail(${this.#w.bind('why', why)})`;
  }

  #failing(why: string): Code {
    return { ...unknownCode, js: this.failure(why), fails: true };
  }

  #constant(hint: string, value: unknown): Code {
    const text = typeof value === 'string';
    return { js: this.#w.bind(hint, value), simple: true, nilable: false, text, loose: false };
  }

  /** At the end of a pipeline nil is nothing. */
  unwrapped(code: Code): string {
    return code.nilable ? `(${code.js} ?? undefined)` : code.js;
  }

  pipe(pipe: PipeNode): Code {
    this.node = pipe;
    let value: Code | null = null;
    for (const command of pipe.commands) {
      let code = this.#command(command, value);
      // what comes before may fail first
      if (code.fails && value !== null) code = { ...code, js: `(${value.js}, ${code.js})` };
      value = { ...code, js: this.unwrapped(code), nilable: false, loose: false };
    }
    let result = value as Code;
    for (const target of pipe.targets) {
      const variable = pipe.assigns ? this.variable(target) : this.#declare(target);
      if (variable === undefined) {
        const failing = this.#failing(`undefined variable: ${target.name}`);
        return { ...failing, js: `(${result.js}, ${failing.js})` };
      }
      result = { ...result, js: `(${variable.js} = ${result.js})`, simple: false };
    }
    return result;
  }

  #declare(target: VariableNode): Variable {
    const variable = { name: target.name, js: this.newName('variable'), loose: false };
    this.variables.push(variable);
    return variable;
  }

  variable(target: VariableNode): Variable | undefined {
    return this.variables.findLast((variable) => variable.name === target.name);
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
        this.node = first;
        return this.#fields(this.dot, first.fields, first, rest, final);
      case 'chain':
        return this.#chain(first, rest, final);
      case 'variable':
        return this.#variableValue(first, rest, final, hasArgs);
      case 'pipe':
        return hasArgs ? this.#notAFunction(first) : this.pipe(first);
      default:
        this.node = first;
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
        return this.dot;
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
    this.node = node;
    const variable = this.variable(node);
    if (variable === undefined) return this.#failing(`undefined variable: ${node.name}`);
    const { js, loose } = variable;
    const value: Code = { js, simple: true, nilable: loose, text: false, loose };
    if (node.fields.length === 0) return hasArgs ? this.#notAFunction(node) : value;
    return this.#fields(value, node.fields, node, rest, final);
  }

  #chain(node: ChainNode, rest: readonly Operand[], final: Code | null): Code {
    this.node = node;
    if (node.of.kind === 'nil') return this.#failing(`indirection through explicit nil in ${nodeText(node)}`);
    const of = this.#argument(node.of, 'value');
    return this.#fields(of, node.fields, node, rest, final);
  }

  #fields(receiver: Code, names: readonly string[], node: Operand, rest: readonly Operand[], final: Code | null): Code {
    const site = this.site();
    let value = receiver;
    const methodName = rest.length > 0 || final !== null ? names[names.length - 1] : undefined;
    for (const name of methodName === undefined ? names : names.slice(0, -1)) value = this.#field(value, name, site);
    if (methodName === undefined) return value;
    const args = rest.map((arg) => this.unwrapped(this.#argument(arg, 'value')));
    if (final !== null) args.push(final.js);
    this.node = node;
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
    const held = this.newName('held');
    return {
      ...result,
      js: `((${held} = ${receiver.js})?.[${key}] ?? ${get}(${held}, ${key}, ${site}))`,
    };
  }

  #function(name: string, node: Operand, place: Node, rest: readonly Operand[], final: Code | null): Code {
    this.node = node;
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
      const held = this.newName('held');
      before = `${held} = ${final.js}, `;
      last = { ...final, js: held, simple: true };
    }
    if (last !== null) args.push(this.#checked(last, typeAt(args.length)).js);
    const fixed = args.slice(0, params.length);
    if (variadic !== null) fixed.push(`[${args.slice(params.length).join(', ')}]`);
    const visited = this.node;
    this.node = place;
    // evaluated after the arguments: whatever fails from here on fails in this call
    fixed.push(`${this.#state}.at = ${this.site(name)}`);
    this.node = visited;
    const js = `${this.#w.bind('call', call)}(${fixed.join(', ')})`;
    return { ...unknownCode, js: before === '' ? js : `(${before}${js})` };
  }

  /** `and` and `or` give the first argument that decides, and evaluate no further. */
  #logic(name: 'and' | 'or', rest: readonly Operand[], final: Code | null): Code {
    let before = '';
    let last = final;
    if (final !== null && !final.simple) {
      const held = this.newName('held');
      before = `${held} = ${final.js}, `;
      last = { ...final, js: held };
    }
    const values = rest.map((arg) => this.#argument(arg, 'value').js);
    if (last !== null) values.push(last.js);
    let js = values[values.length - 1] as string;
    for (let i = values.length - 2; i >= 0; i--) {
      const held = this.newName('held');
      const decided = `${this.#runtime.isTrue}(${held} = ${values[i]})`;
      js = name === 'or' ? `(${decided} ? ${held} : ${js})` : `(${decided} ? ${js} : ${held})`;
    }
    return { ...unknownCode, js: before === '' ? js : `(${before}${js})` };
  }

  /** An argument for a parameter of a type. */
  #argument(node: Operand, type: ParamType): Code {
    this.node = node;
    switch (node.kind) {
      case 'dot':
        return this.#checked(this.dot, type);
      case 'nil':
        if (type === 'map') return { ...unknownCode, js: '{}' };
        if (type === 'any' || type === 'value')
          return { js: type === 'any' ? 'null' : 'undefined', simple: true, nilable: true, text: false, loose: false };
        return this.#failing(`cannot assign nil to ${paramTypeNames[type]}`);
      case 'field':
        return this.#checked(this.#fields(this.dot, node.fields, node, [], null), type);
      case 'variable':
        return this.#checked(this.#variableValue(node, [], null, false), type);
      case 'chain':
        return this.#checked(this.#chain(node, [], null), type);
      case 'pipe':
        return this.#checked(this.pipe(node), type);
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
    return { ...unknownCode, js: `${check}(${value.js}, ${this.site()})`, text: type === 'string' };
  }
}

function isLiteral({ kind }: Operand): boolean {
  return kind === 'string' || kind === 'number' || kind === 'bool';
}

function intOf(int: bigint): SizedInt {
  const small = Number(int);
  return Number.isSafeInteger(small) ? intValue(small) : new SizedInt('int', int);
}
