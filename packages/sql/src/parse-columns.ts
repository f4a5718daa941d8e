/** Column lists of CREATE. Source: behaviour spec, sql §4.1; the recorded DDL errors. */

import type { ColumnDef, DataType, ScalarTypeName } from './ast.ts';
import { parseDefault } from './parse-default.ts';
import type { Parser } from './parser.ts';
import { Token } from './token.ts';

const noType = 'expect valid stream field types(BIGINT | FLOAT | STRING | DATETIME | BOOLEAN | BYTEA | ARRAY | STRUCT)';

const scalars: Map<string, ScalarTypeName> = new Map([
  ['BIGINT', 'bigint'],
  ['FLOAT', 'float'],
  ['STRING', 'string'],
  ['BYTEA', 'bytea'],
  ['DATETIME', 'datetime'],
  ['BOOLEAN', 'boolean'],
]);

const typeNames: readonly string[] = [...scalars.keys(), 'ARRAY', 'STRUCT'];

/** After the left parenthesis: `[column {, column} [,]] )`. */
export function parseColumns(p: Parser): ColumnDef[] {
  const columns: ColumnDef[] = [];
  while (p.kind !== Token.rparen) {
    columns.push(parseColumn(p));
    if (p.accept(Token.comma)) continue;
    if (p.kind !== Token.rparen) p.fail('expect comma or rparen');
  }
  p.next();
  return columns;
}

function parseColumn(p: Parser): ColumnDef {
  const { start } = p;
  const name = p.expectIdent('expect stream field name');
  const type = parseType(p);
  const defaultValue = p.kind === Token.DEFAULT ? parseDefault(p, type) : null;
  return { name, type, defaultValue, span: p.spanFrom(start) };
}

function parseType(p: Parser): DataType {
  p.enter();
  const { start } = p;
  const name = p.kind === Token.ident ? p.value.toUpperCase() : '';
  const type = parseNamedType(p, name, start);
  p.leave();
  return type;
}

function parseNamedType(p: Parser, name: string, start: number): DataType {
  const scalar = scalars.get(name);
  if (scalar !== undefined) {
    p.next();
    return { kind: scalar, span: p.spanFrom(start) };
  }
  if (name === 'ARRAY') {
    enterType(p);
    const element = parseType(p);
    p.expect(Token.rparen, 'expect comma or rparen');
    return { kind: 'array', element, span: p.spanFrom(start) };
  }
  if (name === 'STRUCT') {
    enterType(p);
    const fields = parseStructFields(p);
    const type: DataType = { kind: 'struct', fields, span: p.spanFrom(start) };
    // The reference takes the parenthesis that closes an odd struct for the end of the column list.
    if (fields.length === 0 || (p.kind !== Token.comma && p.kind !== Token.rparen)) p.fail('expected is with');
    return type;
  }
  return p.fail(noType, typeNames);
}

/** After ARRAY or STRUCT. When something else than `(` follows, the complaint names the token behind it. */
function enterType(p: Parser): void {
  p.next();
  const opened = p.kind === Token.lparen;
  p.next();
  if (!opened) p.fail('expect comma or rparen');
}

/** `field {, field} )`, without a trailing comma. */
function parseStructFields(p: Parser): ColumnDef[] {
  const fields: ColumnDef[] = [];
  if (p.accept(Token.rparen)) return fields;
  do fields.push(parseColumn(p));
  while (p.accept(Token.comma));
  p.expect(Token.rparen, 'expect comma or rparen');
  return fields;
}
