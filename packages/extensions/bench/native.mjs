// What a call of a native plugin costs beside the same function built in: rows through a compiled program, decoding and
// encoding left out. `npm run build`, then `node packages/extensions/bench/native.mjs`.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ManualClock, silentLogger } from '@kuiper/base';
import { analyzeSelect, compilePlan, functionCheck, nodeCounters, optimizePlan, planQuery } from '@kuiper/engine';
import { builtinTable, checkCallArguments } from '@kuiper/functions';
import { parseSelect } from '@kuiper/sql';
import { nativeProvider } from '../dist/native/native-provider.js';

const body = '{ return low > high ? low : x < low ? low : x > high ? high : x; }';
const declaration = `{ class: 'scalar', name: 'clip', group: 'bench', summary: '', examples: [], onNull: 'null',
  args: [{ name: 'x', kind: 'float' }, { name: 'low', kind: 'float' }, { name: 'high', kind: 'float' }],
  returns: 'float', eval: (x, low, high) => ${body} }`;
const modules = {
  clip: `export const Clip = ${declaration};`,
  clipMethod: `export class ClipMethod { exec(ctx, [x, low, high]) ${body} }`,
  clipThread: `export class ClipThread { exec(ctx, [x, low, high]) ${body} }`,
};
/** As a built-in is: no instance, no version. */
const builtIn = { ...new Function(`return ${declaration}`)(), name: 'clipbuiltin' };

const directory = mkdtempSync(join(tmpdir(), 'bench-native-'));
const provider = nativeProvider({ logger: silentLogger, rootPath: directory, template: () => () => '' });
for (const [name, code] of Object.entries(modules)) {
  const file = join(directory, `${name}.mjs`);
  writeFileSync(file, code);
  const isolation = name === 'clipThread' ? 'worker' : 'none';
  await provider.put({ kind: 'native', type: 'functions', name, version: '', file, functions: null, isolation });
}

const functions = {
  find: (name) => (name === 'clipbuiltin' ? builtIn : (builtinTable().find(name) ?? provider.function(name))),
  check: checkCallArguments,
  nearest: () => null,
};
const rowType = { k: 'map', fields: {}, rest: 'any' };
const telem = { kind: 'stream', name: 'telem', nodeName: 'telem', columns: [], options: {}, rowType, split: [] };
const catalog = { functions, source: () => ({ ...telem, prunes: true }) };
const options = {
  isEventTime: false,
  lateToleranceMs: 0,
  idleTimeoutMs: 0,
  sendMetaToSink: false,
  sendNilField: false,
  sendError: false,
  concurrency: 64,
  planOptimizeStrategy: { disableOptimizeRules: [], windowVersion: '' },
};
const context = {
  ruleId: 'bench',
  opId: '2_project',
  funcId: 0,
  timeZone: 'UTC',
  startedMs: 0,
  logger: silentLogger,
  rootPath: directory,
  now: () => 0,
  random: () => 0.5,
};
const rows = Array.from({ length: 10_000 }, (_, i) => ({ device: `device-${i % 1000}`, temp: 15 + (i % 140) / 10 }));
const metas = { meta: () => null };

async function open(call) {
  const sql = `SELECT device, ${call} AS t FROM telem`;
  const statement = parseSelect(sql, { functions: functionCheck(functions) });
  const plan = optimizePlan(planQuery(analyzeSelect(statement, catalog, options)));
  const clock = new ManualClock(1_700_000_000_000);
  const found = { emitted: 0 };
  const instance = compilePlan(plan, 'compiled').instantiate({
    ruleId: 'bench',
    clock,
    logger: silentLogger,
    timeZone: 'UTC',
    counters: new Float64Array(plan.operators.length * nodeCounters),
    sendError: false,
    output: { emitRow: () => found.emitted++, emitRows: (list) => (found.emitted += list.length), emitError() {} },
    onError: (_, text) => {
      throw new Error(text);
    },
    onDrop() {},
    functionContext: () => context,
    lookup: () => undefined,
  });
  await instance.open();
  instance.start();
  const [input] = instance.inputs;
  const pass = () => {
    for (let i = 0; i < rows.length; i++) input.row(rows[i], 0, metas, i);
  };
  return { pass, instance, found };
}

const calls = {
  'built in': 'clipbuiltin(temp, 16.0, 27.0)',
  declaration: 'clip(temp, 16.0, 27.0)',
  methods: 'clipMethod(temp, 16.0, 27.0)',
};
const passes = 60;
const programs = [];
for (const [name, call] of Object.entries(calls)) programs.push({ name, best: Infinity, ...(await open(call)) });
// In turns: what else the machine does costs all the same.
for (let round = 0; round < 9; round++) {
  for (const program of programs) {
    const start = process.hrtime.bigint();
    for (let i = 0; i < passes; i++) program.pass();
    const perRow = Number(process.hrtime.bigint() - start) / (passes * rows.length);
    if (round > 1) program.best = Math.min(program.best, perRow);
  }
}
for (const { name, best, found } of programs) {
  if (found.emitted !== 9 * passes * rows.length) throw new Error(`${name} gave ${found.emitted} rows`);
  console.log(`${name.padEnd(14)} ${best.toFixed(1).padStart(8)} ns per row  ${(best / programs[0].best).toFixed(2)}×`);
}

const thread = await open('clipThread(temp, 16.0, 27.0)');
const start = process.hrtime.bigint();
thread.pass();
await thread.instance.drain();
const perRow = Number(process.hrtime.bigint() - start) / rows.length;
if (thread.found.emitted !== rows.length) throw new Error(`a thread of its own gave ${thread.found.emitted} rows`);
console.log(`${'own thread'.padEnd(14)} ${perRow.toFixed(0).padStart(8)} ns per row`);
await provider.close();
rmSync(directory, { recursive: true });
