// Writes the SDK of portable plugins as one file, to be copied beside a plugin: dist/kuiper-portable.mjs.
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

await build({
  entryPoints: [here('src/portable/index.ts')],
  outfile: here('dist/kuiper-portable.mjs'),
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  conditions: ['source'],
});
