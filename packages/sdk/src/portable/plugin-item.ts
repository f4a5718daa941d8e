/** One output as sinks get it. */
import type { PluginPayload, PluginTuple, PluginTupleList } from '../plugin.ts';

type Rendered = Readonly<Record<string, string>>;

export class PluginItem implements PluginPayload, PluginTuple {
  readonly #bytes: Uint8Array | null;
  readonly #rendered: Rendered;
  #row: Readonly<Record<string, unknown>> | null;

  /** @param row read from the bytes when absent */
  constructor(bytes: Uint8Array | null, rendered: Rendered, row: Readonly<Record<string, unknown>> | null = null) {
    this.#bytes = bytes;
    this.#rendered = rendered;
    this.#row = row;
  }

  raw(): Uint8Array {
    return this.#bytes ?? Buffer.from(JSON.stringify(this.#row));
  }

  value(key: string): unknown {
    const row = this.#read();
    return Object.hasOwn(row, key) ? row[key] : undefined;
  }

  toMap(): Record<string, unknown> {
    return { ...this.#read() };
  }

  dynamicProps(template: string): string | undefined {
    return Object.hasOwn(this.#rendered, template) ? this.#rendered[template] : undefined;
  }

  allProps(): Rendered {
    return this.#rendered;
  }

  #read(): Readonly<Record<string, unknown>> {
    this.#row ??= JSON.parse(Buffer.from(this.#bytes as Uint8Array).toString('utf8')) as Record<string, unknown>;
    return this.#row;
  }
}

export class PluginItemList implements PluginTupleList {
  readonly #rows: readonly Readonly<Record<string, unknown>>[];
  readonly #rendered: Rendered;

  constructor(rows: readonly Readonly<Record<string, unknown>>[], rendered: Rendered) {
    this.#rows = rows;
    this.#rendered = rendered;
  }

  get length(): number {
    return this.#rows.length;
  }

  rangeOfTuples(visit: (index: number, tuple: PluginTuple) => boolean | void): void {
    for (const [i, row] of this.#rows.entries()) {
      if (visit(i, new PluginItem(null, this.#rendered, row)) === false) return;
    }
  }

  toMaps(): Record<string, unknown>[] {
    return this.#rows.map((row) => ({ ...row }));
  }

  dynamicProps(template: string): string | undefined {
    return Object.hasOwn(this.#rendered, template) ? this.#rendered[template] : undefined;
  }

  allProps(): Rendered {
    return this.#rendered;
  }
}
