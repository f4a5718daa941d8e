/**
 * Texts of new plugins, from templates that are files of their language: `PLUGIN_NAME` and the like stand for names.
 * What lies between the lines `<source>` and `</source>` (in a comment) is for plugins that offer one, between
 * `<no source>` and `</no source>` for those that do not.
 */
export const symbolKinds = ['source', 'sink', 'function'] as const;
export type SymbolKind = (typeof symbolKinds)[number];

export interface ScaffoldNames {
  /** Of the plugin. */
  readonly name: string;
  /** What it offers, by kind, and under which name. */
  readonly symbols: Readonly<Partial<Record<SymbolKind, string>>>;
}

const marker = /^\s*(?:#|\/\/)\s*<(\/?)(no )?(source|sink|function)>\s*$/;

export function fillTemplate(text: string, { name, symbols }: ScaffoldNames): string {
  const lines: string[] = [];
  let isWanted = true;
  for (const line of text.split('\n')) {
    const [, closing, negated, kind] = marker.exec(line) ?? [];
    if (kind === undefined) {
      if (isWanted) lines.push(line);
    } else isWanted = closing === '/' || (symbols[kind as SymbolKind] !== undefined) === (negated === undefined);
  }
  const words: Readonly<Record<string, string>> = {
    PLUGIN_NAME: name,
    PluginName: name.slice(0, 1).toUpperCase() + name.slice(1),
    SOURCE_NAME: symbols.source ?? '',
    SINK_NAME: symbols.sink ?? '',
    FUNCTION_NAME: symbols.function ?? '',
  };
  const filled = lines
    .join('\n')
    .replace(/PLUGIN_NAME|PluginName|SOURCE_NAME|SINK_NAME|FUNCTION_NAME/g, (word) => words[word] as string);
  return filled.replace(/\n{4,}/g, '\n\n\n');
}
