/**
 * A text that two trees of plain data share exactly when they mean the same: places and printed forms are left out,
 * functions stand as their identity.
 */
const functionIds = new WeakMap<object, number>();
let lastFunctionId = 0;

export function canonicalText(value: unknown): string {
  return JSON.stringify(value, canonicalMember);
}

function canonicalMember(key: string, value: unknown): unknown {
  if (key === 'span' || key === 'text') return undefined;
  if (typeof value === 'bigint') return { int: value.toString() };
  if (Object.is(value, -0)) return { float: '-0' };
  if (isDeclaration(value)) return `${value.name}@${value.version ?? ''}#${functionId(value)}`;
  return value;
}

interface Declaration {
  readonly class: string;
  readonly name: string;
  readonly version?: string;
}

function isDeclaration(value: unknown): value is Declaration {
  return typeof value === 'object' && value !== null && 'class' in value && 'summary' in value;
}

/** Two versions of a script or plugin may carry one name: the declaration itself tells them apart. */
function functionId(declaration: object): number {
  let id = functionIds.get(declaration);
  if (id === undefined) {
    id = ++lastFunctionId;
    functionIds.set(declaration, id);
  }
  return id;
}
