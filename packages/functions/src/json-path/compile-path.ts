/**
 * Compiles JSON path expressions. A path of single keys and indexes gives one value or an error; a path with `*`,
 * `..`, `[a,b]`, a range or a filter is ambiguous: it gives a list, and what does not fit is skipped.
 *
 * `$` is the root, `@` the value a filter looks at, a bare word a member of the root. Source: behaviour spec,
 * functions §15.
 */
import { parseDateTime } from '@kuiper/base';
import { applyOperator, negative, precedence, truth } from './path-operators.ts';
import { type PathToken, pathError, scanPath } from './path-scanner.ts';
import { descendants, members, selectMember, sliceList } from './select-member.ts';

interface Scope {
  readonly root: unknown;
  readonly current: unknown;
}

type Expression = (scope: Scope) => unknown;

/** One step of a path: the values it leads to from a value. */
interface Step {
  readonly ambiguous: boolean;
  readonly from: (value: unknown, scope: Scope) => readonly unknown[];
}

const compiled = new Map<string, (data: unknown) => unknown>();
const maxCompiled = 500;

/** Throws row errors: for the path here, for the data when it is called. */
export function compiledPath(path: string): (data: unknown) => unknown {
  let query = compiled.get(path);
  if (query === undefined) {
    const expression = new PathParser(path).parse();
    query = (data) => expression({ root: data, current: data });
    if (compiled.size >= maxCompiled) compiled.clear();
    compiled.set(path, query);
  }
  return query;
}

class PathParser {
  readonly #path: string;
  readonly #tokens: readonly PathToken[];
  #next = 0;
  /** Behind `..` a name stands without a dot of its own. */
  #afterDescent = false;

  constructor(path: string) {
    this.#path = path;
    this.#tokens = scanPath(path);
  }

  parse(): Expression {
    const expression = this.#conditional();
    if (this.#peek().kind !== 'end') this.#unexpected('while scanning operator');
    return expression;
  }

  #conditional(): Expression {
    const condition = this.#binary(1);
    if (!this.#take('?')) return condition;
    const yes = this.#conditional();
    this.#expect(':');
    const no = this.#conditional();
    return (scope) => (truth(condition(scope)) ? yes(scope) : no(scope));
  }

  #binary(level: number): Expression {
    let left = this.#unary();
    for (;;) {
      const operator = this.#peek().text;
      const tightness = Object.hasOwn(precedence, operator) ? (precedence[operator] as number) : 0;
      if (this.#peek().kind === 'string' || tightness < level) return left;
      this.#next++;
      left = combine(operator, left, this.#binary(tightness + 1));
    }
  }

  #unary(): Expression {
    if (this.#take('-')) {
      const operand = this.#unary();
      return (scope) => negative(operand(scope));
    }
    if (this.#take('!')) {
      const operand = this.#unary();
      return (scope) => !truth(operand(scope));
    }
    return this.#primary();
  }

  #primary(): Expression {
    const token = this.#peek();
    this.#next++;
    if (token.kind === 'number' || token.kind === 'string') return () => token.value;
    if (token.kind === 'ident') return this.#word(token.text);
    switch (token.text) {
      case '$':
        return this.#steps((scope) => scope.root);
      case '@':
        return this.#steps((scope) => scope.current);
      case '(': {
        const inner = this.#conditional();
        this.#expect(')');
        return inner;
      }
      case '[':
        return this.#listLiteral();
      case '{':
        return this.#mapLiteral();
    }
    this.#next--;
    return this.#unexpected('while scanning extensions');
  }

  #word(word: string): Expression {
    if (word === 'true' || word === 'false') return () => word === 'true';
    if (word === 'null' || word === 'nil') return () => null;
    if (word === 'date' && this.#take('(')) {
      const text = this.#conditional();
      this.#expect(')');
      return (scope) => parseDateTime(String(text(scope)), { zone: 'UTC', nowMs: 0 });
    }
    return this.#steps((scope) => selectMember(scope.root, word));
  }

  #listLiteral(): Expression {
    const elements: Expression[] = [];
    while (!this.#take(']')) {
      if (elements.length > 0) this.#expect(',');
      elements.push(this.#conditional());
    }
    return (scope) => elements.map((element) => element(scope));
  }

  #mapLiteral(): Expression {
    const entries: (readonly [Expression, Expression])[] = [];
    while (!this.#take('}')) {
      if (entries.length > 0) this.#expect(',');
      const key = this.#conditional();
      this.#expect(':');
      entries.push([key, this.#conditional()]);
    }
    return (scope) => Object.fromEntries(entries.map(([key, value]) => [String(key(scope)), value(scope)]));
  }

  /** The steps behind a starting value. */
  #steps(start: Expression): Expression {
    const steps: Step[] = [];
    for (let step = this.#step(); step !== null; step = this.#step()) steps.push(step);
    if (steps.length === 0) return start;
    if (!steps.some((step) => step.ambiguous)) return (scope) => walkPlain(start(scope), steps, scope);
    return (scope) => walkAmbiguous(start(scope), steps, scope);
  }

  #step(): Step | null {
    if (this.#take('[')) return this.#bracket();
    if (this.#take('..')) {
      this.#afterDescent = this.#peek().text !== '[';
      return { ambiguous: true, from: (value) => descendants(value) };
    }
    if (this.#afterDescent || this.#take('.')) {
      this.#afterDescent = false;
      if (this.#take('*')) return { ambiguous: true, from: members };
      const token = this.#peek();
      if (token.kind !== 'ident') return this.#unexpected('while scanning JSON select expected Ident, "." or "*"');
      this.#next++;
      return { ambiguous: false, from: (value) => [selectMember(value, token.text)] };
    }
    return null;
  }

  #bracket(): Step {
    if (this.#take('*')) {
      this.#expect(']');
      return { ambiguous: true, from: members };
    }
    if (this.#take('?')) {
      const condition = this.#conditional();
      this.#expect(']');
      return {
        ambiguous: true,
        from: (value, { root }) => members(value).filter((element) => passes(condition, root, element)),
      };
    }
    const first = this.#peek().text === ':' ? null : this.#binary(1);
    if (this.#peek().text === ':') return this.#range(first);
    const keys = [first as Expression];
    while (this.#take(',')) keys.push(this.#binary(1));
    this.#expect(']');
    if (keys.length > 1) {
      return {
        ambiguous: true,
        from: (value, scope) => keys.flatMap((key) => attempt(() => selectMember(value, key(scope)))),
      };
    }
    const key = keys[0] as Expression;
    return {
      ambiguous: false,
      from: (value, scope) => [selectMember(value, key({ root: scope.root, current: value }))],
    };
  }

  #range(from: Expression | null): Step {
    this.#expect(':');
    const bound = (): Expression | null => ([':', ']'].includes(this.#peek().text) ? null : this.#binary(1));
    const to = bound();
    const step = this.#take(':') ? bound() : null;
    this.#expect(']');
    const at = (expression: Expression | null, scope: Scope): number | null =>
      expression === null ? null : Math.trunc(Number(expression(scope)));
    return {
      ambiguous: true,
      from: (value, scope) => sliceList(value, at(from, scope), at(to, scope), at(step, scope) ?? 1),
    };
  }

  #peek(): PathToken {
    return this.#tokens[this.#next] as PathToken;
  }

  #take(symbol: string): boolean {
    const token = this.#peek();
    if (token.kind !== 'symbol' || token.text !== symbol) return false;
    this.#next++;
    return true;
  }

  #expect(symbol: string): void {
    if (!this.#take(symbol)) this.#unexpected(`expected ${JSON.stringify(symbol)}`);
  }

  #unexpected(where: string): never {
    const token = this.#peek();
    const found = token.kind === 'end' ? 'EOF' : JSON.stringify(token.text);
    return pathError(this.#path, token.at, `unexpected ${found} ${where}`);
  }
}

function combine(operator: string, left: Expression, right: Expression): Expression {
  switch (operator) {
    case '&&':
      return (scope) => truth(left(scope)) && truth(right(scope));
    case '||':
      return (scope) => truth(left(scope)) || truth(right(scope));
    case '??':
      return (scope) => attempt(() => left(scope))[0] ?? right(scope);
    default:
      return (scope) => applyOperator(operator, left(scope), right(scope));
  }
}

function walkPlain(start: unknown, steps: readonly Step[], scope: Scope): unknown {
  let value = start;
  for (const step of steps) value = step.from(value, scope)[0];
  return value;
}

function walkAmbiguous(start: unknown, steps: readonly Step[], scope: Scope): unknown[] {
  let values: unknown[] = [start];
  for (const step of steps) values = values.flatMap((value) => attemptAll(() => step.from(value, scope)));
  return values;
}

function passes(condition: Expression, root: unknown, current: unknown): boolean {
  return attempt(() => truth(condition({ root, current })))[0] === true;
}

/** The value in a list, or an empty list when it cannot be computed. */
function attempt(compute: () => unknown): readonly unknown[] {
  return attemptAll(() => [compute()]);
}

function attemptAll(compute: () => readonly unknown[]): readonly unknown[] {
  try {
    return compute();
  } catch {
    return [];
  }
}
