import type { ColumnDef, DataType } from './ast.ts';
import { sqlErrors } from './errors.ts';
import type { Parser } from './parser.ts';
import { firstKeyword, Token } from './token.ts';

/** From DEFAULT on. The literal's text is converted to the column's type with full conversion (sql §4.1, §5.4). */
export function parseDefault(p: Parser, type: DataType): ColumnDef['defaultValue'] {
  const clause = p.tokenSpan();
  p.next();
  const { start } = p;
  const text = parseLiteralText(p);
  const span = p.spanFrom(start);
  switch (type.kind) {
    case 'bigint':
      return toInteger(text) ?? failConversion(text, 'int64', span);
    case 'float':
      return toFloat(text) ?? failConversion(text, 'float64', span);
    case 'boolean':
      return toBool(text) ?? failBool(text, span);
    case 'string':
      return text;
    case 'array':
      throw sqlErrors.DEFAULT_UNSUPPORTED('*ast.ArrayType', { span: clause });
    case 'struct':
      throw sqlErrors.DEFAULT_UNSUPPORTED('*ast.RecType', { span: clause });
    default:
      throw sqlErrors.DEFAULT_UNSUPPORTED(type.kind, { span: clause });
  }
}

function failConversion(text: string, type: string, span: ColumnDef['span']): never {
  throw sqlErrors.DEFAULT_CONVERSION(text, type, { span });
}

function failBool(text: string, span: ColumnDef['span']): never {
  throw sqlErrors.DEFAULT_BOOL(text, { span });
}

function parseLiteralText(p: Parser): string {
  const sign = p.accept(Token.minus) ? '-' : '';
  switch (p.kind) {
    case Token.integer:
    case Token.number:
      break;
    case Token.string:
    case Token.singleQuoted:
    case Token.TRUE:
    case Token.FALSE:
      if (sign === '') break;
      return p.fail('expect default constraint value');
    default:
      return p.fail('expect default constraint value');
  }
  // A keyword counts in its upper-case form however it is written.
  const text = p.kind >= firstKeyword ? p.found() : sign + p.value;
  p.next();
  return text;
}

const integerText = /^([+-]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|([0-9]+))$/;

/** Base prefixes are honoured: `0x`, `0b`, a leading `0` is octal. Null outside int64. */
function toInteger(text: string): number | bigint | null {
  const match = integerText.exec(text);
  if (match === null) return null;
  const [, sign, hex, binary, octal, decimal] = match;
  if (decimal !== undefined && decimal.length > 1 && decimal.startsWith('0')) return null;
  const magnitude =
    hex !== undefined
      ? BigInt(`0x${hex}`)
      : binary !== undefined
        ? BigInt(`0b${binary}`)
        : octal !== undefined
          ? BigInt(`0o${octal}`)
          : BigInt(decimal as string);
  const value = sign === '-' ? -magnitude : magnitude;
  if (value !== BigInt.asIntN(64, value)) return null;
  const approximate = Number(value);
  return Number.isSafeInteger(approximate) ? approximate : value;
}

const floatText = /^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$/;

function toFloat(text: string): number | null {
  const value = floatText.test(text) ? Number(text) : Number.NaN;
  return Number.isFinite(value) ? value : null;
}

const bools: Map<string, boolean> = new Map([
  ...['1', 't', 'T', 'TRUE', 'true', 'True'].map((text): [string, boolean] => [text, true]),
  ...['0', 'f', 'F', 'FALSE', 'false', 'False'].map((text): [string, boolean] => [text, false]),
]);

function toBool(text: string): boolean | null {
  return bools.get(text) ?? null;
}
