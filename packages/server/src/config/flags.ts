/** Command line of `kuiperd`. Source: behaviour spec, rest-cli-config §10. */

export interface Flags {
  readonly loadFileType: 'relative' | 'absolute';
  readonly etc?: string;
  readonly data?: string;
  readonly log?: string;
  readonly plugins?: string;
  readonly help: boolean;
  readonly version: boolean;
  /** What was not understood; the server starts all the same. */
  readonly unknown: readonly string[];
}

export const usage = `Usage: kuiperd [flags]
  -loadFileType relative|absolute   where etc, data, log and plugins are looked for (default relative)
  -etc, -data, -log, -plugins PATH  the directories, with -loadFileType absolute
  -h, -help                         this text
  -version                          the version
`;

const paths = ['etc', 'data', 'log', 'plugins'] as const;

/** Flags take one dash or two, and their value after `=` or as the next word. */
export function readFlags(args: readonly string[]): Flags {
  const values: Record<string, string | boolean | undefined> = {};
  const unknown: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const word = args[i] as string;
    const [, name = '', inline] = /^--?([^=]+)(?:=(.*))?$/.exec(word) ?? [];
    if (name === 'h' || name === 'help') values.help = true;
    else if (name === 'v' || name === 'version') values.version = true;
    else if (name === 'loadFileType' || paths.includes(name as (typeof paths)[number])) {
      values[name] = inline ?? args[++i];
    } else unknown.push(word);
  }
  const loadFileType = values.loadFileType === 'absolute' ? 'absolute' : 'relative';
  return {
    ...(values as Partial<Flags>),
    loadFileType,
    help: values.help === true,
    version: values.version === true,
    unknown,
  };
}
