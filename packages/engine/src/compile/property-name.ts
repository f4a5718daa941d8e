/** Which names of columns generated code may write, and how it reads them. */
const PLAIN_NAME = /^[A-Za-z][A-Za-z0-9_]*$/;

/** True when `name` may stand in code as a property name: nothing that is user text in any other way ever does. */
export function isPlainName(name: string): boolean {
  return PLAIN_NAME.test(name);
}

const INHERITED = new Set(Object.getOwnPropertyNames(Object.prototype));

/** True when every object has a property of this name, so that a read must look at own properties only. */
export function isInheritedName(name: string): boolean {
  return INHERITED.has(name);
}
