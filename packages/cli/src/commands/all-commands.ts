/** Every command of `kuiper`, in the order of its help. */
import type { Command } from './command.ts';
import { definitionCommands } from './definitions.ts';
import { pluginToolCommands } from './plugin-tools.ts';
import { pluginCommands } from './plugins.ts';
import { queryCommand } from './query.ts';
import { ruleCommands } from './rules.ts';
import { streamCommands } from './streams.ts';
import { tapCommand } from './tap.ts';
import { transferCommands } from './transfer.ts';

export const commands: readonly Command[] = [
  queryCommand,
  tapCommand,
  ...pluginToolCommands,
  ...streamCommands,
  ...ruleCommands,
  ...pluginCommands,
  ...definitionCommands,
  ...transferCommands,
];
