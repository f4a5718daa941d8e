// Rules that keep much: what a row costs as windows, joins and partitions grow, and the size of their checkpoints.
// `npm run build`, then `node packages/engine/bench/state.mjs [name]`. Fails when a row costs more than twice as much
// with four times as many rows kept.
import { serialize } from 'node:v8';
import { metas, startRule } from './bench-rule.mjs';

const devices = Array.from({ length: 1000 }, (_, i) => `device-${i}`);
const row = (i) => ({
  ts: 1_700_000_000_000 + i,
  id: i,
  device: devices[i % 1000],
  temp: 15 + (i % 140) / 10,
  ok: i % 5 === 0,
});

/** Feeds rows, a number of them per millisecond of the manual clock. */
function feed(rule, from, count, perMs, make = row) {
  const inputs = rule.instance.inputs;
  for (let i = from; i < from + count; i++) {
    if (i % perMs === 0) rule.clock.advance(1);
    const input = inputs[i % inputs.length];
    input.row(make(i), rule.clock.now(), metas, 0);
  }
}

/** Bytes of a full checkpoint, and of one after `more` rows. */
function checkpointBytes(rule, full) {
  let bytes = 0;
  for (const slot of rule.instance.state) {
    slot.begin(full);
    for (let part = slot.drain(1000); part !== null; part = slot.drain(1000)) bytes += serialize(part).length;
  }
  return bytes;
}

/** Nanoseconds per row and bytes of checkpoints with n rows kept. */
function measure({ sql, perMs = 1, options, make }, n) {
  const rule = startRule(sql, options === undefined ? {} : { options });
  feed(rule, 0, n, perMs, make);
  const measured = Math.max(n, 20_000);
  const start = process.hrtime.bigint();
  feed(rule, n, measured, perMs, make);
  const nsPerRow = Number(process.hrtime.bigint() - start) / measured;
  const full = checkpointBytes(rule, true);
  feed(rule, n + measured, 1000, perMs, make);
  const next = checkpointBytes(rule, false);
  rule.instance.stop();
  return { nsPerRow, full, next, results: rule.results };
}

const seconds = (n) => n / 1000;
const aggregates = 'count(*) AS c, avg(temp) AS a, max(temp) AS m';
const eventTime = { isEventTime: true, lateToleranceMs: 100 };

/** `n` rows kept; one row per millisecond unless told otherwise. */
const cases = {
  'tumbling, aggregates': (n) => ({
    sql: `SELECT ${aggregates} FROM telem GROUP BY device, tumblingwindow(ss, ${seconds(n)})`,
  }),
  'tumbling, rows': (n) => ({ sql: `SELECT device, temp FROM telem GROUP BY tumblingwindow(ss, ${seconds(n)})` }),
  'tumbling, event time': (n) => ({
    sql: `SELECT ${aggregates} FROM telem GROUP BY device, tumblingwindow(ss, ${seconds(n)})`,
    options: eventTime,
  }),
  'hopping by a tenth, aggregates': (n) => ({
    sql: `SELECT ${aggregates} FROM telem GROUP BY hoppingwindow(ms, ${n}, ${n / 10})`,
  }),
  'hopping by a tenth, rows': (n) => ({
    sql: `SELECT device, temp FROM telem GROUP BY hoppingwindow(ms, ${n}, ${n / 10})`,
  }),
  'sliding, aggregates': (n) => ({ sql: `SELECT ${aggregates} FROM telem GROUP BY slidingwindow(ms, ${n})` }),
  'sliding by groups, on some rows': (n) => ({
    sql: `SELECT device, ${aggregates} FROM telem GROUP BY device, slidingwindow(ms, ${n}) OVER (WHEN id % ${n} = 0)`,
  }),
  'sliding, event time': (n) => ({
    sql: `SELECT ${aggregates} FROM telem GROUP BY slidingwindow(ms, ${n})`,
    options: eventTime,
  }),
  'sliding, delayed': (n) => ({ sql: `SELECT ${aggregates} FROM telem GROUP BY slidingwindow(ms, ${n}, 100)` }),
  'session, rows': (n) => ({ sql: `SELECT device, temp FROM telem GROUP BY sessionwindow(ms, ${n}, 100)` }),
  'session, aggregates': (n) => ({
    sql: `SELECT ${aggregates} FROM telem GROUP BY device, sessionwindow(ms, ${n}, 100)`,
  }),
  'count, rows': (n) => ({ sql: `SELECT device, temp FROM telem GROUP BY countwindow(${n})` }),
  'count with a step of a tenth': (n) => ({
    sql: `SELECT ${aggregates} FROM telem GROUP BY countwindow(${n}, ${n / 10})`,
  }),
  'count, sorted': (n) => ({ sql: `SELECT device, temp FROM telem GROUP BY countwindow(${n}) ORDER BY temp DESC, id` }),
  'state of one condition': (n) => ({ sql: `SELECT device, temp FROM telem GROUP BY statewindow(id % ${n} = 0)` }),
  'state by 1000 partitions': (n) => ({
    sql: `SELECT device, temp FROM telem GROUP BY statewindow(id % ${n} < 1000) OVER (PARTITION BY device)`,
  }),
  'distinct rows, collected': (n) => ({
    sql: `SELECT collect(temp) AS l, deduplicate(id, true) AS d FROM telem GROUP BY countwindow(${n})`,
  }),
  'join on a key': (n) => ({
    sql: `SELECT telem.temp AS t, other.temp AS u FROM telem INNER JOIN other ON telem.id = other.id GROUP BY countwindow(${n})`,
    make: (i) => ({ ...row(i), id: i >> 1 }),
  }),
  'full join with a condition': (n) => ({
    sql: `SELECT telem.temp AS t, other.temp AS u FROM telem FULL JOIN other ON telem.id = other.id AND telem.temp < other.temp GROUP BY countwindow(${n})`,
    make: (i) => ({ ...row(i), id: i >> 1 }),
  }),
  'lag by partition': (n) => ({
    sql: 'SELECT temp - lag(temp) OVER (PARTITION BY id) AS d FROM telem',
    make: (i) => ({ ...row(i), id: i % n }),
  }),
  'acc_sum by partition': (n) => ({
    sql: 'SELECT acc_sum(temp) OVER (PARTITION BY id) AS s FROM telem',
    make: (i) => ({ ...row(i), id: i % n }),
  }),
};

/** The loads that a deployment sizes by. */
const loads = {
  'sliding window of 1 h at 1,000 rows/s': { ...cases['sliding, aggregates'](3_600_000), n: 3_600_000 },
  'join of two 10 s windows of 10,000 rows': {
    sql: 'SELECT telem.temp AS t, other.temp AS u FROM telem INNER JOIN other ON telem.id = other.id GROUP BY tumblingwindow(ss, 10)',
    perMs: 2,
    make: (i) => ({ ...row(i), id: (i >> 1) % 10_000 }),
    n: 20_000,
  },
  'lag over 100,000 partitions': { ...cases['lag by partition'](100_000), n: 100_000 },
};

const mib = (bytes) => (bytes < 100_000 ? `${(bytes / 1024).toFixed(1)} KiB` : `${(bytes / 1_048_576).toFixed(1)} MiB`);
const print = (name, ...cells) => console.log(name.padEnd(42), ...cells.map((cell) => String(cell).padStart(11)));
const wanted = process.argv[2];
const chosen = (set) => Object.entries(set).filter(([name]) => wanted === undefined || name === wanted);

print('rows kept', '10,000', '40,000', 'ns per row', 'checkpoint', 'next one');
let failed = false;
for (const [name, make] of chosen(cases)) {
  measure(make(10_000), 10_000);
  let small = measure(make(10_000), 10_000);
  let large = measure(make(40_000), 40_000);
  if (large.nsPerRow > 2 * small.nsPerRow + 100) {
    // once more: one long pause of the machine is no growth
    small = measure(make(10_000), 10_000);
    large = measure(make(40_000), 40_000);
  }
  const grows = large.nsPerRow > 2 * small.nsPerRow + 100;
  failed ||= grows || large.results === 0;
  const note = grows ? 'GROWS' : large.results === 0 ? 'SILENT' : '';
  print(name, small.nsPerRow.toFixed(0), large.nsPerRow.toFixed(0), note, mib(large.full), mib(large.next));
}
for (const [name, load] of chosen(loads)) {
  const { nsPerRow, full, next, results } = measure(load, load.n);
  failed ||= results === 0;
  print(name, '', '', nsPerRow.toFixed(0), mib(full), mib(next));
}
process.exitCode = failed ? 1 : 0;
