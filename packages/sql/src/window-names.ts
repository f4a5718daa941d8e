import type { Window } from './ast.ts';

const types: Map<string, Window['type']> = new Map([
  ['tumblingwindow', 'tumbling'],
  ['hoppingwindow', 'hopping'],
  ['slidingwindow', 'sliding'],
  ['sessionwindow', 'session'],
  ['countwindow', 'count'],
  ['statewindow', 'state'],
]);

/** As users write them. */
export const windowNames: readonly string[] = [...types.keys()];

/** The window that a function name stands for, in any case, or undefined. */
export function windowTypeOf(name: string): Window['type'] | undefined {
  return isWindowName(name) ? types.get(name.toLowerCase()) : undefined;
}

export function isWindowName(name: string): boolean {
  return name.length >= 11 && name.length <= 14 && types.has(name.toLowerCase());
}
