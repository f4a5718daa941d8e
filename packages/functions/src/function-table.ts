/** Functions by name. Built-in names match in any case; aliases share one declaration under their own name. */
import type { FunctionDeclaration } from '@kuiper/sdk';

export class FunctionTable {
  readonly #byName = new Map<string, FunctionDeclaration>();

  /** @throws when two declarations claim one name: a bug in the declarations */
  constructor(declarations: readonly FunctionDeclaration[]) {
    for (const declaration of declarations) {
      this.#add(declaration.name, declaration);
      for (const alias of declaration.aliases ?? []) this.#add(alias, { ...declaration, name: alias, aliases: [] });
    }
  }

  #add(name: string, declaration: FunctionDeclaration): void {
    if (this.#byName.has(name)) throw new Error(`function ${name} is declared twice`);
    this.#byName.set(name, declaration);
  }

  /** An alias is found as a declaration of that name: error texts and default columns use the name as called. */
  find(name: string): FunctionDeclaration | undefined {
    return this.#byName.get(name) ?? this.#byName.get(name.toLowerCase());
  }

  /** All names, aliases included, sorted; internal functions are left out. */
  names(): string[] {
    const names: string[] = [];
    for (const [name, declaration] of this.#byName) if (declaration.internal !== true) names.push(name);
    return names.sort();
  }

  /** The known name closest to an unknown one, or null when none is close enough to be what was meant. */
  nearest(name: string): string | null {
    const wanted = name.toLowerCase();
    let best: string | null = null;
    let bestDistance = Math.max(1, Math.floor(wanted.length / 3)) + 1;
    for (const candidate of this.names()) {
      const distance = editDistance(wanted, candidate, bestDistance);
      if (distance < bestDistance) {
        best = candidate;
        bestDistance = distance;
      }
    }
    return best;
  }
}

/** Number of insertions, deletions and substitutions between two words; `limit` or more is returned as `limit`. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = (previous[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(substitution, (previous[j] as number) + 1, (row[j - 1] as number) + 1));
    }
    previous = row;
  }
  return Math.min(limit, previous[b.length] as number);
}
