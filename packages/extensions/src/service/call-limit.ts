/** At most so many at a time; whoever is over waits in line. */
export class CallLimit {
  readonly #most: number;
  #taken = 0;
  #line: (() => void)[] = [];

  constructor(most: number) {
    this.#most = most;
  }

  /** Undefined when there is room now. Each turn taken must be given back with `leave`. */
  enter(): Promise<void> | undefined {
    if (this.#taken < this.#most) {
      this.#taken++;
      return undefined;
    }
    return new Promise((resolve) => this.#line.push(resolve));
  }

  leave(): void {
    const next = this.#line.shift();
    if (next === undefined) this.#taken--;
    else next();
  }
}
