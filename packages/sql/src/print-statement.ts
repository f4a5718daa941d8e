/** Statements as SQL on one line that parses back to the same tree. */

import { assertNever } from '@kuiper/base';
import type {
  ColumnDef,
  CreateStatement,
  DataType,
  Join,
  SelectItem,
  SelectStatement,
  SourceRef,
  Statement,
  StreamKind,
  StreamOptions,
  Window,
} from './ast.ts';
import { printExpression, printList, printSortList } from './print-expression.ts';
import { printName } from './print-name.ts';
import { streamOptions } from './stream-options.ts';
import { quoteString } from './string-literal.ts';

export function printStatement(statement: Statement): string {
  switch (statement.kind) {
    case 'select':
      return printSelect(statement);
    case 'create':
      return printCreate(statement);
    case 'show':
      return `SHOW ${statement.target.toUpperCase()}S`;
    case 'describe':
      return printNamed('DESCRIBE', statement);
    case 'explain':
      return printNamed('EXPLAIN', statement);
    case 'drop':
      return printNamed('DROP', statement);
    default:
      return assertNever(statement);
  }
}

function printNamed(verb: string, statement: { readonly target: StreamKind; readonly name: string }): string {
  return `${verb} ${statement.target.toUpperCase()} ${printName(statement.name)}`;
}

function printSelect(select: SelectStatement): string {
  const parts = [`SELECT ${select.items.map(printItem).join(', ')} FROM ${printSource(select.from)}`.trimEnd()];
  for (const join of select.joins) parts.push(printJoin(join));
  if (select.where !== null) parts.push(`WHERE ${printExpression(select.where)}`);
  if (select.groupBy.length > 0) {
    const dimensions = select.groupBy.map((dim) => (dim.kind === 'window' ? printWindow(dim) : printExpression(dim)));
    parts.push(`GROUP BY ${dimensions.join(', ')}`);
  }
  if (select.having !== null) parts.push(`HAVING ${printExpression(select.having)}`);
  if (select.orderBy.length > 0) parts.push(`ORDER BY ${printSortList(select.orderBy)}`);
  if (select.limit !== null) parts.push(`LIMIT ${select.limit}`);
  return parts.join(' ');
}

function printItem(item: SelectItem): string {
  const alias = item.alias === null ? '' : ` AS ${printName(item.alias)}`;
  return `${printExpression(item.expr)}${alias}${item.invisible ? ' INVISIBLE' : ''}`;
}

function printSource(source: SourceRef): string {
  const alias = source.alias === null ? '' : ` AS ${printName(source.alias)}`;
  return `${source.name === '' ? '' : printName(source.name)}${alias}`;
}

function printJoin(join: Join): string {
  const on = join.on === null ? '' : ` ON ${printExpression(join.on)}`;
  return `${join.type.toUpperCase()} JOIN ${printSource(join.source)}${on}`;
}

/** A window with its FILTER and OVER. */
export function printWindow(window: Window): string {
  const filter = window.filter === null ? '' : ` FILTER (WHERE ${printExpression(window.filter)})`;
  return `${window.type}window(${printWindowArguments(window)})${filter}${printWindowOver(window)}`;
}

function printWindowArguments(window: Window): string {
  switch (window.type) {
    case 'tumbling':
      return `${window.unit}, ${window.length}`;
    case 'hopping':
      return `${window.unit}, ${window.length}, ${window.hop}`;
    case 'sliding':
      return `${window.unit}, ${window.length}${window.delay === null ? '' : `, ${window.delay}`}`;
    case 'session':
      return `${window.unit}, ${window.maxDuration}, ${window.timeout}`;
    case 'count':
      return `${window.count}${window.step === null ? '' : `, ${window.step}`}`;
    case 'state':
      return printList(window.emit === null ? [window.begin] : [window.begin, window.emit]);
    default:
      return assertNever(window);
  }
}

function printWindowOver({ over }: Window): string {
  if (over === null) return '';
  const parts: string[] = [];
  if (over.when !== null) parts.push(`WHEN ${printExpression(over.when)}`);
  if (over.partitionBy.length > 0) parts.push(`PARTITION BY ${printList(over.partitionBy)}`);
  return ` OVER (${parts.join(' ')})`;
}

function printCreate(create: CreateStatement): string {
  const head = `CREATE ${create.target.toUpperCase()} ${printName(create.name)}`;
  return `${head} (${printColumns(create.columns)}) WITH (${printOptions(create.options)})`;
}

function printColumns(columns: readonly ColumnDef[]): string {
  return columns.map(printColumn).join(', ');
}

function printColumn(column: ColumnDef): string {
  const value = column.defaultValue;
  const text = value === null ? '' : ` DEFAULT ${printDefault(value)}`;
  return `${printName(column.name)} ${printDataType(column.type)}${text}`;
}

/** Numbers in quotes: as text they keep an exponent, which a literal cannot have. */
function printDefault(value: NonNullable<ColumnDef['defaultValue']>): string {
  return typeof value === 'boolean' ? String(value).toUpperCase() : quoteString(String(value));
}

/** A column type as in CREATE, in upper case. */
export function printDataType(type: DataType): string {
  switch (type.kind) {
    case 'array':
      return `ARRAY(${printDataType(type.element)})`;
    case 'struct':
      return `STRUCT(${printColumns(type.fields)})`;
    default:
      return type.kind.toUpperCase();
  }
}

function printOptions(options: StreamOptions): string {
  const parts: string[] = [];
  for (const [name, option] of streamOptions) {
    const value = options[option.key];
    if (value !== undefined) parts.push(`${name}=${quoteString(String(value))}`);
  }
  return parts.join(', ');
}
