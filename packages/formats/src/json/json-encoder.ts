/**
 * Rows to JSON.
 *
 * When the keys of a row are known ({@link EncodeSpec.type} without `rest`), an encoder is generated for them: keys are
 * sorted and escaped once, and a row that has all of them becomes one concatenation. Otherwise keys are sorted row by
 * row, remembering the order of the last row.
 */
import {
  decodeUtf8,
  jsonNumber,
  jsonString,
  jsonText,
  type Kind,
  type Row,
  type RowType,
  SourceWriter,
  sortKeys,
} from '@kuiper/base';
import type { Encoder, EncodeSpec, Payload } from '@kuiper/sdk';
import { RowTexts } from './row-texts.ts';

/** More keys than this are not worth generated code. */
const MAX_GENERATED_KEYS = 64;

type RowText = (row: Row) => string;

export function createJsonEncoder({ type }: EncodeSpec): Encoder {
  return new JsonEncoder(rowTextFor(type));
}

function rowTextFor(type: RowType): RowText {
  const keys = Object.keys(type.fields).length;
  const texts = new RowTexts();
  const general: RowText = (row) => texts.encode(row);
  if (keys > MAX_GENERATED_KEYS || (type.rest !== null && type.rest !== 'null')) return general;
  const known = rowEncoderSource(type).evaluate() as RowText;
  // besides the known keys rows may have some that are null: rare enough to look for them only then
  return type.rest === null ? known : (row) => (countKeys(row) > keys ? general(row) : known(row));
}

function countKeys(row: Row): number {
  let count = 0;
  for (const _key in row) count++;
  return count;
}

class JsonEncoder implements Encoder {
  readonly #rowText: RowText;

  constructor(rowText: RowText) {
    this.#rowText = rowText;
  }

  encodeRow(row: Row): string {
    return this.#rowText(row);
  }

  encodeList(rows: readonly Row[]): string {
    if (rows.length === 0) return '[]';
    const rowText = this.#rowText;
    let text = `[${rowText(rows[0] as Row)}`;
    for (let i = 1; i < rows.length; i++) text += `,${rowText(rows[i] as Row)}`;
    return `${text}]`;
  }

  joinBatch(items: readonly Payload[]): string {
    return `[${items.map((item) => (typeof item === 'string' ? item : decodeUtf8(item))).join(',')}]`;
  }
}

/** The source of an encoder for rows with these keys and no others, for printing. */
export function rowEncoderSource(type: RowType): SourceWriter {
  const w = new SourceWriter();
  const keys = sortKeys(Object.keys(type.fields));
  const members = keys.map((key, i) => ({
    variable: `v${i}`,
    key: w.bind('key', key),
    // a row without it would give what every object inherits
    inherited: key in Object.prototype,
    fragment: w.bind('text', `${i === 0 ? '{' : ','}${jsonString(key)}:`),
    bare: w.bind('text', `${jsonString(key)}:`),
    value: valueCode(w, type.fields[key] as Kind, `v${i}`),
  }));
  w.block('return function rowText(row)', () => {
    if (members.length === 0) {
      w.line("return '{}';");
      return;
    }
    for (const { variable, key, inherited } of members) {
      w.line(`const ${variable} = ${inherited ? `!Object.hasOwn(row, ${key}) ? undefined : ` : ''}row[${key}];`);
    }
    const all = members.map(({ variable }) => `${variable} !== undefined`).join(' && ');
    const sum = members.map(({ fragment, value }) => `${fragment} + ${value}`).join(' + ');
    w.line(`if (${all}) return ${sum} + '}';`);
    w.line("let text = '';");
    for (const { variable, bare, value } of members) {
      w.line(`if (${variable} !== undefined) text += (text === '' ? '{' : ',') + ${bare} + ${value};`);
    }
    w.line("return text === '' ? '{}' : text + '}';");
  });
  return w;
}

/** An expression for the text of a value that is not undefined. */
function valueCode(w: SourceWriter, kind: Kind, v: string): string {
  const text = w.bind('jsonText', jsonText);
  switch (kind) {
    case 'int':
      return `(${v} === null ? 'null' : '' + ${v})`;
    case 'float':
      return `(${v} === null ? 'null' : ${v} - ${v} === 0 && ${v} !== 0 ? '' + ${v} : ${w.bind('jsonNumber', jsonNumber)}(${v}))`;
    case 'string':
      return `(${v} === null ? 'null' : ${w.bind('jsonString', jsonString)}(${v}))`;
    case 'bool':
      return `(${v} === true ? 'true' : ${v} === false ? 'false' : 'null')`;
    case 'any':
      return `(typeof ${v} === 'number' && ${v} - ${v} === 0 && ${v} !== 0 ? '' + ${v} : typeof ${v} === 'string' ? ${w.bind('jsonString', jsonString)}(${v}) : ${text}(${v}))`;
    default:
      return `${text}(${v})`;
  }
}
