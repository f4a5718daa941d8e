/**
 * Errors with a stable id, a numeric wire code, a domain and a retry flag.
 *
 * Each package keeps one table made with {@link defineErrors}; throwing is `throw sqlErrors.SYNTAX(text, { span })`.
 * Throw for what stops a statement or a run. A row that fails is a {@link RowError}: cheap, without a stack.
 */

/** Half-open range `[start, end)` in UTF-16 units of the statement text. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Who has to act: the user (bad input), an outside system, or us (a bug). */
export type ErrorDomain = 'user' | 'external' | 'internal';

/** Codes on the wire, as REST clients see them in `{"error": code, "message": text}`. */
export const ErrorCode = {
  undefined: 1000,
  general: 1001,
  notFound: 1002,
  io: 1003,
  converter: 1004,
  eof: 1005,
  parser: 2001,
  planner: 2101,
  executor: 2201,
  streamTable: 3000,
  rule: 4000,
  configKey: 5000,
} as const;

export interface ErrorContext {
  readonly cause?: unknown;
  readonly span?: Span;
  /** The text that `span` points into. */
  readonly statement?: string;
  /** Where it happened, added once by the layer that knows: a rule, an operator, a configuration path. */
  readonly at?: string;
  /** What the user may have meant, such as a name close to an unknown one. Not part of the text. */
  readonly hint?: string;
}

export class KuiperError extends Error {
  readonly id: string;
  readonly code: number;
  readonly domain: ErrorDomain;
  readonly retry: boolean;
  readonly span: Span | undefined;
  readonly at: string | undefined;
  readonly hint: string | undefined;
  /** The text that `span` points into, noted once by the layer that knows it. */
  statement: string | undefined;

  constructor(id: string, spec: ErrorTraits, text: string, context: ErrorContext = {}) {
    super(text, context.cause === undefined ? undefined : { cause: context.cause });
    this.name = id;
    this.id = id;
    this.code = spec.code;
    this.domain = spec.domain;
    this.retry = spec.retry ?? false;
    this.span = context.span;
    this.at = context.at;
    this.hint = context.hint;
    this.statement = context.statement;
  }
}

interface ErrorTraits {
  readonly code: number;
  readonly domain: ErrorDomain;
  /** True when trying the same again later can succeed. */
  readonly retry?: boolean;
}

export interface ErrorSpec<Args extends readonly unknown[]> extends ErrorTraits {
  readonly text: (...args: Args) => string;
}

export type ErrorFactory<Args extends readonly unknown[]> = ((...args: [...Args, ErrorContext?]) => KuiperError) & {
  readonly id: string;
  readonly code: number;
};

export type ErrorTable<Specs> = {
  readonly [Id in keyof Specs]: Specs[Id] extends ErrorSpec<infer Args> ? ErrorFactory<Args> : never;
};

/** Turns a table of specs into a table of factories that keep the id, the code and the argument types. */
// oxlint-disable-next-line typescript/no-explicit-any -- the table is heterogeneous; each entry keeps its own argument types
export function defineErrors<Specs extends Record<string, ErrorSpec<any>>>(specs: Specs): ErrorTable<Specs> {
  const table: Record<string, ErrorFactory<readonly unknown[]>> = {};
  for (const [id, spec] of Object.entries(specs)) {
    const arity = spec.text.length;
    const make = (...args: unknown[]): KuiperError => {
      const context = args.length > arity ? (args[arity] as ErrorContext | undefined) : undefined;
      return new KuiperError(id, spec, spec.text(...args.slice(0, arity)), context);
    };
    table[id] = Object.assign(make, { id, code: spec.code });
  }
  return table as ErrorTable<Specs>;
}

/**
 * One row, one message or one window result that cannot be computed. Caught by the operator that runs it, counted,
 * and with `sendError` forwarded. Carries no stack: making one costs about a microsecond.
 */
export class RowError extends Error {
  override readonly name = 'RowError';
}

/** Throws a {@link RowError}; usable in expressions. */
export function rowError(text: string): never {
  throw makeRowError(text);
}

export function makeRowError(text: string): RowError {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  const error = new RowError(text);
  Error.stackTraceLimit = limit;
  return error;
}

/** The text of anything thrown. */
export function errorText(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** For the `default` of an exhaustive switch: a forgotten case does not compile. */
export function assertNever(value: never): never {
  throw new Error(`unexpected value ${JSON.stringify(value)}`);
}
