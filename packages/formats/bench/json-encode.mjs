// Prints nanoseconds per row for each way of encoding. Build first: npx tsc -b packages/formats
import { jsonFormat } from '../dist/index.js';

const row = { id: 123, device: 'dev-0042', temp: 23.75, ts: 1700000000000 };
const map = (fields, rest = null) => ({ k: 'map', fields, rest });
const kinds = map({ id: 'int', device: 'string', temp: 'float', ts: 'int' });
const tagged = map({ id: 'any', device: 'any', temp: 'any', ts: 'any' });

function measure(name, type, makeRow, rounds) {
  const encoder = jsonFormat.createEncoder({ type, options: {} });
  const out = Buffer.alloc(1 << 20);
  let best = Number.POSITIVE_INFINITY;
  let bytes = 0;
  for (let repeat = 0; repeat < 7; repeat++) {
    const from = process.hrtime.bigint();
    // writing it out is part of the price: concatenations are flattened only then
    for (let i = 0; i < rounds; i++) bytes = out.write(encoder.encodeRow(makeRow(i)), 0, 'latin1');
    best = Math.min(best, Number(process.hrtime.bigint() - from) / rounds);
  }
  console.log(`${name.padEnd(44)} ${best.toFixed(0).padStart(8)} ns, ${bytes} bytes`);
}

measure('4 columns, kinds known', kinds, (i) => ({ ...row, id: i, temp: i + 0.5 }), 200_000);
measure('4 columns, tagged', tagged, (i) => ({ ...row, id: i, temp: i + 0.5 }), 200_000);
measure('4 columns, unknown keys', map({}, 'any'), (i) => ({ ...row, id: i, temp: i + 0.5 }), 200_000);
measure('4 columns, same row', kinds, () => row, 200_000);
const wideText = JSON.stringify(
  Object.fromEntries(Array.from({ length: 1500 }, (_, i) => [`column_${i}`, i % 3 ? i * 1.25 : `value ${i}`])),
);
const wide = Array.from({ length: 200 }, () => JSON.parse(wideText));
measure('1500 columns, unknown keys', map({}, 'any'), (i) => wide[i % 200], 200);
measure('1500 columns, parse and encode', map({}, 'any'), () => JSON.parse(wideText), 200);
