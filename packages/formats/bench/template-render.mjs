// Prints nanoseconds per rendered template and microseconds per compiled one. Build first: npx tsc -b packages/formats
import { compileTemplate } from '../dist/index.js';

const environment = {
  now: () => 1_700_000_000_000,
  random: () => 0.5,
  zone: 'UTC',
  pattern: () => {
    throw new Error('no regular expressions here');
  },
};
const out = Buffer.alloc(1 << 20);

function measure(text, makeRow, expected) {
  const template = compileTemplate(text, environment);
  const rendered = template.render(makeRow(1));
  if (rendered !== expected) throw new Error(`${text} rendered ${rendered}`);
  let best = Number.POSITIVE_INFINITY;
  for (let repeat = 0; repeat < 5; repeat++) {
    const from = process.hrtime.bigint();
    // writing it out is part of the price: concatenations are flattened only then
    for (let i = 0; i < 300_000; i++) out.write(template.render(makeRow(i)), 0, 'latin1');
    best = Math.min(best, Number(process.hrtime.bigint() - from) / 300_000);
  }
  console.log(`${text.padEnd(70)} ${best.toFixed(0).padStart(6)} ns`);
}

const list = Array.from({ length: 10 }, (_, i) => ({ v: i }));
measure('{"x":{{.a}},"t":"{{.b}}"}', (i) => ({ a: i, b: 'hello' }), '{"x":1,"t":"hello"}');
measure('{"x":{{.a}},"t":{{.f}}}', (i) => ({ a: i, f: i + 0.5 }), '{"x":1,"t":1.5}');
measure('{{if lt .a 30.0}}low{{else}}high{{end}}', (i) => ({ a: i }), 'low');
measure('{{toJson .}}', (i) => ({ a: i, b: 'x', c: 2.5 }), '{"a":1,"b":"x","c":2.5}');
measure('{{printf "%s-%v" (upper .b) .a}}', (i) => ({ a: i, b: 'x' }), 'X-1');
measure('{{range $i, $e := .l}}{{if $i}},{{end}}{{$e.v}}{{end}}', () => ({ l: list }), '0,1,2,3,4,5,6,7,8,9');

const from = process.hrtime.bigint();
for (let i = 0; i < 1000; i++) compileTemplate(`{"x":{{.a}},"t":"{{.b}}","i":${i}}`, environment);
console.log(`compile ${(Number(process.hrtime.bigint() - from) / 1e6).toFixed(0)} µs`);
