/** The text of a property by its path with dots; names may have dots as well. */
export function templateAt(props: Readonly<Record<string, unknown>>, path: string): string | undefined {
  const exact = props[path];
  if (typeof exact === 'string') return exact;
  for (let dot = path.indexOf('.'); dot >= 0; dot = path.indexOf('.', dot + 1)) {
    const inner = props[path.slice(0, dot)];
    if (typeof inner !== 'object' || inner === null) continue;
    const found = templateAt(inner as Readonly<Record<string, unknown>>, path.slice(dot + 1));
    if (found !== undefined) return found;
  }
  return undefined;
}
