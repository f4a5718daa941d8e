/** Plugins and the functions in them. Source: behaviour spec, rest-cli-config §4.14 and §9.2; texts §9.1. */
import { readFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { cliErrors, systemText } from '../errors.ts';
import { elementTexts, indentJson, prependMember } from '../json-text.ts';
import type { RestClient } from '../rest-client.ts';
import type { Terminal } from '../terminal.ts';
import { uploadFile } from '../upload-file.ts';
import {
  type Call,
  type Command,
  fileOption,
  nameDefinition,
  segment,
  takeDefinition,
  takeFlag,
  takeNames,
} from './command.ts';

const expectName = 'Expect plugin type and name.';
const expectDefinition = 'Expect plugin type, name and json.';
const zipOption = { flags: '--zf <path>', about: 'the package (zip) to install; it is uploaded to the server' };

const endpoints: ReadonlyMap<string, string> = new Map([
  ['source', '/plugins/sources'],
  ['sink', '/plugins/sinks'],
  ['function', '/plugins/functions'],
  ['portable', '/plugins/portables'],
  ['wasm', '/plugins/wasm'],
]);

export const pluginCommands: readonly Command[] = [
  {
    words: ['create', 'plugin'],
    usage: `<type> <name> '<json>' | -f <file> | -zf <zip>`,
    about: `install a plugin`,
    example: `create plugin portable p '{"file":"https://…/p.zip"}'`,
    options: [fileOption, zipOption],
    run: async (call) => {
      const [path, name, json] = await definition(call);
      await call.client.send('POST', path, json);
      return `Plugin ${name} is created.`;
    },
  },
  {
    words: ['update', 'plugin'],
    usage: `<type> <name> '<json>' | -f <file> | -zf <zip>`,
    about: 'replace a plugin by another package',
    options: [fileOption, zipOption],
    run: async (call) => {
      const [path, name, json] = await definition(call);
      return call.client.send('PUT', `${path}/${segment(name)}`, json);
    },
  },
  {
    words: ['describe', 'plugin'],
    usage: '<type> <name>',
    about: 'show a plugin',
    run: async (call) => indentJson(await call.client.send('GET', namedPath(call))),
  },
  {
    words: ['drop', 'plugin'],
    usage: '<type> <name>',
    about: 'delete a plugin',
    options: [{ flags: '-s, --stop [boolean]', about: 'stop the server afterwards' }],
    run: async (call) => {
      const path = namedPath(call);
      const query = takeFlag(call, 'stop', 's') ? '?stop=1' : '';
      const [, consequence = ''] = (await call.client.send('DELETE', `${path}${query}`)).split('is deleted');
      return `Plugin ${call.args[1]} is dropped${consequence.replace('eKuiper', 'Kuiper') || '.'}`;
    },
  },
  {
    words: ['show', 'plugins'],
    usage: '<type>',
    about: 'list the plugins of a type: source, sink, function or portable',
    run: async ({ client, args }) => {
      const [type = ''] = takeNames(args, 1, 'Expect plugin type.');
      const text = await client.send('GET', endpoint(type));
      if (type === 'portable') return indentJson(text);
      return lines(text, 'No plugin is found.');
    },
  },
  {
    words: ['register', 'plugin'],
    usage: `function <name> '<json>' | -f <file>`,
    about: `name the functions of a plugin`,
    example: `register plugin function p '{"functions":["f1"]}'`,
    options: [fileOption],
    run: async (call) => {
      const { names, json } = await takeDefinition(call, 2, expectDefinition);
      const [type = '', name = ''] = names;
      if (type !== 'function') throw cliErrors.USAGE('Only plugins of type "function" can be registered.');
      return call.client.send('POST', `${endpoint(type)}/${segment(name)}/register`, json);
    },
  },
  {
    words: ['getstatus', 'plugin'],
    usage: 'portable <name>',
    about: 'show the process of a portable plugin',
    run: async (call) => indentJson(await call.client.send('GET', `${namedPath(call)}/status`)),
  },
  {
    words: ['show', 'udfs'],
    usage: '',
    about: 'list the functions of function plugins',
    run: async ({ client }) => lines(await client.send('GET', '/plugins/udfs'), 'No udf is found.'),
  },
  {
    words: ['describe', 'udf'],
    usage: '<name>',
    about: 'show the plugin of a function',
    run: async ({ client, args }) => {
      const [name = ''] = takeNames(args, 1, 'Expect udf name.');
      return indentJson(await client.send('GET', `/plugins/udfs/${segment(name)}`));
    },
  },
];

function endpoint(type: string): string {
  const path = endpoints.get(type);
  if (path !== undefined) return path;
  throw cliErrors.USAGE(`Invalid plugin type ${type}, should be "source", "sink", "function" or "portable" or "wasm".`);
}

function namedPath({ args }: Call): string {
  const [type = '', name = ''] = takeNames(args, 2, expectName);
  return `${endpoint(type)}/${segment(name)}`;
}

async function definition(call: Call): Promise<readonly [path: string, name: string, json: string]> {
  const { zf } = call.options;
  const { names, json } = await takeDefinition(call, 2, expectDefinition, typeof zf === 'string');
  const [type = '', name = ''] = names;
  const path = endpoint(type);
  let body = nameDefinition(json === '' ? '{}' : json, 'name', name, 'plugin');
  if (typeof zf === 'string') body = prependMember(body, 'file', await uploadZip(call.client, call.terminal, zf));
  return [path, name, body];
}

/** @returns the URL under which the server finds its copy */
async function uploadZip(client: RestClient, { cwd }: Terminal, path: string): Promise<string> {
  let content: Buffer;
  try {
    content = await readFile(resolve(cwd, path));
  } catch (error) {
    throw cliErrors.FILE_READ(path, systemText(error), { cause: error });
  }
  return uploadFile(client, basename(path), content);
}

function lines(list: string, none: string): string {
  const names = elementTexts(list).map((element) => String(JSON.parse(element)));
  return names.length === 0 ? none : names.join('\n');
}
