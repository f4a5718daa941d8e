// Statements and events by the million: `node test/fuzz/run.mjs [seed] [statements] [events]`.
// Prints every finding when it comes up and ends with 1 when there was one. Runs the sources as they are, without a build.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { build } from 'esbuild';

const [seed = 1, statements = 1_000_000, events = 1_000_000] = process.argv.slice(2).map(Number);
const cache = fileURLToPath(new URL('../../node_modules/.cache/', import.meta.url));
mkdirSync(cache, { recursive: true });
const folder = mkdtempSync(join(cache, 'fuzz-'));
const bundle = join(folder, 'fuzz.mjs');
const isOurs = /^(@kuiper\/|\.|\/)/;
await build({
  entryPoints: [fileURLToPath(new URL('./fuzz-run.ts', import.meta.url))],
  outfile: bundle,
  bundle: true,
  platform: 'node',
  format: 'esm',
  conditions: ['source'],
  plugins: [
    {
      name: 'dependencies stay outside',
      setup: ({ onResolve }) =>
        onResolve({ filter: /.*/ }, ({ path, kind }) =>
          kind === 'entry-point' || isOurs.test(path) ? undefined : { path, external: true },
        ),
    },
  ],
  logLevel: 'error',
});

/** Tells what the main thread is at when it stays there for too long, and ends the process. */
const stuckSeconds = 10;
const shared = new SharedArrayBuffer(100_000);
const place = new Int32Array(shared, 0, 2);
const text = new Uint8Array(shared, 8);
const watch = `
  const { workerData: { shared, stuckSeconds } } = require('node:worker_threads');
  const place = new Int32Array(shared, 0, 2);
  let [last, since] = [-1, Date.now()];
  setInterval(() => {
    const now = Atomics.load(place, 0);
    if (now !== last) [last, since] = [now, Date.now()];
    else if (Date.now() - since > stuckSeconds * 1000) {
      const text = new TextDecoder().decode(new Uint8Array(shared, 8).slice(0, place[1]));
      require('node:fs').writeSync(1, 'stuck at statement ' + now + '\\n    ' + text + '\\n');
      process.kill(process.pid, 'SIGKILL');
    }
  }, 1000);
`;
new Worker(watch, { eval: true, workerData: { shared, stuckSeconds } }).unref();
const encoder = new TextEncoder();
const at = (index, statement) => {
  place[1] = encoder.encodeInto(statement, text).written;
  Atomics.store(place, 0, index);
};

const unhandled = new Set();
process.on('unhandledRejection', (error) => unhandled.add(String(error)));
try {
  const { fuzz } = await import(pathToFileURL(bundle).href);
  const start = performance.now();
  const result = fuzz({ seed, statements, events, slowMs: 500, progress: (line) => console.log(line), at });
  const seconds = ((performance.now() - start) / 1000).toFixed(0);
  await new Promise((resolve) => setTimeout(resolve, 100));
  globalThis.gc?.();
  for (const what of unhandled) console.log(`unhandled: ${what}`);
  const findings = result.findings.length + unhandled.size;
  console.log(
    `seed ${seed}: ${statements} statements (${result.accepted} accepted, ${result.rules} run), ${events} events, ` +
      `${findings} findings, ${seconds} s, ${(process.memoryUsage().rss / 1e6).toFixed(0)} MB, heap ${(process.memoryUsage().heapUsed / 1e6).toFixed(0)} MB`,
  );
  process.exitCode = findings > 0 ? 1 : 0;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
