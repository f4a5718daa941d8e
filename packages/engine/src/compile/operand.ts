/** A piece of generated code that yields a value. */
import { isTagged, type Kind, sameKind } from '@kuiper/base';

export interface Operand {
  readonly code: string;
  /** A name or constant: may be repeated without evaluating anything twice. */
  readonly simple: boolean;
  /** May be null or undefined. */
  readonly nullable: boolean;
  /** Kind of the slot: says how the value is represented. */
  readonly type: Kind;
  /** Set for constants. */
  readonly literal: { readonly value: unknown } | null;
}

export function operand(code: string, type: Kind, options: Partial<Omit<Operand, 'code' | 'type'>> = {}): Operand {
  return {
    code,
    type,
    simple: options.simple ?? false,
    nullable: options.nullable ?? true,
    literal: options.literal ?? null,
  };
}

/** Slots of these kinds represent every value alike. */
export function sameRepresentation(a: Kind, b: Kind): boolean {
  return (isTagged(a) && isTagged(b)) || sameKind(a, b);
}

export function isNumericKind(kind: Kind): kind is 'int' | 'float' {
  return kind === 'int' || kind === 'float';
}
