// npm run bench [-- NAME …]: runs the workloads and suites named, or all, and prints a table. Fails when delivery cannot be
// proven.
// BENCH_SECONDS, BENCH_WARM_UP_SECONDS and BENCH_RATE shorten a run; figures for the record use the defaults.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { workloads } from './workloads.mjs';

/** Programs that print figures of their own. */
const suites = { extensions: '../packages/extensions/bench/suite.mjs' };
const known = [...Object.keys(workloads), ...Object.keys(suites)];
const names = process.argv.slice(2);
const chosen = names.length > 0 ? names : known;
const unknown = chosen.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  console.error(`unknown workload ${unknown.join(', ')}; there are ${known.join(', ')}`);
  process.exit(2);
}

console.log(`JSON.parse of the telemetry message: ${parseCostUs().toFixed(2)} µs on this machine`);
let failed = false;
for (const name of chosen) {
  if (name in suites) {
    const suite = fileURLToPath(new URL(suites[name], import.meta.url));
    if (spawnSync(process.execPath, [suite], { stdio: 'inherit' }).status !== 0) failed = true;
    continue;
  }
  const { about, target, run } = workloads[name];
  try {
    console.log(`${about.padEnd(52)} ${figures(await run())}${target === undefined ? '' : `   (target ${target})`}`);
  } catch (error) {
    failed = true;
    console.log(`${about.padEnd(52)} FAILED: ${error.message}`);
  }
}
process.exit(failed ? 1 : 0);

function figures({ cpuUs, perSecond, keptUp, memory, createSeconds, perRuleKiB, readyMs, allRunningMs }) {
  const parts = [];
  if (cpuUs !== undefined)
    parts.push(`${cpuUs.toFixed(2)} µs CPU per message`, `${Math.round(perSecond)}/s${keptUp ? '' : ' (behind)'}`);
  if (createSeconds !== undefined)
    parts.push(`created in ${createSeconds.toFixed(2)} s`, `${perRuleKiB.toFixed(1)} KiB per rule`);
  if (readyMs !== undefined)
    parts.push(`ready after ${Math.round(readyMs)} ms`, `all running after ${Math.round(allRunningMs)} ms`);
  if (memory !== undefined) parts.push(`${Math.round(memory.nowMiB)} MiB now, ${Math.round(memory.peakMiB)} MiB peak`);
  return parts.join(', ');
}

function parseCostUs() {
  const text = '{"id":123456,"device":"dev-0042","temp":23.75,"speed":88.5,"ts":1700000000000,"ok":true}';
  const rounds = 300_000;
  let started = 0;
  for (const measured of [false, true]) {
    if (measured) started = performance.now();
    for (let i = 0; i < rounds; i++) JSON.parse(text);
  }
  return ((performance.now() - started) * 1000) / rounds;
}
