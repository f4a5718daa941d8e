import { jsonString, jsonText, type Row, sortKeys } from '@kuiper/base';

/** Rows with fewer keys are sorted anew each time: that costs less than comparing orders. */
const REMEMBER_FROM = 9;

/**
 * Text of rows whose keys are not known beforehand. Wide rows of a stream come with the same keys in the same order,
 * so the sorted order of the last row, with its escaped keys, is kept and used again when the keys agree.
 */
export class RowTexts {
  #keys: readonly string[] = [];
  #sorted: readonly string[] = [];
  /** `,"key":` of each sorted key. */
  #fragments: readonly string[] = [];

  encode(row: Row): string {
    const keys = Object.keys(row);
    if (keys.length < REMEMBER_FROM) return jsonText(row);
    if (!sameKeys(keys, this.#keys)) this.#remember(keys);
    const sorted = this.#sorted;
    const fragments = this.#fragments;
    let text = '';
    for (let i = 0; i < sorted.length; i++) {
      const value = row[sorted[i] as string];
      if (value === undefined) continue;
      text += (fragments[i] as string) + (typeof value === 'string' ? jsonString(value) : jsonText(value));
    }
    return text === '' ? '{}' : `{${text.slice(1)}}`;
  }

  #remember(keys: readonly string[]): void {
    this.#keys = keys;
    this.#sorted = sortKeys([...keys]);
    this.#fragments = this.#sorted.map((key) => `,${jsonString(key)}:`);
  }
}

function sameKeys(a: readonly string[], b: readonly string[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
