// npm run gen: writes docs/reference from the declarations. With --check it writes nothing and fails where a page differs.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { bootstrap, root } from './bootstrap.mjs';
import { functionsPages } from './functions-pages.mjs';

bootstrap();
const load = (name) => import(pathToFileURL(join(root, 'packages', name, 'dist', 'index.js')).href);
const { silentLogger, SystemClock } = await load('base');
const { builtinFunctions } = await load('functions');
const { createConnectors } = await load('connectors');

const folder = join(root, 'docs', 'reference');
const mark = '<!-- Written by `npm run gen` from the declarations. Do not edit. -->';
const head = (title) => `# ${title}\n\n${mark}\n`;
const cell = (text) => String(text).replaceAll('|', '\\|').replaceAll('\n', ' ');

const connectors = createConnectors({ clock: new SystemClock(), logger: silentLogger, rootPath: '.' });
const pages = {
  ...functionsPages(builtinFunctions, head),
  'sources.md': connectorsPage('Sources', connectors.sources),
  'sinks.md': connectorsPage('Sinks', connectors.sinks),
  'lookups.md': connectorsPage('Lookup tables', connectors.lookups),
};
await connectors.close();

let stale = 0;
for (const [name, text] of Object.entries(pages)) {
  const path = join(folder, name);
  if (process.argv.includes('--check')) {
    if (read(path) === text) continue;
    console.error(`docs/reference/${name} differs from the declarations: run npm run gen`);
    stale++;
  } else {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
}
for (const name of writtenPages()) {
  if (name in pages) continue;
  if (process.argv.includes('--check')) {
    console.error(`docs/reference/${name} has no declaration any more: run npm run gen`);
    stale++;
  } else rmSync(join(folder, name));
}
process.exit(stale > 0 ? 1 : 0);

function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

/** Names of the pages that an earlier run has written. */
function writtenPages() {
  const names = readdirSync(folder, { recursive: true }).map((name) => name.replaceAll('\\', '/'));
  return names.filter((name) => name.endsWith('.md') && read(join(folder, name))?.includes(mark));
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
