// Programs for benchmarks: decoding and encoding left out, a manual clock, one or two streams.
import { ManualClock } from '@kuiper/base';
import { analyzeSelect, compilePlan, functionCheck, nodeCounters, optimizePlan, planQuery } from '@kuiper/engine';
import { builtinTable, checkCallArguments } from '@kuiper/functions';
import { parseSelect } from '@kuiper/sql';

const functions = {
  find: (name) => builtinTable().find(name),
  check: checkCallArguments,
  nearest: () => null,
};
const anyMap = { k: 'map', fields: {}, rest: 'any' };
const typed = {
  k: 'map',
  fields: { id: 'int', device: 'string', temp: 'float', speed: 'float', count: 'int' },
  rest: 'any',
};
const column = (name, kind) => ({ name, type: { kind, span: { start: 0, end: 0 } }, defaultValue: null });
const columns = [
  column('id', 'bigint'),
  column('device', 'string'),
  column('temp', 'float'),
  column('speed', 'float'),
  column('count', 'bigint'),
];
const stream = (name, columns, rowType) => ({
  name,
  nodeName: name,
  kind: 'stream',
  columns,
  options: { timestamp: 'ts' },
  rowType,
  split: [],
  prunes: true,
});
const sources = {
  telem: stream('telem', [], anyMap),
  other: stream('other', [], anyMap),
  typed: stream('typed', columns, typed),
};
const catalog = { functions, source: (name) => sources[name] };
const plainOptions = {
  isEventTime: false,
  lateToleranceMs: 0,
  idleTimeoutMs: 0,
  sendMetaToSink: false,
  sendNilField: false,
  sendError: false,
  concurrency: 1,
  planOptimizeStrategy: { disableOptimizeRules: [], windowVersion: '' },
};
const logger = { debug() {}, info() {}, warn() {}, error() {} };
export const metas = { meta: () => null };

/** A started program; `rule.emitted` counts rows that came out. */
export function startRule(sql, { mode = 'compiled', options = {} } = {}) {
  const statement = parseSelect(sql, { functions: functionCheck(functions) });
  const plan = optimizePlan(planQuery(analyzeSelect(statement, catalog, { ...plainOptions, ...options })));
  const clock = new ManualClock(1_700_000_000_000);
  const state = new Map();
  const rule = { clock, plan, emitted: 0, results: 0, instance: null };
  rule.instance = compilePlan(plan, mode).instantiate({
    ruleId: 'bench',
    clock,
    logger,
    timeZone: 'UTC',
    counters: new Float64Array(plan.operators.length * nodeCounters),
    sendError: false,
    output: {
      emitRow: () => {
        rule.emitted++;
        rule.results++;
      },
      emitRows: (list) => {
        rule.emitted += list.length;
        rule.results++;
      },
      emitError() {},
    },
    onError: (_, text) => {
      throw new Error(text);
    },
    onDrop() {},
    functionContext: () => ({ getState: (key) => state.get(key), putState: (key, value) => state.set(key, value) }),
    lookup: () => undefined,
  });
  rule.instance.start();
  return rule;
}
