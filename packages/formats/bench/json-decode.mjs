// Prints nanoseconds per message for each way of decoding. Build first: npx tsc -b packages/formats
import { jsonFormat } from '../dist/index.js';

const message = '{"id":123,"device":"dev-0042","temp":23.75,"speed":88.5,"ts":1700000000000,"ok":true}';
const wide = JSON.stringify(
  Object.fromEntries(Array.from({ length: 1500 }, (_, i) => [`column_${i}`, i % 3 ? i * 1.25 : `value ${i}`])),
);

function batchOf(text, count) {
  const one = Buffer.from(text);
  const buffer = Buffer.concat(Array.from({ length: count }, () => one));
  const starts = Array.from({ length: count }, (_, i) => i * one.length);
  const ends = starts.map((start) => start + one.length);
  return { buffer, starts, ends, count, timestampMs: 0, position: 0, meta: () => null };
}

function measure(name, spec, batch, rounds) {
  const decoder = jsonFormat.createDecoder({ schema: null, columns: null, options: {}, ...spec });
  let rows = 0;
  const receiver = {
    row: (row) => {
      rows += row === null ? 0 : 1;
    },
    fail: (error) => {
      throw error;
    },
  };
  let best = Number.POSITIVE_INFINITY;
  for (let repeat = 0; repeat < 7; repeat++) {
    rows = 0;
    const from = process.hrtime.bigint();
    for (let i = 0; i < rounds; i++) decoder.decodeBatch(batch, receiver);
    best = Math.min(best, Number(process.hrtime.bigint() - from) / rows);
  }
  console.log(`${name.padEnd(44)} ${best.toFixed(0).padStart(8)} ns`);
}

const many = batchOf(message, 200);
const kinds = {
  k: 'map',
  fields: { id: 'int', device: 'string', temp: 'float', speed: 'float', ts: 'int', ok: 'bool' },
  rest: null,
};
measure('all columns', {}, many, 300);
measure('1 column', { columns: ['temp'] }, many, 1000);
measure('2 columns', { columns: ['device', 'temp'] }, many, 1000);
measure('4 columns', { columns: ['id', 'device', 'temp', 'ts'] }, many, 1000);
measure('6 columns', { columns: ['id', 'device', 'temp', 'speed', 'ts', 'ok'] }, many, 1000);
measure('4 columns, declared', { columns: ['id', 'device', 'temp', 'ts'], schema: kinds }, many, 1000);
measure('all columns, declared', { schema: kinds }, many, 1000);
measure('2 columns, one message per read', { columns: ['device', 'temp'] }, batchOf(message, 1), 100_000);
measure('2 columns, not ASCII', { columns: ['device', 'temp'] }, batchOf(message.replace('dev', 'é'), 200), 500);
measure('1500 columns, all', {}, batchOf(wide, 2), 20);
measure('1500 columns, 2 wanted', { columns: ['column_7', 'column_800'] }, batchOf(wide, 2), 50);
const wideKinds = {
  k: 'map',
  fields: Object.fromEntries(Array.from({ length: 1500 }, (_, i) => [`column_${i}`, i % 3 ? 'float' : 'string'])),
  rest: null,
};
measure('1500 columns, all, declared', { schema: wideKinds }, batchOf(wide, 2), 20);
measure(
  '1500 columns, 100 wanted',
  { columns: Array.from({ length: 100 }, (_, i) => `column_${i * 13}`) },
  batchOf(wide, 2),
  50,
);
measure(
  '1500 columns, 200 wanted',
  { columns: Array.from({ length: 200 }, (_, i) => `column_${i * 7}`) },
  batchOf(wide, 2),
  50,
);
