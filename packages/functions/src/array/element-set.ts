/**
 * Distinct elements in order of first appearance. Equality keeps int and float apart; lists and objects are compared
 * deeply. Source: behaviour spec, functions §12.
 */
import { deepEqual } from '@kuiper/base';

export function sameElement(a: unknown, b: unknown): boolean {
  return deepEqual(a, 'any', b, 'any');
}

/** The position of an element equal to `wanted`, from 0, or -1. */
export function findElement(list: readonly unknown[], wanted: unknown): number {
  if (typeof wanted === 'string' || typeof wanted === 'bigint' || typeof wanted === 'boolean')
    return list.indexOf(wanted);
  return list.findIndex((element) => sameElement(element, wanted));
}

export class ElementSet {
  readonly #simple = new Set<unknown>();
  readonly #nested: unknown[] = [];

  constructor(elements: readonly unknown[] = []) {
    for (const element of elements) this.add(element);
  }

  has(element: unknown): boolean {
    if (isNested(element)) return this.#nested.some((known) => sameElement(known, element));
    return this.#simple.has(element ?? null);
  }

  /** @returns true when the element is new */
  add(element: unknown): boolean {
    if (this.has(element)) return false;
    if (isNested(element)) this.#nested.push(element);
    else this.#simple.add(element ?? null);
    return true;
  }
}

function isNested(element: unknown): element is object {
  return typeof element === 'object' && element !== null;
}
