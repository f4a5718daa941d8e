import type { StreamOptions } from './ast.ts';
import { sqlErrors } from './errors.ts';
import type { Parser } from './parser.ts';
import { streamOptions } from './stream-options.ts';
import { Token } from './token.ts';

type Writable = { -readonly [Key in keyof StreamOptions]: StreamOptions[Key] };

const names: string = [...streamOptions.keys()].join('|');

/** After the left parenthesis: `{option = value [,]} )`. A repeated option overwrites. Source: behaviour spec, sql §4.1. */
export function parseStreamOptions(p: Parser): StreamOptions {
  const options: Writable = {};
  while (!p.accept(Token.rparen)) {
    parseOption(p, options);
    p.accept(Token.comma);
  }
  return options;
}

function parseOption(p: Parser, options: Writable): void {
  const name = p.kind === Token.ident ? p.value.toUpperCase() : '';
  const option = streamOptions.get(name);
  if (option === undefined) return p.fail(`unknown option keys(${names})`, streamOptions.keys());
  p.next();
  p.expect(Token.eq, 'expect equals(=) in options');
  const isBool = p.kind === Token.TRUE || p.kind === Token.FALSE;
  if (p.kind !== Token.string && !isBool) p.fail('expect string or boolean value in option');
  const text = isBool ? p.found() : p.value;
  switch (option.type) {
    case 'bool':
      options[option.key] = parseBool(p, text, name);
      break;
    case 'integer':
      if (!/^[+-]?[0-9]{1,15}$/.test(text)) p.fail(`expect number value in ${name} option`);
      options[option.key] = Number(text);
      break;
    case 'lowerCase':
      options[option.key] = text.toLowerCase();
      break;
    case 'json':
      checkJson(p, text);
      options[option.key] = text;
      break;
    case 'string':
      options[option.key] = text;
      break;
  }
  p.next();
}

function parseBool(p: Parser, text: string, name: string): boolean {
  const upper = text.toUpperCase();
  if (upper !== 'TRUE' && upper !== 'FALSE') p.fail(`expect TRUE/FALSE value in ${name} option`);
  return upper === 'TRUE';
}

function checkJson(p: Parser, text: string): void {
  try {
    JSON.parse(text);
  } catch (cause) {
    throw sqlErrors.EXTRA_NOT_JSON({ cause, span: p.tokenSpan() });
  }
}
