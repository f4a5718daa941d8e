import { placedIn } from '@kuiper/base';
import type { Expr, SelectItem, SelectStatement, SortItem, Statement } from './ast.ts';
import type { ParseOptions } from './function-check.ts';
import { parseExpr } from './parse-expression.ts';
import { parseSelectItemList, parseSelectStatement } from './parse-select.ts';
import { parseSortItemList } from './parse-sort.ts';
import { parseStreamStatement } from './parse-stream.ts';
import { Parser } from './parser.ts';
import { Token } from './token.ts';

/**
 * Any statement. Text after `;` is ignored.
 * @throws a located error of `sqlErrors` (or of `options.functions`); id `INVALID_STREAM_STATEMENT` when the text
 * begins like no statement at all. Source: behaviour spec, sql §3, §4, §15.1
 */
export function parseStatement(text: string, options?: ParseOptions): Statement {
  return parsed(text, options, (parser) =>
    parser.kind === Token.SELECT ? parseSelectStatement(parser) : parseStreamStatement(parser),
  );
}

/** A SELECT statement. @throws like {@link parseStatement}; id `NOT_SELECT` for anything else. */
export function parseSelect(text: string, options?: ParseOptions): SelectStatement {
  return parsed(text, options, parseSelectStatement);
}

/** One expression and nothing after it, such as a condition of a graph rule. */
export function parseExpression(text: string, options?: ParseOptions): Expr {
  return parsed(text, options, (parser) => atEnd(parser, parser.parseExpr()));
}

/** A select list without SELECT and FROM: `a, b + 1 AS c`. */
export function parseSelectItems(text: string, options?: ParseOptions): SelectItem[] {
  return parsed(text, options, (parser) => atEnd(parser, parseSelectItemList(parser)));
}

/** A sort list without ORDER BY: `a DESC, b`. */
export function parseSortItems(text: string, options?: ParseOptions): SortItem[] {
  return parsed(text, options, (parser) => {
    parser.clause = 'orderBy';
    return atEnd(parser, parseSortItemList(parser));
  });
}

/** Errors leave with the text that their spans point into. */
function parsed<Result>(text: string, options: ParseOptions | undefined, rule: (parser: Parser) => Result): Result {
  try {
    return rule(new Parser(text, parseExpr, options));
  } catch (error) {
    throw placedIn(error, text);
  }
}

function atEnd<Result>(parser: Parser, result: Result): Result {
  if (parser.kind !== Token.eof) parser.fail('expected EOF');
  return result;
}
