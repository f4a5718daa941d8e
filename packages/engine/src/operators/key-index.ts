import { detachString, detachValue, valueText } from '@kuiper/base';
import type { KeyExpr } from './types.ts';

type Level<C> = Map<unknown, Level<C> | C>;

/** What a key leads to; `gone` is set when it is deleted, so that raw values still leading there are not followed. */
export interface Keyed {
  readonly gone: boolean;
}

/**
 * Finds what belongs to a key whose parts are compared by their printed form, joined by a separator: `1` is `"1"`, null
 * is `"<nil>"`, 0 is -0. Texts are made when a combination of values is first seen; after that raw values lead there.
 */
export class KeyIndex<T, C extends Keyed> {
  readonly #keys: readonly KeyExpr<T>[];
  readonly #separator: string;
  readonly #make: (text: string) => C;
  #byText = new Map<string, C>();
  #byValue: Level<C> = new Map();
  #aliases = 0;

  /** @param make called for a text that has nothing yet */
  constructor(keys: readonly KeyExpr<T>[], separator: string, make: (text: string) => C) {
    this.#keys = keys;
    this.#separator = separator;
    this.#make = make;
  }

  get size(): number {
    return this.#byText.size;
  }

  /** Throws what the key expressions throw. */
  locate(item: T): C {
    const keys = this.#keys;
    switch (keys.length) {
      case 0:
        return this.#byText.get('') ?? this.ofText('');
      case 1: {
        const value = (keys[0] as KeyExpr<T>).value(item);
        const found = this.#byValue.get(value) as C | undefined;
        return found !== undefined && !found.gone ? found : this.#locateOne(value);
      }
      case 2: {
        const first = (keys[0] as KeyExpr<T>).value(item);
        const second = (keys[1] as KeyExpr<T>).value(item);
        const level = this.#byValue.get(first) as Level<C> | undefined;
        const found = level?.get(second) as C | undefined;
        return found !== undefined && !found.gone ? found : this.#locateMany([first, second]);
      }
      default:
        return this.#locateMany(keys.map((key) => key.value(item)));
    }
  }

  /** Finds or makes by the joined text, for instance on restore. */
  ofText(text: string): C {
    let found = this.#byText.get(text);
    if (found === undefined) {
      // Kept for long, and often cut out of a whole socket read: memory of its own.
      const key = detachString(text);
      found = this.#make(key);
      this.#byText.set(key, found);
    }
    return found;
  }

  /** Takes in what a checkpoint held. */
  adopt(text: string, found: C): void {
    this.#byText.set(text, found);
  }

  /** What it led to must be `gone` by now. */
  delete(text: string): void {
    this.#byText.delete(text);
    if (this.#aliases > 1024 + 2 * this.#byText.size) this.#forgetValues();
  }

  clear(): void {
    this.#byText = new Map();
    this.#forgetValues();
  }

  #forgetValues(): void {
    if (this.#aliases === 0) return;
    this.#byValue = new Map();
    this.#aliases = 0;
  }

  #locateOne(value: unknown): C {
    const found = this.ofText(keyText(value, (this.#keys[0] as KeyExpr<T>).kind));
    if (isPrimitive(value)) {
      this.#byValue.set(detachValue(value), found);
      this.#aliases++;
    }
    return found;
  }

  #locateMany(values: readonly unknown[]): C {
    let level = this.#byValue;
    const last = values.length - 1;
    for (let i = 0; i < last; i++) {
      const value = values[i];
      if (!isPrimitive(value)) return this.ofText(this.#text(values));
      let next = level.get(value) as Level<C> | undefined;
      if (next === undefined) level.set(detachValue(value), (next = new Map()));
      level = next;
    }
    const value = values[last];
    const known = level.get(value) as C | undefined;
    if (known !== undefined && !known.gone) return known;
    const found = this.ofText(this.#text(values));
    if (isPrimitive(value)) {
      level.set(detachValue(value), found);
      this.#aliases++;
    }
    return found;
  }

  #text(values: readonly unknown[]): string {
    let text = '';
    for (let i = 0; i < values.length; i++) {
      if (i > 0) text += this.#separator;
      text += keyText(values[i], (this.#keys[i] as KeyExpr<T>).kind);
    }
    return text;
  }
}

function keyText(value: unknown, kind: KeyExpr<never>['kind']): string {
  return value === 0 ? '0' : valueText(value, kind);
}

function isPrimitive(value: unknown): boolean {
  return typeof value !== 'object' || value === null;
}
