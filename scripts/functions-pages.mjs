/** The reference of functions: a page per group and a page that lists all names. */

const groupTitles = {
  aggregate: ['Aggregates', 'One value from the rows of a group. Without a window each row is a group of its own.'],
  analytic: ['Analytic functions', 'Computed once per event, before WHERE and windows; they remember earlier events.'],
  array: ['Arrays', 'Positions count from 0. Elements are equal when kind and value are: 1 is not 1.0.'],
  context: ['Context', 'What a rule knows of itself, its messages and the moment.'],
  datetime: ['Date and time', 'A moment is a datetime, a number of ms since the epoch, or a text that looks like one.'],
  hash: ['Hashes', 'Digests of the printed form of a value, in lower-case hexadecimal.'],
  json: ['JSON', 'Texts and paths.'],
  math: ['Mathematics', 'On numbers; whole numbers are bigint where the result says so, otherwise float.'],
  'multi-column': ['Several columns', 'One call that makes several columns of a row.'],
  'multi-row': ['Several rows', 'One row per element: at the top of SELECT, once per statement.'],
  object: ['Objects', 'Members by name.'],
  state: ['Hits', 'How often, and when, a condition held or a group came out before.'],
  string: ['Strings', 'Values of other kinds are taken in their printed form.'],
  transform: ['Transformations', 'From one kind or encoding to another.'],
  window: ['Windows', 'The bounds of the window that a row came from.'],
};

/**
 * @param declarations of all functions
 * @param head makes the top of a page from its title
 * @returns texts by the name of the page within docs/reference
 */
export function functionsPages(declarations, head) {
  const shown = declarations.filter(({ internal }) => internal !== true);
  const groups = new Map();
  for (const fn of shown.toSorted(byName)) groups.set(fn.group, [...(groups.get(fn.group) ?? []), fn]);
  const pages = { 'functions.md': indexPage(shown, [...groups.keys()].sort(), head) };
  for (const [group, list] of groups) {
    const [title, about] = titleOf(group);
    pages[`functions/${group}.md`] = `${head(title)}\n${about}\n${list.map(functionEntry).join('')}`;
  }
  return pages;
}

const byName = (a, b) => (a.name < b.name ? -1 : 1);
const cell = (text) => String(text).replaceAll('|', '\\|').replaceAll('\n', ' ');

function titleOf(group) {
  const title = groupTitles[group];
  if (title === undefined) throw new Error(`scripts/functions-pages.mjs has no title for the group ${group}`);
  return title;
}

function indexPage(shown, groups, head) {
  const links = groups.map((group) => `- [${titleOf(group)[0]}](functions/${group}.md): ${titleOf(group)[1]}\n`);
  const rows = shown
    .flatMap((declaration) => [declaration.name, ...(declaration.aliases ?? [])].map((name) => ({ name, declaration })))
    .sort(byName)
    .map(({ name, declaration }) => {
      const link = `[\`${name}\`](functions/${declaration.group}.md#${declaration.name})`;
      const text =
        name === declaration.name ? firstSentence(declaration.summary) : `The same as \`${declaration.name}\`.`;
      return `| ${link} | ${declaration.group} | ${cell(text)} |\n`;
    });
  return `${head('Functions')}
Names match in any case. In the examples a whole number with a point is a float (all numbers of JSON without a schema
are), one without is a bigint. An argument counts as null when it is missing, null, an empty array or an empty object.

${links.join('')}
| Function | Group | |
|---|---|---|
${rows.join('')}`;
}

function firstSentence(summary) {
  return /^.*?[.:](?= |$)/s.exec(summary)?.[0].replace(/:$/, '.') ?? summary;
}

function functionEntry(declaration) {
  const { name, aliases = [], args, summary, examples } = declaration;
  const also = aliases.length > 0 ? ` Also \`${aliases.join('`, `')}\`.` : '';
  const rows = args.map((arg) => `| \`${arg.name}\` | ${argumentKinds[arg.kind]} | ${argumentNotes(arg)} |\n`);
  const table = rows.length === 0 ? '' : `\n| Argument | Kind | |\n|---|---|---|\n${rows.join('')}`;
  const facts = [`Result: ${resultText(declaration)}.`, nullText(declaration), ...waits(declaration)].filter(Boolean);
  return `
## ${name}
\`${name}(${args.map(signature).join(', ')})\`

${summary}${also}
${table}
${facts.join(' ')}

${examples.map(exampleLine).join('')}`;
}

function signature({ name, optional, atLeast }) {
  if (atLeast !== undefined) return `${name}…`;
  return optional === true ? `[${name}]` : name;
}

const argumentKinds = {
  any: 'any',
  number: 'number',
  int: 'bigint',
  float: 'number',
  string: 'string',
  bool: 'boolean',
  bytes: 'bytea',
  datetime: 'moment',
  list: 'array',
  map: 'object',
  text: 'any, as text',
};

function argumentNotes({ optional, atLeast, literal }) {
  const notes = [];
  if (literal === true) notes.push('a literal');
  if (optional === true) notes.push('may be left out');
  if (atLeast !== undefined) notes.push(atLeast === 0 ? 'any number of times' : `${atLeast} times or more`);
  return notes.join(', ');
}

const resultKinds = {
  null: 'null',
  any: 'any kind',
  int: 'bigint',
  float: 'float',
  string: 'string',
  bool: 'boolean',
  bytes: 'bytea',
  datetime: 'datetime',
};

function kindText(kind) {
  if (typeof kind === 'string') return resultKinds[kind];
  return kind.k === 'list' ? `array of ${kindText(kind.of)}` : 'object';
}

/** What the declaration says when all arguments are of one kind. */
function resultText(declaration) {
  const { class: type, returns, implement, args } = declaration;
  if (type === 'set') return 'rows';
  if (type === 'columns') return 'columns';
  const of =
    type === 'aggregate'
      ? (kind) => implement(...args.map(() => kind)).returns
      : typeof returns === 'function'
        ? (kind) => returns(...args.map(() => kind))
        : () => returns;
  const [ints, floats, strings, any] = ['int', 'float', 'string', 'any'].map((kind) => kindText(of(kind)));
  if (ints === any && floats === any && strings === any) return any;
  if (ints === 'bigint' && floats === 'float' && strings === 'string') return 'the kind of the values';
  return ints === 'bigint' && floats === 'float' ? 'bigint of bigints, float of floats' : any;
}

function nullText({ onNull, args }) {
  if (onNull === undefined || onNull === 'call' || args.length === 0) return '';
  const result = { null: 'Null', false: 'False', zero: '0' }[onNull];
  return `${result} when ${args.length === 1 && args[0].atLeast === undefined ? 'the' : 'an'} argument is null.`;
}

function waits(declaration) {
  return declaration.async === true ? ['Later rows wait for it.'] : [];
}

function exampleLine({ call, gives, fails, row, rows }) {
  const given = row !== undefined ? ` with \`${valueText(row)}\`` : rows !== undefined ? rowsText(rows) : '';
  if (fails !== undefined) return `- \`${call}\`${given} fails${fails === '' ? '' : `: \`${fails}\``}\n`;
  return `- \`${call}\`${given} → \`${Array.isArray(gives) ? gives.join(', ') : gives}\`\n`;
}

function rowsText(rows) {
  return rows.length === 0 ? ' without rows' : ` over \`${valueText(rows)}\``;
}

/** JSON in which whole floats have a point: ints are BigInts in declarations. */
function valueText(value) {
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'number')
    return Number.isInteger(value) && Math.abs(value) < 1e21 ? `${value}.0` : String(value);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (typeof value.rfc3339 === 'function') return value.rfc3339();
  if (value instanceof Uint8Array) return `bytes ${Buffer.from(value).toString('base64')}`;
  if (Array.isArray(value)) return `[${value.map(valueText).join(', ')}]`;
  const members = Object.entries(value).map(([key, member]) => `${JSON.stringify(key)}: ${valueText(member)}`);
  return `{${members.join(', ')}}`;
}
