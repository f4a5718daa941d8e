/** Statements on streams and tables. Source: behaviour spec, sql §4. */

import type { ColumnDef, CreateStatement, StreamKind, StreamOptions, StreamStatement } from './ast.ts';
import { sqlErrors } from './errors.ts';
import { parseColumns } from './parse-columns.ts';
import { parseStreamOptions } from './parse-stream-options.ts';
import type { Parser } from './parser.ts';
import { Token } from './token.ts';

const verbs = ['SELECT', 'CREATE', 'SHOW', 'DESCRIBE', 'EXPLAIN', 'DROP'];

/** A whole statement: ends at the end of input or at `;`, behind which anything may stand. */
export function parseStreamStatement(p: Parser): StreamStatement {
  const { start } = p;
  const verb = p.kind === Token.ident ? p.value.toUpperCase() : '';
  switch (verb) {
    case 'CREATE':
      p.next();
      return parseCreate(p, start);
    case 'SHOW': {
      p.next();
      const target = parseTarget(p, 'S', 'expected keyword streams or tables');
      parseEnd(p);
      return { kind: 'show', target, span: p.spanFrom(start) };
    }
    case 'DESCRIBE':
    case 'EXPLAIN':
    case 'DROP': {
      p.next();
      const target = parseTarget(p, '', 'expected keyword stream or table');
      const name = p.expectIdent('expected stream name');
      parseEnd(p);
      const kind = verb === 'DESCRIBE' ? 'describe' : verb === 'EXPLAIN' ? 'explain' : 'drop';
      return { kind, target, name, span: p.spanFrom(start) };
    }
    default:
      throw sqlErrors.INVALID_STREAM_STATEMENT(p.text, p.tokenContext(verbs));
  }
}

function parseTarget(p: Parser, suffix: string, wanted: string): StreamKind {
  const target = p.isWord(`STREAM${suffix}`) ? 'stream' : p.isWord(`TABLE${suffix}`) ? 'table' : null;
  if (target === null) return p.fail(wanted, [`STREAM${suffix}`, `TABLE${suffix}`]);
  p.next();
  return target;
}

function parseEnd(p: Parser): void {
  if (p.kind !== Token.semicolon && p.kind !== Token.eof) p.fail('expected semicolon or EOF');
}

function parseCreate(p: Parser, start: number): CreateStatement {
  const target = parseTarget(p, '', 'expected keyword stream or table');
  const name = p.expectIdent('expected stream name');
  p.expect(Token.lparen, 'expected lparen after stream name');
  const columns = parseColumns(p);
  if (!p.isWord('WITH')) p.fail('expected is with', ['WITH']);
  p.next();
  p.expect(Token.lparen, 'expect stream options');
  const options = parseStreamOptions(p);
  parseEnd(p);
  const create: CreateStatement = { kind: 'create', target, name, columns, options, span: p.spanFrom(start) };
  checkBinary(create, columns, options);
  return create;
}

/** A binary payload is one column at most. */
function checkBinary({ target, span }: CreateStatement, columns: readonly ColumnDef[], options: StreamOptions): void {
  if (options.format?.toLowerCase() !== 'binary') return;
  if (target === 'table') throw sqlErrors.BINARY_TABLE({ span });
  const [first, second] = columns;
  if (second !== undefined) throw sqlErrors.BINARY_COLUMN_COUNT({ span: second.span });
  if (first !== undefined && first.type.kind !== 'bytea') throw sqlErrors.BINARY_COLUMN_TYPE({ span: first.span });
}
