/** Functions by name. Built-in names match in any case; aliases share one declaration under their own name. */
import { nearestName } from '@kuiper/base';
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
    return nearestName(name, this.names());
  }
}
