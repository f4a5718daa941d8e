// What a program costs per row, decoding and encoding left out: generated code against the interpreter.
// `npm run build`, then `node packages/engine/bench/program.mjs [statement]`.
import { ManualClock } from '@kuiper/base';
import { analyzeSelect, compilePlan, functionCheck, nodeCounters, optimizePlan, planQuery } from '@kuiper/engine';
import { builtinTable, checkCallArguments } from '@kuiper/functions';
import { parseSelect } from '@kuiper/sql';

const functions = {
  find: (name) => builtinTable().find(name),
  check: checkCallArguments,
  nearest: () => null,
};
const typed = {
  k: 'map',
  fields: { id: 'int', device: 'string', temp: 'float', speed: 'float', count: 'int' },
  rest: 'any',
};
const column = (name, kind) => ({ name, type: { kind, span: { start: 0, end: 0 } }, defaultValue: null });
const stream = (columns, rowType) => ({ kind: 'stream', columns, options: {}, rowType, split: [], prunes: true });
const anyMap = { k: 'map', fields: {}, rest: 'any' };
const columns = [
  column('id', 'bigint'),
  column('device', 'string'),
  column('temp', 'float'),
  column('speed', 'float'),
  column('count', 'bigint'),
];
const sources = {
  telem: { name: 'telem', nodeName: 'telem', ...stream([], anyMap) },
  typed: { name: 'typed', nodeName: 'typed', ...stream(columns, typed) },
};
const catalog = { functions, source: (name) => sources[name] };
const options = {
  isEventTime: false,
  lateToleranceMs: 0,
  idleTimeoutMs: 0,
  sendMetaToSink: false,
  sendNilField: false,
  sendError: false,
  concurrency: 1,
  planOptimizeStrategy: { disableOptimizeRules: [], windowVersion: '' },
};

const statements = {
  'filter-project': 'SELECT id, device, temp, speed * 3.6 AS speed_kmh FROM telem WHERE temp > 21.0',
  'filter-project-typed': 'SELECT id, device, temp, speed * 3.6 AS speed_kmh FROM typed WHERE temp > 21.0',
  'int-arithmetic': 'SELECT id * 2 + count AS n, id % 7 AS m FROM typed WHERE count >= 0',
  star: 'SELECT * FROM telem WHERE temp > 21.0',
  calls: 'SELECT upper(device) AS d, abs(temp) AS t, round(speed) AS s FROM telem',
  lag: 'SELECT device, temp - lag(temp) OVER (PARTITION BY device) AS d FROM telem',
  'tumbling-groups':
    'SELECT device, count(*) AS c, avg(temp) AS a, max(temp) AS m FROM telem GROUP BY device, TUMBLINGWINDOW(ss, 10)',
  'tumbling-ungrouped':
    'SELECT count(*) AS c, avg(temp) AS a, max(temp) AS m FROM telem GROUP BY TUMBLINGWINDOW(ss, 10)',
  'count-window-rows': 'SELECT device, temp FROM telem WHERE temp > 21.0 GROUP BY COUNTWINDOW(100) ORDER BY temp',
};

const rows = Array.from({ length: 10_000 }, (_, i) => ({
  id: i,
  device: `device-${i % 1000}`,
  temp: 15 + (i % 140) / 10,
  speed: i % 50,
  count: i,
}));
const logger = { debug() {}, info() {}, warn() {}, error() {} };
const metas = { meta: () => null };

function measure(sql, mode) {
  const statement = parseSelect(sql, { functions: functionCheck(functions) });
  const plan = optimizePlan(planQuery(analyzeSelect(statement, catalog, options)));
  const clock = new ManualClock(1_700_000_000_000);
  let emitted = 0;
  const state = new Map();
  const instance = compilePlan(plan, mode).instantiate({
    ruleId: 'bench',
    clock,
    logger,
    timeZone: 'UTC',
    counters: new Float64Array(plan.operators.length * nodeCounters),
    sendError: false,
    output: { emitRow: () => emitted++, emitRows: (list) => (emitted += list.length), emitError() {} },
    onError: (_, text) => {
      throw new Error(text);
    },
    onDrop() {},
    functionContext: () => ({ getState: (key) => state.get(key), putState: (key, value) => state.set(key, value) }),
    lookup: () => undefined,
  });
  instance.start();
  const [input] = instance.inputs;
  let now = clock.now();
  const pass = () => {
    for (let i = 0; i < rows.length; i++) input.row(rows[i], now, metas, i);
    // a window of ten seconds closes every hundred thousand rows
    clock.advance(1000);
    now = clock.now();
  };
  const passes = mode === 'compiled' ? 100 : 20;
  for (let i = 0; i < passes / 2; i++) pass();
  let best = Infinity;
  for (let round = 0; round < 3; round++) {
    const start = process.hrtime.bigint();
    for (let i = 0; i < passes; i++) pass();
    best = Math.min(best, Number(process.hrtime.bigint() - start) / (passes * rows.length));
  }
  instance.stop();
  if (emitted === 0) throw new Error(`${sql} gave no result`);
  return best;
}

const wanted = process.argv[2];
console.log(`${'statement'.padEnd(24)} ${'compiled'.padStart(10)} ${'interpreted'.padStart(12)}   ns per row`);
for (const [name, sql] of Object.entries(statements)) {
  if (wanted !== undefined && name !== wanted) continue;
  const compiled = measure(sql, 'compiled');
  const interpreted = measure(sql, 'interpreted');
  console.log(`${name.padEnd(24)} ${compiled.toFixed(1).padStart(10)} ${interpreted.toFixed(1).padStart(12)}`);
}
