import { quoteGo } from './quote.ts';

/** Pieces of a template text. */
export type TokenType =
  | 'error'
  | 'eof'
  | 'text'
  | 'leftDelim'
  | 'rightDelim'
  | 'space'
  | 'assign'
  | 'declare'
  | 'pipe'
  | 'leftParen'
  | 'rightParen'
  | 'char'
  | 'charConstant'
  | 'number'
  | 'complex'
  | 'string'
  | 'rawString'
  | 'bool'
  | 'identifier'
  | 'field'
  | 'variable'
  | 'dot'
  | 'nil'
  | Keyword;

export type Keyword = 'block' | 'break' | 'continue' | 'define' | 'else' | 'end' | 'if' | 'range' | 'template' | 'with';

export interface Token {
  readonly type: TokenType;
  /** UTF-16 offset in the template text. */
  readonly pos: number;
  /** The text of the token; for `error` what is wrong. */
  readonly text: string;
  /** 1-based line on which it starts. */
  readonly line: number;
}

export const keywords: ReadonlyMap<string, TokenType> = new Map<string, TokenType>([
  ['.', 'dot'],
  ['nil', 'nil'],
  ...(['block', 'break', 'continue', 'define', 'else', 'end', 'if', 'range', 'template', 'with'] as const).map(
    (word) => [word, word] as const,
  ),
]);

const keywordTypes: ReadonlySet<TokenType> = new Set(keywords.values());

/** The token as error texts show it. */
export function describeToken(token: Token): string {
  if (token.type === 'eof') return 'EOF';
  if (token.type === 'error') return token.text;
  if (keywordTypes.has(token.type)) return `<${token.text}>`;
  return Buffer.byteLength(token.text) > 10 ? `${quoteGo(cutRunes(token.text, 10))}...` : quoteGo(token.text);
}

function cutRunes(text: string, count: number): string {
  return Array.from(text).slice(0, count).join('');
}
