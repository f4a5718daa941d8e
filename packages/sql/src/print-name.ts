import { isKeyword } from './keywords.ts';

const plain = /^[A-Za-z][A-Za-z0-9_]*$/;

/** A name as an identifier: in back quotes unless it is plain and not reserved. A name cannot hold a back quote. */
export function printName(name: string): string {
  return plain.test(name) && !isKeyword(name) ? name : `\`${name}\``;
}
