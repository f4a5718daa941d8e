/**
 * A text that two trees of plain data share exactly when they mean the same: places and printed forms are left out,
 * functions stand as their identity.
 */
const functionIds = new WeakMap<object, number>();
let lastFunctionId = 0;

/** Members that do not count. Printed forms are not even made: they may be much longer than what they describe. */
const ignored: ReadonlySet<string> = new Set(['span', 'text', 'fieldsText']);

export function canonicalText(value: unknown): string {
  switch (typeof value) {
    case 'bigint':
      return `${value}n`;
    case 'number':
      return Object.is(value, -0) ? '-0' : String(value);
    case 'object':
      return value === null ? 'null' : objectText(value);
    default:
      return JSON.stringify(value) ?? 'undefined';
  }
}

function objectText(value: object): string {
  if (Array.isArray(value)) return `[${value.map(canonicalText).join()}]`;
  if (isDeclaration(value)) return `${value.name}@${value.version ?? ''}#${objectId(value)}`;
  if ('toJSON' in value) return JSON.stringify(value);
  let text = '{';
  for (const [key, member] of Object.entries(value)) {
    if (ignored.has(key) || typeof member === 'function') continue;
    text += `${JSON.stringify(key)}:${canonicalText(member)},`;
  }
  return `${text}}`;
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
function objectId(declaration: object): number {
  let id = functionIds.get(declaration);
  if (id === undefined) {
    id = ++lastFunctionId;
    functionIds.set(declaration, id);
  }
  return id;
}
