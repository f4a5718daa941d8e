// What a program costs per row, decoding and encoding left out: generated code against the interpreter.
// `npm run build`, then `node packages/engine/bench/program.mjs [statement]`.
import { metas, startRule } from './bench-rule.mjs';

/** The statement that holds each expression; a plain column is about the floor. */
const expression = (text, stream = 'telem') => `SELECT ${text} AS x FROM ${stream}`;
const expressions = {
  column: expression('temp'),
  'float arithmetic': expression('temp * 1.8 + 32'),
  'int arithmetic': expression('id * 2 + count % 7', 'typed'),
  'bit operators': expression('id & 255 | 1', 'typed'),
  comparison: expression('temp > 21.5'),
  'text comparison': expression('device < "device-5"'),
  'AND, OR': expression('temp > 21.5 AND speed < 40 OR hot'),
  BETWEEN: expression('temp BETWEEN 18 AND 24'),
  'IN of ten': expression('speed IN (1, 4, 9, 16, 25, 36, 49, 64, 81, 100)'),
  LIKE: expression('device LIKE "device-1%7"'),
  'simple CASE': expression('CASE speed WHEN 1 THEN "one" WHEN 2 THEN "two" ELSE "many" END'),
  'searched CASE': expression('CASE WHEN temp > 25 THEN 2 WHEN temp > 20 THEN 1 ELSE 0 END'),
  'nested access': expression('pos.at.x + pos->at->y'),
  'index and slice': expression('tags[-1] = tags[0:1][0]'),
  'text functions': expression('upper(concat(device, "-", "x"))'),
  'number functions': expression('round(abs(temp - 20) * 10)'),
  cast: expression('cast(temp, "string")'),
  lag: expression('temp - lag(temp) OVER (PARTITION BY device)'),
  had_changed: expression('had_changed(true, speed) OVER (PARTITION BY device)'),
  'object function': expression('object_construct("d", device, "t", temp)'),
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
  ...expressions,
};

const rows = Array.from({ length: 10_000 }, (_, i) => ({
  id: i,
  device: `device-${i % 1000}`,
  temp: 15 + (i % 140) / 10,
  speed: i % 50,
  count: i,
  hot: i % 3 === 0,
  tags: ['a', `b${i % 7}`, 'c'],
  pos: { at: { x: i, y: i / 2 } },
}));
function measure(sql, mode) {
  const rule = startRule(sql, { mode });
  const { clock } = rule;
  const [input] = rule.instance.inputs;
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
  rule.instance.stop();
  if (rule.emitted === 0) throw new Error(`${sql} gave no result`);
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
