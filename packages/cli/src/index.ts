export { commands } from './commands/all-commands.ts';
export type { Call, Command, OptionSpec } from './commands/command.ts';
export { exitCodes, runKuiper } from './program.ts';
export type { Terminal } from './terminal.ts';
