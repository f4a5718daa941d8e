/**
 * Records of a CSV text that comes in pieces. RFC 4180 with quotes, doubled quotes and line breaks inside quotes;
 * spaces before a field are dropped and empty lines skipped. Source: behaviour spec, io §14.4.
 */
import { connectorErrors } from '../errors.ts';

type State = 'fieldStart' | 'plain' | 'quoted' | 'quoteInQuoted';

export class CsvRecords {
  readonly #delimiter: string;
  #state: State = 'fieldStart';
  #field = '';
  #record: string[] = [];
  #line = 1;

  /** @param delimiter one character */
  constructor(delimiter: string) {
    this.#delimiter = delimiter;
  }

  /** Takes a piece of text. Throws at a quote in the wrong place; what was given before stands. */
  push(text: string, take: (record: string[]) => void): void {
    for (let i = 0; i < text.length; i++) {
      const char = text[i] as string;
      if (char === '\n') this.#line++;
      switch (this.#state) {
        case 'fieldStart':
          if (char === ' ' || char === '\t') {
            if (char === this.#delimiter) this.#endField();
          } else if (char === '"') this.#state = 'quoted';
          else {
            this.#state = 'plain';
            this.#plain(char, take);
          }
          break;
        case 'plain':
          this.#plain(char, take);
          break;
        case 'quoted':
          if (char === '"') this.#state = 'quoteInQuoted';
          else this.#field += char;
          break;
        case 'quoteInQuoted':
          if (char === '"') {
            this.#field += '"';
            this.#state = 'quoted';
          } else if (char === this.#delimiter) this.#endField();
          else if (char === '\n') this.#endRecord(take);
          else if (char !== '\r') throw connectorErrors.CSV_QUOTE(this.#line);
          break;
      }
    }
  }

  /** The text is over. */
  end(take: (record: string[]) => void): void {
    if (this.#state === 'quoted') throw connectorErrors.CSV_QUOTE(this.#line);
    if (this.#state !== 'fieldStart' || this.#record.length > 0) this.#endRecord(take);
  }

  #plain(char: string, take: (record: string[]) => void): void {
    if (char === this.#delimiter) this.#endField();
    else if (char === '\n') this.#endRecord(take);
    else if (char === '"') throw connectorErrors.CSV_QUOTE(this.#line);
    else this.#field += char;
  }

  #endField(): void {
    this.#record.push(this.#field);
    this.#field = '';
    this.#state = 'fieldStart';
  }

  #endRecord(take: (record: string[]) => void): void {
    if (this.#state === 'plain' && this.#field.endsWith('\r')) this.#field = this.#field.slice(0, -1);
    const isEmptyLine = this.#record.length === 0 && this.#field === '' && this.#state === 'plain';
    this.#endField();
    const record = this.#record;
    this.#record = [];
    if (!isEmptyLine) take(record);
  }
}
