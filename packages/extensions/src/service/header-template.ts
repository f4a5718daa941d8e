/** Headers of calls; values may name fields of the input: `{{.device}}`, `{{.outer.inner}}`. */
import { plainText } from '@kuiper/base';

export type Headers = Readonly<Record<string, string>>;

const placeholder = /\{\{\s*\.([\w.]+)\s*\}\}/g;

export class HeaderTemplate {
  readonly #headers: Headers;
  readonly #templates: readonly (readonly [string, string])[];

  constructor(headers: Headers) {
    this.#headers = headers;
    this.#templates = Object.entries(headers).filter(([, value]) => value.includes('{{'));
  }

  /** Field values by their path; absent and null ones give an empty text. */
  fill(field: (path: readonly string[]) => unknown): Headers {
    if (this.#templates.length === 0) return this.#headers;
    const filled: Record<string, string> = { ...this.#headers };
    for (const [name, template] of this.#templates) {
      filled[name] = template.replace(placeholder, (_all, path: string) => headerText(field(path.split('.'))));
    }
    return filled;
  }
}

/** No value may begin another header. */
function headerText(value: unknown): string {
  if (value === null || value === undefined) return '';
  return plainText(value, 'any').replace(/[^\t\x20-\x7e]/g, '');
}
