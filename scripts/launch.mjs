// launch.mjs NAME [ARGS…]: bootstraps the checkout, then runs one of its programs in the caller's working directory.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { bootstrap, root } from './bootstrap.mjs';

const programs = {
  kuiperd: ['packages/server/dist/main.js'],
  kuiper: ['packages/cli/dist/main.js'],
  demo: ['scripts/demo.mjs'],
  bench: ['--expose-gc', 'bench/run.mjs'],
  test: ['node_modules/vitest/vitest.mjs', 'run'],
};

const [name = '', ...args] = process.argv.slice(2);
const program = programs[name];
if (program === undefined) {
  console.error(`usage: launch.mjs ${Object.keys(programs).join('|')} [arguments]`);
  process.exit(2);
}
bootstrap();
if (name === 'test' || name === 'bench') process.chdir(root);
const resolved = program.map((part) => (part.startsWith('--') || part === 'run' ? part : join(root, part)));
const child = spawn(process.execPath, [...resolved, ...args], { stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => {
  if (signal) process.kill(process.pid, signal);
  else process.exit(code ?? 1);
});
