/** Rules. Source: behaviour spec, rest-cli-config §4.3, §4.4 and §9.2; texts §9.1. */
import { indentJson } from '../json-text.ts';
import { ruleTable, statusTable } from '../tables.ts';
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

const expectName = 'Expect rule name.';
const expectDefinition = 'Expect rule name and json.';
const definitionUsage = `<id> '<json>' | <id> -f <file>`;

export const ruleCommands: readonly Command[] = [
  {
    words: ['create', 'rule'],
    usage: definitionUsage,
    about: `create a rule`,
    example: `create rule hot '{"sql":"SELECT * FROM demo","actions":[{"log":{}}]}'`,
    options: [fileOption],
    run: async (call) => {
      const [id, json] = await definition(call);
      await call.client.send('POST', '/rules', json);
      return `Rule ${id} was created successfully, please use 'bin/kuiper getstatus rule ${id}' command to get rule status.`;
    },
  },
  {
    words: ['update', 'rule'],
    usage: definitionUsage,
    about: 'replace a rule by another definition',
    options: [fileOption],
    run: async (call) => {
      const [id, json] = await definition(call);
      return call.client.send('PUT', path(id), json);
    },
  },
  {
    words: ['validate', 'rule'],
    usage: definitionUsage,
    about: 'check a rule without creating it',
    options: [fileOption],
    run: async (call) => {
      const [, json] = await definition(call);
      await call.client.send('POST', '/rules/validate', json);
      return 'The rule has been successfully validated and is confirmed to be correct.';
    },
  },
  {
    words: ['describe', 'rule'],
    usage: '<id>',
    about: 'show the definition of a rule',
    run: async (call) => indentJson(await call.client.send('GET', path(name(call)))),
  },
  {
    words: ['drop', 'rule'],
    usage: '<id>',
    about: 'stop and delete a rule',
    run: (call) => call.client.send('DELETE', path(name(call))),
  },
  {
    words: ['show', 'rules'],
    usage: '',
    about: 'list all rules with their states',
    options: [tableOption],
    run: async ({ client, options }) => {
      const text = await client.send('GET', '/rules');
      if (text.trim() === '[]') return 'No rule definitions are found.';
      return options.table === true ? ruleTable(text) : indentJson(text);
    },
  },
  ...(['start', 'stop'] as const).map((verb) => ({
    words: [verb, 'rule'],
    usage: '<id>',
    about: `${verb} a rule`,
    run: (call: Call) => call.client.send('POST', `${path(name(call))}/${verb}`),
  })),
  {
    words: ['restart', 'rule'],
    usage: '<id>',
    about: 'stop a rule and start it again',
    run: async (call) => {
      const text = await call.client.send('POST', `${path(name(call))}/restart`);
      return text.endsWith('.') ? text : `${text}.`;
    },
  },
  {
    words: ['getstatus', 'rule'],
    usage: '<id>',
    about: 'show the state and the counters of a rule',
    options: [tableOption],
    run: async (call) => {
      const text = await call.client.send('GET', `${path(name(call))}/status`);
      return call.options.table === true ? statusTable(text) : text;
    },
  },
  {
    words: ['getstatus', 'rules'],
    usage: '',
    about: 'show the states and the last errors of all rules',
    run: async ({ client }) => indentJson(await client.send('GET', '/rules/status/all')),
  },
  {
    words: ['gettopo', 'rule'],
    usage: '<id>',
    about: 'show the nodes of a rule and how they are connected',
    run: async (call) => indentJson(await call.client.send('GET', `${path(name(call))}/topo`)),
  },
  {
    words: ['explain', 'rule'],
    usage: '<id>',
    about: 'show the plan of a rule',
    options: [{ flags: '--code', about: 'show the generated code instead' }],
    run: (call) => call.client.send('GET', `${path(name(call))}/${call.options.code === true ? 'code' : 'explain'}`),
  },
];

function name({ args }: Call): string {
  const [id = ''] = takeNames(args, 1, expectName);
  return id;
}

function path(id: string): string {
  return `/rules/${segment(id)}`;
}

/** Id and JSON with that id. */
async function definition(call: Call): Promise<readonly [id: string, json: string]> {
  const { names, json } = await takeDefinition(call, 1, expectDefinition);
  const [id = ''] = names;
  return [id, nameDefinition(json, 'id', id, 'rule')];
}
