/** Number literals of templates: `12`, `0x1F`, `1_000`, `2.5`, `1e3`, `'c'`. Source: behaviour spec, io §7.1. */
import { parseFloatText } from '@kuiper/base';
import type { NumberNode } from './ast.ts';
import { quoteGo, unquoteRune } from './quote.ts';

const INTEGER =
  /^([+-]?)(0[xX]_?[0-9a-fA-F]+(?:_[0-9a-fA-F]+)*|0[bB]_?[01]+(?:_[01]+)*|0[oO]_?[0-7]+(?:_[0-7]+)*|0(?:_?[0-7]+)*|[1-9]\d*(?:_\d+)*)$/;
const UINT64_MAX = 2n ** 64n - 1n;

/** The node of a literal, or a text that says why there is none. */
export function readNumber(pos: number, text: string): NumberNode | string {
  if (text.startsWith("'")) {
    const code = unquoteRune(text);
    if (code === undefined)
      return text.length > 3 && !text.includes('\\') ? `malformed character constant: ${text}` : 'invalid syntax';
    return numberNode(pos, text, BigInt(code), code);
  }
  const whole = readInteger(text);
  if (whole !== undefined && whole === BigInt.asIntN(64, whole)) return numberNode(pos, text, whole, Number(whole));
  if (whole !== undefined && whole > 0n && whole <= UINT64_MAX)
    return { ...numberNode(pos, text, null, Number(whole)), unsignedOnly: true };
  const float = parseFloatText(withoutSeparators(text));
  if (float === undefined) return `illegal number syntax: ${quoteGo(text)}`;
  if (!/[.eEpP]/.test(text)) return `integer overflow: ${quoteGo(text)}`;
  const integral = Number.isInteger(float) && Math.abs(float) < 2 ** 63;
  return numberNode(pos, text, integral ? BigInt(float) : null, float);
}

function numberNode(pos: number, text: string, int: bigint | null, float: number): NumberNode {
  return { kind: 'number', pos, text, int, float, unsignedOnly: false };
}

function readInteger(text: string): bigint | undefined {
  const match = INTEGER.exec(text);
  if (match === null) return undefined;
  const digits = (match[2] as string).replaceAll('_', '');
  const magnitude = BigInt(/^0[0-7]/.test(digits) ? `0o${digits.slice(1)}` : digits);
  return match[1] === '-' ? -magnitude : magnitude;
}

/** Separators are allowed in hexadecimal floats only; elsewhere the text stays as it is and is refused. */
function withoutSeparators(text: string): string {
  return /^[+-]?0[xX]/.test(text) ? text.replaceAll('_', '') : text;
}
