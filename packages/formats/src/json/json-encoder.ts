/** Rows to JSON. */
import { decodeUtf8, jsonText, type Row } from '@kuiper/base';
import type { Encoder, EncodeSpec, Payload } from '@kuiper/sdk';

export function createJsonEncoder(_spec: EncodeSpec): Encoder {
  return new JsonEncoder(jsonText);
}

class JsonEncoder implements Encoder {
  readonly #rowText: (row: Row) => string;

  constructor(rowText: (row: Row) => string) {
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
