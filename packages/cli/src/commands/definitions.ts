/**
 * What is defined by JSON under a name and has no life of its own: services, schemas, scripts, connections.
 * Source: behaviour spec, rest-cli-config §4.11–§4.13, §4.15 and §9.2; texts §9.1.
 */
import { indentJson } from '../json-text.ts';
import { connectionTable } from '../tables.ts';
import {
  type Call,
  type Command,
  fileOption,
  nameDefinition,
  segment,
  tableOption,
  takeDefinition,
  takeNames,
} from './command.ts';

interface Kind {
  /** The word on the command line. */
  readonly word: string;
  /** The word of a list of them. */
  readonly plural: string;
  /** As texts call it. */
  readonly label: string;
  readonly path: string;
  /** The member that holds the name. */
  readonly key: string;
  /** What an empty list reads. */
  readonly none: string;
  /** What ends the reply to `drop`. */
  readonly dropped: string;
  /** The list in a form for people. */
  readonly table?: (json: string) => string;
}

const service: Kind = {
  word: 'service',
  plural: 'services',
  label: 'Service',
  path: '/services',
  key: 'name',
  none: 'No service definitions are found.',
  dropped: 'is dropped',
};

const script: Kind = {
  word: 'script',
  plural: 'scripts',
  label: 'JavaScript function',
  path: '/udf/javascript',
  key: 'id',
  none: 'No JavaScript functions are found.',
  dropped: 'is dropped',
};

const connection: Kind = {
  word: 'connection',
  plural: 'connections',
  label: 'Connection',
  path: '/connections',
  key: 'id',
  none: 'No connection definitions are found.',
  dropped: 'is dropped.',
  table: connectionTable,
};

export const definitionCommands: readonly Command[] = [
  ...kindCommands(service),
  create(service, `service <name> '{"file":"https://…/sample.zip"}'`),
  ...serviceFunctionCommands(),
  ...schemaCommands(),
  ...kindCommands(script),
  createScript(),
  ...kindCommands(connection),
  create(connection, `connection <id> '{"typ":"mqtt","props":{"server":"tcp://127.0.0.1:1883"}}'`),
];

function kindCommands(kind: Kind): Command[] {
  const { word, plural, label, path, key, none, dropped, table } = kind;
  const named = (args: readonly string[]): string => {
    const [name = ''] = takeNames(args, 1, `Expect ${word} name.`);
    return `${path}/${segment(name)}`;
  };
  return [
    {
      words: ['describe', word],
      usage: `<${key}>`,
      about: `show a ${word}`,
      run: async ({ client, args }) => indentJson(await client.send('GET', named(args))),
    },
    {
      words: ['drop', word],
      usage: `<${key}>`,
      about: `delete a ${word}`,
      run: async ({ client, args }) => {
        await client.send('DELETE', named(args));
        return `${label} ${args[0]} ${dropped}`;
      },
    },
    {
      words: ['update', word],
      usage: `<${key}> '<json>' | <${key}> -f <file>`,
      about: `replace a ${word} by another definition`,
      options: [fileOption],
      run: async (call) => {
        const [name, json] = await definition(call, kind);
        await call.client.send('PUT', `${path}/${segment(name)}`, json);
        return `${label} ${name} is updated.`;
      },
    },
    {
      words: ['show', plural],
      usage: '',
      about: `list all ${plural}`,
      ...(table !== undefined && { options: [tableOption] }),
      run: async ({ client, options }) => {
        const text = await client.send('GET', path);
        if (isEmptyList(text)) return none;
        return table !== undefined && options.table === true ? table(text) : indentJson(text);
      },
    },
  ];
}

function create(kind: Kind, example: string): Command {
  return {
    words: ['create', kind.word],
    usage: `<${kind.key}> '<json>' | <${kind.key}> -f <file>`,
    about: `create a ${kind.word}`,
    example: `create ${example}`,
    options: [fileOption],
    run: async (call) => {
      const [name, json] = await definition(call, kind);
      await call.client.send('POST', kind.path, json);
      return `${kind.label} ${name} is created.`;
    },
  };
}

async function definition(call: Call, { word, key }: Kind): Promise<readonly [name: string, json: string]> {
  const { names, json } = await takeDefinition(call, 1, `Expect ${word} name and json.`);
  const [name = ''] = names;
  return [name, nameDefinition(json, key, name, word)];
}

/** The name of a script stands in its definition alone. */
function createScript(): Command {
  return {
    words: ['create', 'script'],
    usage: `'<json>' | -f <file>`,
    about: `create a function`,
    example: `create script '{"id":"area","script":"function area(x, y) { return x * y; }"}'`,
    options: [fileOption],
    run: async (call) => {
      const { json } = await takeDefinition(call, 0, 'Expect script json.');
      await call.client.send('POST', script.path, json);
      return `JavaScript function ${definedName(json, 'id')} is created.`;
    },
  };
}

function definedName(json: string, key: string): string {
  const [, name] = Object.entries(JSON.parse(json) as object).find(([member]) => member.toLowerCase() === key) ?? [];
  return String(name);
}

function serviceFunctionCommands(): Command[] {
  const path = '/services/functions';
  return [
    {
      words: ['show', 'service_funcs'],
      usage: '',
      about: 'list the functions of all services',
      run: async ({ client }) => {
        const text = await client.send('GET', path);
        return isEmptyList(text) ? service.none : indentJson(text);
      },
    },
    {
      words: ['describe', 'service_func'],
      usage: '<name>',
      about: 'show a function of a service',
      run: async ({ client, args }) => {
        const [name = ''] = takeNames(args, 1, 'Expect service func name.');
        return indentJson(await client.send('GET', `${path}/${segment(name)}`));
      },
    },
  ];
}

function schemaCommands(): Command[] {
  const named = (args: readonly string[]): string => {
    const [type = '', name = ''] = takeNames(args, 2, 'Expect schema type and name.');
    return `/schemas/${segment(type)}/${segment(name)}`;
  };
  const send = async (call: Call, method: 'POST' | 'PUT', done: string): Promise<string> => {
    const { names, json } = await takeDefinition(call, 2, 'Expect schema type, name and json.');
    const [type = '', name = ''] = names;
    const path = method === 'POST' ? `/schemas/${segment(type)}` : named(names);
    await call.client.send(method, path, nameDefinition(json, 'name', name, 'schema'));
    return `Schema ${name} is ${done}.`;
  };
  const usage = `<type> <name> '<json>' | <type> <name> -f <file>`;
  return [
    {
      words: ['create', 'schema'],
      usage,
      about: `create a schema`,
      example: `create schema protobuf s1 '{"file":"https://…/s1.proto"}'`,
      options: [fileOption],
      run: (call) => send(call, 'POST', 'created'),
    },
    {
      words: ['update', 'schema'],
      usage,
      about: 'replace a schema by another definition',
      options: [fileOption],
      run: (call) => send(call, 'PUT', 'updated'),
    },
    {
      words: ['describe', 'schema'],
      usage: '<type> <name>',
      about: 'show a schema',
      run: async ({ client, args }) => indentJson(await client.send('GET', named(args))),
    },
    {
      words: ['drop', 'schema'],
      usage: '<type> <name>',
      about: 'delete a schema',
      run: async ({ client, args }) => {
        await client.send('DELETE', named(args));
        return `Schema ${args[1]} is dropped`;
      },
    },
    {
      words: ['show', 'schemas'],
      usage: '<type>',
      about: 'list the schemas of a type: protobuf or custom',
      run: async ({ client, args }) => {
        const [type = ''] = takeNames(args, 1, 'Expect schema type.');
        const text = await client.send('GET', `/schemas/${segment(type)}`);
        return isEmptyList(text) ? 'No schema definitions are found.' : indentJson(text);
      },
    },
  ];
}

function isEmptyList(text: string): boolean {
  return text.trim() === '[]' || text.trim() === 'null';
}
