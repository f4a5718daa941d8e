/**
 * Property schemas: a component describes each option once; validation, secret masking, `/metadata`, the console's
 * form, the sample configuration and the reference page are read from that description.
 */

export interface PropTraits<T> {
  readonly label?: { readonly en: string; readonly zh: string };
  readonly about?: { readonly en: string; readonly zh: string };
  readonly default?: T;
  readonly optional?: boolean;
  /** Masked in every answer, export and log. */
  readonly secret?: boolean;
  /** Belongs to the connection: may come from a named one. */
  readonly connection?: boolean;
  readonly example?: string;
  /** Only these values. */
  readonly options?: readonly T[];
  readonly advanced?: boolean;
}

export type PropKind = 'string' | 'int' | 'float' | 'bool' | 'duration' | 'strings' | 'map' | 'list' | 'any';

/** One described property. `T` is the type of its decoded value. */
export interface Prop<T = unknown> extends PropTraits<unknown> {
  readonly kind: PropKind;
  /** Phantom: carries the type of the decoded value. */
  readonly value?: T;
}

export type PropSchema = Readonly<Record<string, Prop>>;

/** The decoded properties of a schema; an optional one without default may be undefined. */
export type Props<P extends PropSchema> = {
  readonly [K in keyof P]: P[K] extends Prop<infer T>
    ? P[K] extends { readonly optional: true }
      ? T | undefined
      : T
    : never;
};

type Made<T, O> = Prop<T> & (O extends { readonly optional: true } ? { readonly optional: true } : unknown);

/** `T`: the decoded value; `D`: how a default may be written. */
type Maker<T, D = T> = <const O extends PropTraits<D>>(traits?: O) => Made<T, O>;

const make =
  <T, D = T>(kind: PropKind): Maker<T, D> =>
  <const O extends PropTraits<D>>(traits?: O) =>
    ({ kind, ...traits }) as unknown as Made<T, O>;

/** Makers of properties. A `duration` decodes to milliseconds and accepts `"1h30m"` or a number of milliseconds. */
export const prop: {
  readonly string: Maker<string>;
  readonly int: Maker<number>;
  readonly float: Maker<number>;
  readonly bool: Maker<boolean>;
  readonly duration: Maker<number, number | string>;
  readonly strings: Maker<readonly string[]>;
  readonly map: Maker<Readonly<Record<string, unknown>>>;
  readonly list: Maker<readonly unknown[]>;
  readonly any: Maker<unknown>;
} = {
  string: make<string>('string'),
  int: make<number>('int'),
  float: make<number>('float'),
  bool: make<boolean>('bool'),
  duration: make<number, number | string>('duration'),
  strings: make<readonly string[]>('strings'),
  map: make<Readonly<Record<string, unknown>>>('map'),
  list: make<readonly unknown[]>('list'),
  any: make<unknown>('any'),
};
