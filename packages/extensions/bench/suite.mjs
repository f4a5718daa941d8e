// All benchmarks of extensions, one after the other, each in a process of its own. Build first: npm run build.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const benchmarks = [
  ['native.mjs'],
  ['script.mjs'],
  ['wasm.mjs'],
  ['service.mjs', '5'],
  ['portable.mjs', '10000'],
  ['portable-rules.mjs'],
];
let failed = false;
for (const [file, ...args] of benchmarks) {
  const { status } = spawnSync(process.execPath, [fileURLToPath(new URL(file, import.meta.url)), ...args], {
    stdio: 'inherit',
  });
  if (status !== 0) {
    failed = true;
    console.log(`${file} FAILED`);
  }
}
process.exit(failed ? 1 : 0);
