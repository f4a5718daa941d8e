/** Properties of graph operators, read and parsed. Source: behaviour spec, runtime §16.3. */
import { errorText, valueText } from '@kuiper/base';
import {
  type Expr,
  type FunctionCheck,
  parseExpression,
  parseSelect,
  parseSelectItems,
  parseSortItems,
  type SelectItem,
  type SortItem,
  type Window,
} from '@kuiper/sql';
import { graphErrors } from './graph-errors.ts';
import type { GraphNodeDef } from './graph-definition.ts';
import { readWindow } from './graph-window.ts';
import { PropReader } from './prop-reader.ts';

export type GraphOperator =
  | { readonly kind: 'function' | 'aggfunc'; readonly item: SelectItem }
  | { readonly kind: 'filter'; readonly condition: Expr }
  /** A case of a switch on lists. */
  | { readonly kind: 'having'; readonly condition: Expr }
  | { readonly kind: 'pick'; readonly items: readonly SelectItem[]; readonly aggregate: boolean }
  | { readonly kind: 'watermark'; readonly emitters: readonly string[] }
  | { readonly kind: 'window'; readonly window: Window }
  | { readonly kind: 'join'; readonly from: string; readonly joins: readonly GraphJoin[] }
  | { readonly kind: 'groupby'; readonly dimensions: readonly Expr[] }
  | { readonly kind: 'orderby'; readonly keys: readonly SortItem[] }
  | { readonly kind: 'switch'; readonly cases: readonly Expr[]; readonly stopAtFirstMatch: boolean }
  | { readonly kind: 'script'; readonly script: string; readonly aggregate: boolean };

export interface GraphJoin {
  readonly name: string;
  readonly type: 'inner' | 'left' | 'right' | 'full' | 'cross';
  readonly on: Expr | null;
}

export interface OperatorContext {
  readonly functions: FunctionCheck;
  isStream(name: string): boolean;
  /** Why a script cannot run; null when it can. */
  checkScript(script: string): string | null;
}

/** @throws with the text `parse <type> <name> with <props> error: …` */
export function readOperator(def: GraphNodeDef, context: OperatorContext): GraphOperator {
  try {
    return read(def, context);
  } catch (error) {
    const kind = def.nodeType === 'window' ? 'window conf' : def.nodeType;
    throw graphErrors.NODE_PARSE(kind, def.name, valueText(def.props, 'any'), errorText(error), { cause: error });
  }
}

function read(def: GraphNodeDef, context: OperatorContext): GraphOperator {
  const props = new PropReader(def.props);
  const { functions } = context;
  switch (def.nodeType) {
    case 'function':
    case 'aggfunc': {
      const [item, second] = parseSelectItems(props.text('expr'), { functions });
      if (item === undefined || second !== undefined) throw graphErrors.GRAPH('expr must be a single expression');
      return { kind: def.nodeType, item };
    }
    case 'filter':
      return { kind: 'filter', condition: parseExpression(props.text('expr'), { functions }) };
    case 'pick': {
      const fields = props.texts('fields');
      if (fields.length === 0) throw graphErrors.GRAPH('fields cannot be empty');
      return {
        kind: 'pick',
        items: parseSelectItems(fields.join(','), { functions }),
        aggregate: props.flag('isAgg'),
      };
    }
    case 'watermark': {
      const emitters = props.texts('emitters');
      if (emitters.length === 0) throw graphErrors.GRAPH('watermark must have at least one emitter');
      const unknown = emitters.find((emitter) => !context.isStream(emitter));
      if (unknown !== undefined) throw graphErrors.GRAPH(`emitter ${unknown} does not exist`);
      return { kind: 'watermark', emitters };
    }
    case 'window':
      return { kind: 'window', window: readWindow(props) };
    case 'join':
      return readJoin(props, context);
    case 'groupby': {
      const dimensions = props.texts('dimensions');
      if (dimensions.length === 0) throw graphErrors.GRAPH('groupby must have at least one dimension');
      return {
        kind: 'groupby',
        dimensions: dimensions.map((text) =>
          prefixed('invalid join statement', () => parseExpression(text, { functions })),
        ),
      };
    }
    case 'orderby': {
      const sorts = props.records('sorts');
      if (sorts.length === 0) throw graphErrors.GRAPH('order by statement is empty');
      const text = sorts.map((sort) => `${sort.text('field')}${sort.flag('desc') ? ' DESC' : ''}`).join(', ');
      return {
        kind: 'orderby',
        keys: prefixed('invalid order by statement', () => parseSortItems(text, { functions })),
      };
    }
    case 'switch': {
      const cases = props.texts('cases');
      if (cases.length === 0) throw graphErrors.GRAPH('switch node must have at least one case');
      const stopAtFirstMatch = props.flag('stopAtFirstMatch');
      return { kind: 'switch', cases: cases.map((text) => parseExpression(text, { functions })), stopAtFirstMatch };
    }
    case 'script': {
      const script = props.text('script');
      if (script === '') throw graphErrors.GRAPH('script node must have script');
      const problem = context.checkScript(script);
      if (problem !== null) throw graphErrors.GRAPH(problem);
      return { kind: 'script', script, aggregate: props.flag('isAgg') };
    }
    default:
      throw graphErrors.GRAPH(`unknown operator type ${def.nodeType}`);
  }
}

function prefixed<T>(what: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw graphErrors.GRAPH(`${what} error: ${errorText(error)}`, { cause: error });
  }
}

/** The joins are read as the statement they stand for, so that its errors are those of SQL. */
function readJoin(props: PropReader, context: OperatorContext): GraphOperator {
  const from = props.text('from');
  if (!context.isStream(from)) throw graphErrors.GRAPH(`join source ${from} is not a stream`);
  const clauses = props.records('joins').map((join) => {
    const on = join.text('on');
    return ` ${join.text('type')} JOIN ${quoted(join.text('name'))}${on === '' ? '' : ` ON ${on}`}`;
  });
  const { joins } = parseSelect(`SELECT * FROM ${quoted(from)}${clauses.join('')}`, { functions: context.functions });
  return { kind: 'join', from, joins: joins.map(({ source, type, on }) => ({ name: source.name, type, on })) };
}

function quoted(name: string): string {
  return /^[A-Za-z][A-Za-z0-9_]*$/.test(name) ? name : `\`${name}\``;
}
