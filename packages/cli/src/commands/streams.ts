/**
 * Streams and tables. What is typed is SQL already and goes to the server as it stands: `create stream demo (…) WITH (…)`.
 * Source: behaviour spec, rest-cli-config §4.2 and §9.2.
 */
import { cliErrors } from '../errors.ts';
import type { RestClient } from '../rest-client.ts';
import { type Call, type Command, fileOption, readLocal, segment } from './command.ts';

export const streamCommands: readonly Command[] = (['stream', 'table'] as const).flatMap((kind) => [
  {
    words: ['create', kind],
    usage: `<name> '<definition>' | -f <file>`,
    about: `create a ${kind}`,
    example: `create ${kind} demo '(id BIGINT) WITH (DATASOURCE="demo", FORMAT="JSON")'`,
    options: [fileOption],
    run: async (call: Call) => sendStatement(call.client, await createStatement(call, kind)),
  },
  {
    words: ['update', kind],
    usage: `<name> '<definition>'`,
    about: `replace a ${kind} by another definition`,
    run: async ({ client, args }: Call) => {
      const [name = ''] = args;
      if (args.length < 2) throw cliErrors.USAGE(`Expect ${kind} name and definition.`);
      const body = JSON.stringify({ sql: statement('create', kind, args) });
      return client.send('PUT', `/${kind}s/${segment(name)}`, body);
    },
  },
  {
    words: ['describe', kind],
    usage: '<name>',
    about: `show the fields and options of a ${kind}`,
    options: [{ flags: '-j, --json', about: 'as JSON' }],
    run: async ({ client, args, options }: Call) => {
      requireName(kind, args);
      const text = await sendStatement(client, statement('describe', kind, args));
      return options.json === true ? describeJson(text) : text;
    },
  },
  ...(['drop', 'explain'] as const).map((verb) => ({
    words: [verb, kind],
    usage: '<name>',
    about: verb === 'drop' ? `delete a ${kind}` : `explain a ${kind}`,
    run: async ({ client, args }: Call) => {
      requireName(kind, args);
      return sendStatement(client, statement(verb, kind, args));
    },
  })),
  {
    words: ['show', `${kind}s`],
    usage: '',
    about: `list all ${kind}s`,
    run: ({ client }: Call) => sendStatement(client, `show ${kind}s`),
  },
]);

function requireName(kind: string, args: readonly string[]): void {
  if (args.length === 0) throw cliErrors.USAGE(`Expect ${kind} name.`);
}

function statement(verb: string, kind: string, args: readonly string[]): string {
  return [verb, kind, ...args].join(' ');
}

async function createStatement({ args, options, terminal }: Call, kind: 'stream' | 'table'): Promise<string> {
  const { file } = options;
  if (typeof file !== 'string') {
    requireName(kind, args);
    return statement('create', kind, args);
  }
  const content = (await readLocal(terminal, file)).trim();
  terminal.remark(`Creating a new ${kind} from file ${file}.`);
  return /^create\s/i.test(content) ? content : `CREATE ${kind.toUpperCase()} ${content}`;
}

/** Runs one statement about streams or tables. @returns its text, without the line end */
export async function sendStatement(client: RestClient, sql: string): Promise<string> {
  return plainText(await client.send('POST', '/streams', JSON.stringify({ sql }))).trimEnd();
}

const characters: Readonly<Record<string, string>> = {
  '&lt;': '<',
  '&gt;': '>',
  '&amp;': '&',
  '&#34;': '"',
  '&#39;': "'",
};

/** The server answers statements in text that is fit for a page. */
function plainText(html: string): string {
  return html.replace(/&(lt|gt|amp|#34|#39);/g, (entity) => characters[entity] as string);
}

/** From the text form: fields as `name type DEFAULT literal` with tabs, a blank line, options as `NAME: value`. */
export function describeJson(text: string): string {
  const lines = text.split('\n').slice(2);
  const blank = lines.indexOf('');
  const fields = lines.slice(0, blank < 0 ? lines.length : blank).map((line) => {
    const [name, type, , fallback] = line.split('\t');
    return { Name: name, Type: type, ...(fallback !== undefined && { DefaultClause: fallback }) };
  });
  const options: Record<string, string> = {};
  let last = '';
  for (const line of blank < 0 ? [] : lines.slice(blank + 1)) {
    const [, name, value = ''] = /^([A-Z_]+:) (.*)$/.exec(line) ?? [];
    if (name === undefined) options[last] += `\n${line}`;
    else {
      options[name] = value;
      last = name;
    }
  }
  return JSON.stringify({ Fields: fields, Options: options }, null, '\t');
}
