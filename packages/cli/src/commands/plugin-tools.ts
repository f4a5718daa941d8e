/** What one needs to write a plugin: `kuiper plugin create | dev | test | pack`. */
import { resolve } from 'node:path';
import { writeFile } from 'node:fs/promises';
import { cliErrors, systemText } from '../errors.ts';
import {
  createPlugin,
  pluginKinds,
  type PluginKind,
  type PluginLanguage,
  pluginLanguages,
} from '../plugin/create-plugin.ts';
import { developPlugin } from '../plugin/dev-session.ts';
import { pluginErrors } from '../plugin/errors.ts';
import { packPlugin } from '../plugin/pack-plugin.ts';
import { type NativeKind, nativeTypes, type PluginProject, readProject } from '../plugin/plugin-project.ts';
import { type SymbolKind, symbolKinds } from '../plugin/scaffold-text.ts';
import { testPlugin } from '../plugin/test-plugin.ts';
import { type Call, type Command, takeNames } from './command.ts';

const typeOption = {
  flags: '--type <type>',
  about: 'source, sink or function, where a native plugin does not show it',
};

export const pluginToolCommands: readonly Command[] = [
  {
    words: ['plugin', 'create'],
    usage: '<name>',
    about: 'write a new plugin, working as it is, into a folder of its name',
    example: 'plugin create greeter --language python --offers source,function',
    options: [
      { flags: '--language <language>', about: 'typescript (default), python or go' },
      { flags: '--kind <kind>', about: 'native (in the engine, TypeScript only) or portable (a process of its own)' },
      { flags: '--offers <kinds>', about: 'source, sink, function, or several of them with commas; default function' },
    ],
    run: async (call) => {
      const [name = ''] = takeNames(call.args, 1, 'Expect plugin name.');
      const language = oneOf(call, 'language', pluginLanguages, 'typescript');
      const kind = oneOf(call, 'kind', pluginKinds, language === 'typescript' ? 'native' : 'portable');
      const directory = resolve(call.terminal.cwd, name);
      const files = createPlugin({ name, language, kind, offers: takeOffers(call) }, directory);
      return [
        `Plugin ${name} is written:`,
        ...files.map((file) => `  ${name}/${file}`),
        '',
        `Next: cd ${name} && kuiper plugin dev`,
      ].join('\n');
    },
  },
  {
    words: ['plugin', 'dev'],
    usage: '[folder]',
    about: 'install it on the engine with each change and show its log, until Ctrl-C',
    options: [typeOption, { flags: '--remove', about: 'uninstall it at the end' }],
    follows: true,
    run: async (call) => {
      const read = (): PluginProject => project(call);
      await developPlugin(call.client, call.terminal, { read, remove: call.options.remove === true });
      return null;
    },
  },
  {
    words: ['plugin', 'test'],
    usage: '[folder | manifest]',
    about: 'try a portable plugin on port 33333, or run the *.test.* of a native one',
    options: [
      { flags: '--unit', about: 'run the own tests of a portable plugin instead' },
      { flags: '--run', about: 'start the plugin as well, instead of waiting until you do' },
      { flags: '--port <port>', about: 'of the test server, default 33333' },
      { flags: '--python <program>', about: 'what runs Python plugins, default python3' },
      typeOption,
    ],
    follows: true,
    run: async (call) => {
      const { run, unit, port, python } = call.options;
      await testPlugin(project(call), call.terminal, {
        run: run === true,
        unit: unit === true,
        ...(typeof port === 'string' && { port }),
        python: typeof python === 'string' ? python : 'python3',
      });
      return null;
    },
  },
  {
    words: ['plugin', 'pack'],
    usage: '[folder]',
    about: 'check the plugin and make the zip that engines install',
    options: [typeOption, { flags: '-o, --output <file>', about: 'default <name>.zip in the working directory' }],
    run: async (call) => {
      const packed = project(call);
      const { zip, fileCount } = packPlugin(packed);
      const { output } = call.options;
      const path = typeof output === 'string' ? output : `${packed.name}.zip`;
      try {
        await writeFile(resolve(call.terminal.cwd, path), zip);
      } catch (error) {
        throw cliErrors.FILE_WRITE(path, systemText(error), { cause: error });
      }
      const type = packed.kind === 'native' ? packed.type : 'portable';
      const files = fileCount === 1 ? '1 file' : `${fileCount} files`;
      return `${path}: ${type} plugin ${packed.name}, ${files}, ${zip.length} bytes.\nInstall it with: kuiper create plugin ${type} ${packed.name} --zf ${path}`;
    },
  },
];

/** The plugin in the folder that was named, or in the working directory. */
function project({ args, options, terminal }: Call): PluginProject {
  const [path = '.'] = args.length === 0 ? [] : takeNames(args, 1, 'Expect one folder.');
  const type = options.type;
  if (typeof type === 'string' && !Object.hasOwn(nativeTypes, type)) {
    throw pluginErrors.OPTION('type', type, Object.keys(nativeTypes));
  }
  const full = resolve(terminal.cwd, path);
  const read = typeof type === 'string' ? { type: type as NativeKind } : {};
  return readProject(full, read);
}

function oneOf<T extends PluginKind | PluginLanguage>(
  { options }: Call,
  name: string,
  known: readonly T[],
  standard: T,
): T {
  const value = options[name];
  if (value === undefined) return standard;
  const found = known.find((one) => one === value);
  if (found === undefined) throw pluginErrors.OPTION(name, String(value), known);
  return found;
}

function takeOffers({ options }: Call): SymbolKind[] {
  const words = typeof options.offers === 'string' ? options.offers.split(',') : ['function'];
  const wanted = new Set(words.map((word) => word.trim()).filter((word) => word !== ''));
  for (const word of wanted) {
    if (!(symbolKinds as readonly string[]).includes(word)) throw pluginErrors.OPTION('offers', word, symbolKinds);
  }
  if (wanted.size === 0) throw pluginErrors.OPTION('offers', '""', symbolKinds);
  return symbolKinds.filter((kind) => wanted.has(kind));
}
