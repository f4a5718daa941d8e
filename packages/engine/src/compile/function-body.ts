/**
 * The body of one generated function: its local variables and the marks that tell, when an error is caught, where the
 * code was.
 *
 * - `w` is the place: an index into {@link places}, set where a stage or select item begins.
 * - `f` is the call site being executed, or 0: an error thrown while it is set came from that function.
 * - `q` counts the CASE conditions being evaluated.
 */
import type { CodeWriter } from '@kuiper/base';
import type { ExprText } from '../analyze/expr-text.ts';
import type { Bindings } from './bindings.ts';

/** Where an error arose and how its text begins. */
export interface Place {
  /** Index into `plan.operators`. */
  readonly operator: number;
  /** A text that names aliases is put together only when an error is reported. */
  readonly prefix: ExprText;
}

/** Shared by the functions of a program. */
export class PlaceTable {
  readonly places: Place[] = [{ operator: 0, prefix: '' }];
  /** Names of the functions called, by call site. */
  readonly callees: string[] = [''];
  private readonly known = new Map<number, Map<ExprText, number>>();

  place(operator: number, prefix: ExprText): number {
    let known = this.known.get(operator);
    if (known === undefined) {
      known = new Map(operator === 0 ? [['', 0]] : []);
      this.known.set(operator, known);
    }
    const at = known.get(prefix) ?? this.places.push({ operator, prefix }) - 1;
    known.set(prefix, at);
    return at;
  }

  callee(name: string): number {
    const at = this.callees.indexOf(name);
    return at >= 0 ? at : this.callees.push(name) - 1;
  }
}

export class FunctionBody {
  readonly bindings: Bindings;
  readonly places: PlaceTable;
  private readonly names: string[] = [];
  /** Aliases known to be computed at the present point of the code. */
  private computed: Set<number> = new Set();
  /** Aliases computed somewhere, perhaps only behind a condition. */
  private readonly touched: Set<number> = new Set();
  /** Aliases computed outside all conditions. */
  private surely: Set<number> = new Set();
  private depth = 0;
  private readonly uses = new Map<number, number>();
  private temps = 0;

  constructor(bindings: Bindings, places: PlaceTable) {
    this.bindings = bindings;
    this.places = places;
  }

  /** A fresh local variable. */
  temp(): string {
    const name = `t${this.temps++}`;
    this.names.push(name);
    return name;
  }

  /** A named local, declared once; `initial` is code. */
  local(name: string, initial?: string): string {
    const declaration = initial === undefined ? name : `${name} = ${initial}`;
    if (!this.names.includes(declaration)) this.names.push(declaration);
    return name;
  }

  declare(writer: CodeWriter): void {
    if (this.names.length > 0) writer.line(`let ${this.names.join(', ')};`);
  }

  /**
   * Code made inside is a function of its own, called from anywhere below: it may rely only on what is computed
   * whatever happens.
   */
  apart<T>(make: () => T): T {
    const before = this.computed;
    this.computed = new Set(this.depth === 0 ? before : this.surely);
    this.depth++;
    try {
      return make();
    } finally {
      this.depth--;
      this.computed = before;
    }
  }

  /** Code made inside may not run: what it computes is not known to be computed afterwards. */
  conditionally<T>(make: () => T): T {
    const before = this.computed;
    if (this.depth === 0) this.surely = before;
    this.computed = new Set(before);
    this.depth++;
    try {
      return make();
    } finally {
      this.depth--;
      this.computed = before;
    }
  }

  /** How often the definition of an alias has been written out, this time included. */
  countUse(alias: number): number {
    const count = (this.uses.get(alias) ?? 0) + 1;
    this.uses.set(alias, count);
    return count;
  }

  /** Aliases that some path has computed. */
  get touchedAliases(): number[] {
    return [...this.touched];
  }

  isComputed(alias: number): boolean {
    return this.computed.has(alias);
  }

  /** Not known to be computed here, but computed on some path. */
  mayBeComputed(alias: number): boolean {
    return this.touched.has(alias);
  }

  markComputed(alias: number): void {
    this.computed.add(alias);
    this.touched.add(alias);
  }
}
