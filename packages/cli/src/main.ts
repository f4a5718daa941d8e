/** `kuiper`. */
import { once } from 'node:events';
import { runKuiper } from './program.ts';
import type { Terminal } from './terminal.ts';

const interrupt = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (interrupt.signal.aborted) process.exit(130);
    interrupt.abort();
  });
}

// Whoever reads the results may leave early, as `head` does.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

const terminal: Terminal = {
  cwd: process.cwd(),
  env: process.env,
  input: process.stdin,
  output: process.stdout,
  isInteractive: process.stdin.isTTY === true && process.stdout.isTTY === true,
  interrupted: interrupt.signal,
  async print(line) {
    if (!process.stdout.write(`${line}\n`)) await once(process.stdout, 'drain');
  },
  remark(line) {
    process.stderr.write(`${line}\n`);
  },
};

process.exitCode = await runKuiper(process.argv.slice(2), terminal);
// A prompt that was left keeps standard input open.
process.stdin.unref?.();
