/**
 * Imports and exports. Files are those of the machine the command is typed on; the server gets and gives their content.
 * Source: behaviour spec, rest-cli-config §4.6, §4.7 and §9.2; texts §9.1.
 */
import { cliErrors } from '../errors.ts';
import { indentJson, isJson } from '../json-text.ts';
import { type Call, type Command, readLocal, takeFlag, writeLocal } from './command.ts';

const importFile = { flags: '-f, --file <path>', about: 'the file to import' };

export const transferCommands: readonly Command[] = [
  {
    words: ['import', 'ruleset'],
    usage: '-f <file>',
    about: 'create the streams, tables and rules of a file',
    options: [importFile],
    run: async (call) => {
      const content = await importedFile(call, 'Required ruleset json file to import');
      return call.client.send('POST', '/ruleset/import', JSON.stringify({ content }));
    },
  },
  {
    words: ['export', 'ruleset'],
    usage: '<file>',
    about: 'write all streams, tables and rules to a file',
    run: async (call) => {
      const path = exportPath(call);
      const text = await call.client.send('POST', '/ruleset/export');
      await writeLocal(call.terminal, path, text);
      const { streams, tables, rules } = JSON.parse(text) as Readonly<Record<string, object>>;
      const count = (map: object | undefined): number => Object.keys(map ?? {}).length;
      return `exported ${count(streams)} streams, ${count(tables)} tables and ${count(rules)} rules`;
    },
  },
  {
    words: ['import', 'data'],
    usage: '-f <file>',
    about: 'replace everything by the content of a file',
    options: [
      importFile,
      { flags: '-p, --partial [boolean]', about: 'keep what is there and add to it' },
      { flags: '-s, --stop [boolean]', about: 'stop the server afterwards, to install what needs a restart' },
    ],
    run: importData,
  },
  {
    words: ['export', 'data'],
    usage: `<file> [-r '["rule1"]']`,
    about: 'write all definitions, or what some rules need, to a file',
    options: [{ flags: '-r, --rules <ids>', about: 'ids of the rules as a JSON list' }],
    run: async (call) => {
      const path = exportPath(call);
      const { rules } = call.options;
      if (typeof rules === 'string' && !isJson(rules))
        throw cliErrors.USAGE(`Expect r flag to be a JSON list of rule ids.`);
      const text = await (typeof rules === 'string'
        ? call.client.send('POST', '/data/export', rules)
        : call.client.send('GET', '/data/export'));
      await writeLocal(call.terminal, path, text);
      return 'export configuration success';
    },
  },
  {
    words: ['getstatus', 'import'],
    usage: '',
    about: 'show the errors of the last import of data',
    run: async ({ client }) => indentJson(await client.send('GET', '/data/import/status')),
  },
];

async function importData(call: Call): Promise<string> {
  const query = new URLSearchParams();
  if (takeFlag(call, 'partial', 'p')) query.set('partial', '1');
  if (takeFlag(call, 'stop', 's')) query.set('stop', '1');
  const content = await importedFile(call, 'Required configuration json file to import');
  const suffix = query.size > 0 ? `?${query}` : '';
  try {
    return indentJson(await call.client.send('POST', `/data/import${suffix}`, JSON.stringify({ content })));
  } catch (error) {
    // The items that failed come as one JSON document in the message.
    const isReport = error instanceof Error && error.name === 'ANSWER' && error.message.startsWith('{');
    throw isReport ? cliErrors.ANSWER(indentJson(error.message), { cause: error }) : error;
  }
}

async function importedFile({ options, terminal }: Call, expected: string): Promise<string> {
  if (typeof options.file !== 'string') throw cliErrors.USAGE(expected);
  return readLocal(terminal, options.file);
}

function exportPath({ args }: Call): string {
  const [path] = args;
  if (path === undefined || args.length > 1) throw cliErrors.USAGE('Require exported file name.');
  return path;
}
