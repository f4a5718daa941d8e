/** From words on the command line to one command, its result and the exit code. */
import { Command as CommanderCommand, CommanderError, Option } from 'commander';
import { errorText, KuiperError } from '@kuiper/base';
import { commands } from './commands/all-commands.ts';
import { type Command, readLocal } from './commands/command.ts';
import { cliErrors } from './errors.ts';
import { RestClient } from './rest-client.ts';
import { findServer } from './server-address.ts';
import type { Terminal } from './terminal.ts';
import { version } from './version.ts';

export const exitCodes = { success: 0, failure: 1, wrongUsage: 2 } as const;

/** The options of every command; `server` alone has a letter, and that only before the command. */
const connectionOptions = [
  ['--server <address>', 'the server, such as http://127.0.0.1:9081 (variable KUIPER_SERVER, file etc/client.yaml)'],
  ['--token <jwt>', 'sent as Authorization (variable KUIPER_TOKEN)'],
  ['--ca <path>', 'PEM file of the authority behind the certificate of the server'],
  ['--insecure', 'accept any certificate'],
  ['--loadFileType <type>', 'relative: etc of the working directory or above; absolute: /etc/kuiper'],
  ['--etc <path>', 'the directory of client.yaml'],
] as const;

/**
 * Runs one command line.
 * @param words without the program
 * @returns the exit code; never throws
 */
export async function runKuiper(words: readonly string[], terminal: Terminal): Promise<number> {
  const written: string[] = [];
  let result: (() => Promise<string | null>) | null = null;
  const program = new CommanderCommand('kuiper').exitOverride().configureOutput({
    writeOut: (text) => written.push(text),
    writeErr: (text) => terminal.remark(text.trimEnd()),
  });
  addCommands(program, terminal, (run) => {
    result = run;
  });
  try {
    program.parse(restoreDashes(words, optionNames(program)), { from: 'user' });
    const text = result === null ? null : await (result as () => Promise<string | null>)();
    if (text !== null) await terminal.print(text.trimEnd());
    return exitCodes.success;
  } catch (error) {
    if (error instanceof CommanderError) {
      for (const text of written) await terminal.print(text.trimEnd());
      return error.exitCode === 0 ? exitCodes.success : exitCodes.wrongUsage;
    }
    terminal.remark(errorText(error));
    if (error instanceof KuiperError && error.hint !== undefined) terminal.remark(error.hint);
    return error instanceof Error && error.name === 'USAGE' ? exitCodes.wrongUsage : exitCodes.failure;
  }
}

/** Subcommands take over what `program` has been told about output and help. */
function addCommands(
  program: CommanderCommand,
  terminal: Terminal,
  choose: (run: () => Promise<string | null>) => void,
): void {
  program.description('Kuiper: the command line client of the engine').version(version, '-v, --version');
  for (const [flags, about] of connectionOptions)
    program.option(flags === '--server <address>' ? `-s, ${flags}` : flags, about);
  program.enablePositionalOptions().helpCommand(false);
  program.addHelpText('after', '\nSee kuiper <command> --help for what each command takes.');
  program.configureHelp({ subcommandTerm: (command) => [command.name(), ...command.aliases()].join(', ') });
  for (const command of commands) {
    const leaf = parentOf(program, command.words).command(command.words.at(-1) as string);
    // Counted by each command, whose texts say what is missing.
    leaf.argument('[args...]').description(command.about).usage(`[options] ${command.usage}`.trim());
    leaf.configureHelp({ visibleArguments: () => [] });
    if (command.example !== undefined) leaf.addHelpText('after', `\nExample:\n  kuiper ${command.example}`);
    for (const { flags, about } of command.options ?? []) leaf.option(flags, about);
    for (const [flags, about] of connectionOptions) leaf.addOption(new Option(flags, about).hideHelp());
    leaf.action((args: string[]) => {
      const options = leaf.optsWithGlobals<Readonly<Record<string, string | boolean | undefined>>>();
      choose(async () => {
        const client = await connect(command, options, terminal);
        return command.run({ args, options, client, terminal });
      });
    });
  }
}

const verbTexts: Readonly<Record<string, string>> = {
  plugin: 'write a plugin: create, dev, test, pack',
  create: 'create a stream, table, rule, plugin, service, schema, script or connection',
  update: 'replace one by another definition',
  describe: 'show one',
  drop: 'delete one',
  show: 'list all of a kind',
  start: 'start a rule',
  stop: 'stop a rule',
  restart: 'restart a rule',
  validate: 'check a rule without creating it',
  explain: 'show the plan of a rule',
  getstatus: 'show the state of a rule, of all rules, of a plugin or of the last import',
  gettopo: 'show the nodes of a rule',
  register: 'name the functions of a plugin',
  import: 'read a ruleset or all data from a file',
  export: 'write a ruleset or all data to a file',
};

/** The command that a leaf belongs to, made when it is not there yet. */
function parentOf(program: CommanderCommand, words: readonly string[]): CommanderCommand {
  const [verb = ''] = words;
  if (words.length === 1) return program;
  const found = program.commands.find((command) => command.name() === verb);
  if (found !== undefined) return found;
  const parent = program
    .command(verb)
    .description(verbTexts[verb] ?? '')
    .helpCommand(false)
    .usage('<what> …');
  if (verb === 'describe') parent.alias('desc');
  return parent;
}

async function connect(
  { follows }: Command,
  options: Readonly<Record<string, string | boolean | undefined>>,
  terminal: Terminal,
): Promise<RestClient> {
  const { cwd, env, interrupted } = terminal;
  const text = (name: string): string | undefined => (typeof options[name] === 'string' ? options[name] : undefined);
  const loadFileType = text('loadFileType');
  if (loadFileType !== undefined && loadFileType !== 'relative' && loadFileType !== 'absolute') {
    throw cliErrors.USAGE('Expect loadFileType to be relative or absolute.');
  }
  const etc = text('etc');
  const token = text('token') ?? (env.KUIPER_TOKEN || undefined);
  const ca = text('ca');
  const location = { cwd, env, ...(loadFileType !== undefined && { loadFileType }), ...(etc !== undefined && { etc }) };
  return new RestClient({
    address: await findServer(text('server'), location),
    ...(token !== undefined && { token }),
    ...(ca !== undefined && { authority: await readLocal(terminal, ca) }),
    insecure: options.insecure === true,
    // A command that follows events has something to put in order after Ctrl-C.
    ...(follows !== true && { signal: interrupted }),
  });
}

function optionNames(program: CommanderCommand): ReadonlySet<string> {
  const names = new Set(['help']);
  const visit = (command: CommanderCommand): void => {
    for (const { long } of command.options) if (long) names.add(long.slice(2));
    for (const child of command.commands) visit(child);
  };
  visit(program);
  return names;
}

/** Long options may have one dash, as in `-json` and `-zf x.zip`. */
function restoreDashes(words: readonly string[], names: ReadonlySet<string>): string[] {
  return words.map((word) => {
    const [, name = ''] = /^-([A-Za-z]{2,})(=.*)?$/.exec(word) ?? [];
    return names.has(name) ? `-${word}` : word;
  });
}
