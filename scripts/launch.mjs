// launch.mjs NAME [ARGS…]: bootstraps the checkout, then runs one of its programs.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { bootstrap, root } from './bootstrap.mjs';

/** Run in this very process, in the caller's working directory: no wrapper stays in memory, signals need no relay. */
const programs = {
  kuiperd: 'packages/server/dist/main.js',
  kuiper: 'packages/cli/dist/main.js',
  demo: 'scripts/demo.mjs',
};

/** Tools of the checkout, run in its root. */
const tools = {
  test: ['node_modules/vitest/vitest.mjs', 'run'],
  bench: ['--expose-gc', 'bench/run.mjs'],
};

const [name = '', ...args] = process.argv.slice(2);
if (name in programs) {
  bootstrap();
  const program = join(root, programs[name]);
  process.argv = [process.argv[0], program, ...args];
  await import(pathToFileURL(program).href);
} else if (name in tools) {
  bootstrap();
  const child = spawn(process.execPath, [...tools[name], ...args], { cwd: root, stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code) => process.exit(code ?? 1));
} else {
  console.error(`usage: launch.mjs ${[...Object.keys(programs), ...Object.keys(tools)].join('|')} [arguments]`);
  process.exit(2);
}
