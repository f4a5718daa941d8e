import { quoteGo } from './quote.ts';

/** The tree of a template. `pos` is the UTF-16 offset in the template text that error texts point to. */
interface At {
  readonly pos: number;
}

export interface TextNode extends At {
  readonly kind: 'text';
  readonly text: string;
}
export interface ActionNode extends At {
  readonly kind: 'action';
  readonly pipe: PipeNode;
}
export interface BranchNode extends At {
  readonly kind: 'if' | 'with' | 'range';
  readonly pipe: PipeNode;
  readonly body: ListNode;
  readonly otherwise: ListNode | null;
}
export interface JumpNode extends At {
  readonly kind: 'break' | 'continue';
}
export interface TemplateNode extends At {
  readonly kind: 'template';
  readonly name: string;
  readonly pipe: PipeNode | null;
}
/** Only while parsing: what closes a list. */
export interface ClosingNode extends At {
  readonly kind: 'end' | 'else';
}

export type Statement = TextNode | ActionNode | BranchNode | JumpNode | TemplateNode;

export interface ListNode extends At {
  readonly nodes: readonly Statement[];
}

export interface PipeNode extends At {
  readonly kind: 'pipe';
  /** Variables that take the value. */
  readonly targets: readonly VariableNode[];
  /** `=` rather than `:=`. */
  readonly assigns: boolean;
  readonly commands: readonly CommandNode[];
}
export interface CommandNode extends At {
  readonly kind: 'command';
  /** At least one; the first says what to do. */
  readonly args: readonly Operand[];
}

export interface IdentifierNode extends At {
  readonly kind: 'identifier';
  readonly name: string;
}
export interface VariableNode extends At {
  readonly kind: 'variable';
  /** The name with its dollar. */
  readonly name: string;
  readonly fields: readonly string[];
}
export interface FieldNode extends At {
  readonly kind: 'field';
  readonly fields: readonly string[];
}
/** Fields of a parenthesized pipeline, a function result or a literal. */
export interface ChainNode extends At {
  readonly kind: 'chain';
  readonly of: Operand;
  readonly fields: readonly string[];
}
export interface DotNode extends At {
  readonly kind: 'dot';
}
export interface NilNode extends At {
  readonly kind: 'nil';
}
export interface BoolNode extends At {
  readonly kind: 'bool';
  readonly value: boolean;
}
export interface NumberNode extends At {
  readonly kind: 'number';
  readonly text: string;
  /** As an integer of 64 bits, null when it is none. */
  readonly int: bigint | null;
  /** As a float, null when it is none. */
  readonly float: number | null;
  /** Too large for a signed integer but not for an unsigned one. */
  readonly unsignedOnly: boolean;
}
export interface StringNode extends At {
  readonly kind: 'string';
  readonly quoted: string;
  readonly text: string;
}

export type Operand =
  | IdentifierNode
  | VariableNode
  | FieldNode
  | ChainNode
  | DotNode
  | NilNode
  | BoolNode
  | NumberNode
  | StringNode
  | PipeNode;

/** Anything an error text can point to. */
export type Node = Statement | PipeNode | CommandNode | Operand;

/** The template as written, up to spaces: the form in error texts. */
export function nodeText(node: Node): string {
  switch (node.kind) {
    case 'text':
      return node.text;
    case 'action':
      return `{{${nodeText(node.pipe)}}}`;
    case 'if':
    case 'with':
    case 'range': {
      const otherwise = node.otherwise === null ? '' : `{{else}}${listText(node.otherwise)}`;
      return `{{${node.kind} ${nodeText(node.pipe)}}}${listText(node.body)}${otherwise}{{end}}`;
    }
    case 'break':
    case 'continue':
      return `{{${node.kind}}}`;
    case 'template':
      return `{{template ${quoteGo(node.name)}${node.pipe === null ? '' : ` ${nodeText(node.pipe)}`}}}`;
    case 'pipe':
      return pipeText(node);
    case 'command':
      return node.args.map((arg) => (arg.kind === 'pipe' ? `(${nodeText(arg)})` : nodeText(arg))).join(' ');
    case 'identifier':
      return node.name;
    case 'variable':
      return [node.name, ...node.fields].join('.');
    case 'field':
      return `.${node.fields.join('.')}`;
    case 'chain': {
      const of = node.of.kind === 'pipe' ? `(${nodeText(node.of)})` : nodeText(node.of);
      return `${of}.${node.fields.join('.')}`;
    }
    case 'dot':
      return '.';
    case 'nil':
      return 'nil';
    case 'bool':
      return String(node.value);
    case 'number':
      return node.text;
    case 'string':
      return node.quoted;
  }
}

function pipeText(node: PipeNode): string {
  const targets = node.targets.map(nodeText).join(', ');
  const commands = node.commands.map(nodeText).join(' | ');
  return targets === '' ? commands : `${targets} ${node.assigns ? '=' : ':='} ${commands}`;
}

function listText(list: ListNode): string {
  return list.nodes.map(nodeText).join('');
}
