// Prints nanoseconds per message for SELECT *: decode and encode against transcoding. Build first: npx tsc -b packages/formats
import { createJsonTranscoder, jsonFormat } from '../dist/index.js';

const any = { k: 'map', fields: {}, rest: 'any' };
const decodeSpec = { schema: null, columns: null, options: {} };
const encodeSpec = { type: any, options: {} };

function measure(name, text, rounds) {
  const message = Buffer.from(text);
  const decoder = jsonFormat.createDecoder(decodeSpec);
  const encoder = jsonFormat.createEncoder(encodeSpec);
  const transcoder = createJsonTranscoder(decodeSpec, encodeSpec);
  const ways = {
    'decode and encode': () => Buffer.from(encoder.encodeRow(decoder.decode(message))),
    transcode: () => transcoder.transcode(message, 0, message.length),
  };
  for (const [way, run] of Object.entries(ways)) {
    let best = Number.POSITIVE_INFINITY;
    for (let repeat = 0; repeat < 7; repeat++) {
      const from = process.hrtime.bigint();
      for (let i = 0; i < rounds; i++) run();
      best = Math.min(best, Number(process.hrtime.bigint() - from) / rounds);
    }
    console.log(`${name}, ${way}`.padEnd(44), `${best.toFixed(0).padStart(8)} ns`);
  }
  if (!ways.transcode().equals(ways['decode and encode']())) throw new Error('different results');
}

measure('6 columns', '{"id":123,"device":"dev-0042","temp":23.75,"speed":88.5,"ts":1700000000000,"ok":true}', 100_000);
measure(
  '1500 columns',
  JSON.stringify(
    Object.fromEntries(Array.from({ length: 1500 }, (_, i) => [`column_${i}`, i % 3 ? i * 1.25 : `value ${i}`])),
  ),
  200,
);
