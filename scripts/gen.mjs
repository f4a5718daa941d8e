// npm run gen: writes docs/reference from the declarations. With --check it writes nothing and fails where a page differs.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { bootstrap, root } from './bootstrap.mjs';

bootstrap();
const load = (name) => import(pathToFileURL(join(root, 'packages', name, 'dist', 'index.js')).href);
const { silentLogger, SystemClock } = await load('base');
const { builtinFunctions } = await load('functions');
const { createConnectors } = await load('connectors');

const folder = join(root, 'docs', 'reference');
const head = (title) => `# ${title}\n\n<!-- Written by \`npm run gen\` from the declarations. Do not edit. -->\n`;
/** Ints of examples are BigInts: they print as they are written in JSON. */
const json = (value) => JSON.stringify(value, (_, v) => (typeof v === 'bigint' ? Number(v) : v));
const cell = (text) => String(text).replaceAll('|', '\\|').replaceAll('\n', ' ');

const connectors = createConnectors({ clock: new SystemClock(), logger: silentLogger, rootPath: '.' });
const pages = {
  'functions.md': functionsPage(),
  'sources.md': connectorsPage('Sources', connectors.sources),
  'sinks.md': connectorsPage('Sinks', connectors.sinks),
  'lookups.md': connectorsPage('Lookup tables', connectors.lookups),
};
await connectors.close();

let stale = 0;
mkdirSync(folder, { recursive: true });
for (const [name, text] of Object.entries(pages)) {
  const path = join(folder, name);
  if (process.argv.includes('--check')) {
    if (read(path) === text) continue;
    console.error(`docs/reference/${name} differs from the declarations: run npm run gen`);
    stale++;
  } else writeFileSync(path, text);
}
process.exit(stale > 0 ? 1 : 0);

function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

function functionsPage() {
  const shown = builtinFunctions.filter(({ internal }) => internal !== true);
  const groups = groupBy(shown);
  const sections = [...groups]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([group, list]) => {
      const entries = list.toSorted((a, b) => (a.name < b.name ? -1 : 1)).map(functionEntry);
      return `\n## ${group}\n${entries.join('')}`;
    });
  return head('Functions') + sections.join('');
}

function groupBy(list) {
  const groups = new Map();
  for (const item of list) groups.set(item.group, [...(groups.get(item.group) ?? []), item]);
  return groups;
}

function functionEntry({ name, aliases = [], args, summary, examples }) {
  const signature = args
    .map(({ name: arg, optional, atLeast }) =>
      atLeast !== undefined ? `${arg}…` : optional === true ? `[${arg}]` : arg,
    )
    .join(', ');
  const also = aliases.length > 0 ? ` Also \`${aliases.join('`, `')}\`.` : '';
  const lines = examples.map(({ call, gives, fails, row, rows }) => {
    const given = row !== undefined ? ` with \`${json(row)}\`` : rows !== undefined ? ` over \`${json(rows)}\`` : '';
    const result = fails !== undefined ? `fails: ${fails}` : `→ \`${Array.isArray(gives) ? gives.join(', ') : gives}\``;
    return `- \`${call}\`${given} ${result}\n`;
  });
  return `\n### ${name}(${signature})\n${summary}${also}\n\n${lines.join('')}`;
}

function connectorsPage(title, declarations) {
  const sections = declarations.map(({ type, about, dataSource, props }) => {
    const data = dataSource === undefined ? '' : `\nDATASOURCE: ${dataSource.about.en}\n`;
    const rows = Object.entries(props).map(([name, prop]) => {
      const value = prop.default === undefined ? '' : `\`${JSON.stringify(prop.default)}\``;
      const text = [prop.about?.en ?? prop.label?.en ?? '', prop.secret === true ? 'Secret.' : '']
        .filter(Boolean)
        .join(' ');
      return `| \`${name}\` | ${prop.kind} | ${cell(value)} | ${cell(text)} |\n`;
    });
    const table = rows.length === 0 ? '' : `\n| Property | Kind | Default | |\n|---|---|---|---|\n${rows.join('')}`;
    return `\n## ${type}\n${about.en}\n${data}${table}`;
  });
  return head(title) + sections.join('');
}
