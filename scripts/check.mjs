// npm run check: everything a change must pass, cheapest first. Stops at the first failure.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { bootstrap, root } from './bootstrap.mjs';

bootstrap();
const bin = (name) => join(root, 'node_modules', '.bin', name);
const steps = [
  ['format', bin('biome'), ['format', '.']],
  ['lint and cycles', bin('oxlint'), []],
  ['dead code', bin('knip'), []],
  ['generated reference', process.execPath, [join(root, 'scripts', 'gen.mjs'), '--check']],
  ['tests', bin('vitest'), ['run']],
];
for (const [name, command, args] of steps) {
  console.log(`\n▶ ${name}`);
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
  if (error !== undefined || status !== 0) {
    console.error(`\n${name} failed${error === undefined ? '' : `: ${error.message}`}`);
    process.exit(status ?? 1);
  }
}
console.log('\nAll checks pass.');
