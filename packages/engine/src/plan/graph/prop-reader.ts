import { floatText } from '@kuiper/base';
import { graphErrors } from './graph-errors.ts';

/** Reads properties of a graph node. Missing ones have the zero value of their kind; wrong kinds are refused. */
export class PropReader {
  readonly #props: Readonly<Record<string, unknown>>;

  constructor(props: Readonly<Record<string, unknown>>) {
    this.#props = props;
  }

  text(name: string): string {
    const value = this.#value(name);
    if (value === undefined) return '';
    return typeof value === 'string' ? value : mismatch(name, 'string', value);
  }

  flag(name: string): boolean {
    const value = this.#value(name);
    if (value === undefined) return false;
    return typeof value === 'boolean' ? value : mismatch(name, 'bool', value);
  }

  /** A whole number; the fraction of others is cut off. */
  integer(name: string): number {
    const value = this.#value(name);
    if (value === undefined) return 0;
    return typeof value === 'number' ? Math.trunc(value) : mismatch(name, 'int', value);
  }

  texts(name: string): readonly string[] {
    return this.#list(name).map((value, i) =>
      typeof value === 'string' ? value : mismatch(`${name}[${i}]`, 'string', value),
    );
  }

  records(name: string): readonly PropReader[] {
    return this.#list(name).map((value, i) =>
      value !== null && typeof value === 'object' && !Array.isArray(value)
        ? new PropReader(value as Record<string, unknown>)
        : mismatch(`${name}[${i}]`, 'map', value),
    );
  }

  #list(name: string): readonly unknown[] {
    const value = this.#value(name);
    if (value === undefined) return [];
    return Array.isArray(value) ? value : mismatch(name, 'slice', value);
  }

  /** The value whatever its kind; undefined when missing. */
  peek(name: string): unknown {
    return this.#value(name);
  }

  /** Names match in any case. Null counts as missing. */
  #value(name: string): unknown {
    const lower = name.toLowerCase();
    const key = Object.keys(this.#props).find((candidate) => candidate.toLowerCase() === lower);
    const value = key === undefined ? undefined : this.#props[key];
    return value === null ? undefined : value;
  }
}

function mismatch(name: string, expected: string, value: unknown): never {
  const found = typeof value === 'number' ? 'float64' : typeof value === 'boolean' ? 'bool' : typeName(value);
  const shown =
    typeof value === 'number' ? floatText(value) : typeof value === 'object' ? JSON.stringify(value) : value;
  const why = `'${name}' expected type '${expected}', got unconvertible type '${found}', value: '${String(shown)}'`;
  throw graphErrors.GRAPH(`1 error(s) decoding:\n\n* ${why}`);
}

function typeName(value: unknown): string {
  if (Array.isArray(value)) return '[]interface {}';
  return typeof value === 'object' ? 'map[string]interface {}' : 'string';
}
