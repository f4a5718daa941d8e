// What a call of a JavaScript function of a user costs, values in and out included. `npm run build`, then
// `node packages/extensions/bench/script.mjs`.
import { silentLogger } from '@kuiper/base';
import { ScriptHost } from '../dist/script/script-host.js';
import { scriptProvider } from '../dist/script/script-provider.js';
import { nsPerCall, tell } from './per-call.mjs';

const scripts = [
  ['script: two numbers to one', 'function area(x, y) { return x * y; }', (i) => [i, 2.5], (i) => i * 2.5],
  ['script: a text to a text', 'function area(s) { return s + "!"; }', (i) => [`device-${i}`], (i) => `device-${i}!`],
  [
    'script: an object of four members to a number',
    'function area(r) { return r.temp * 1.8 + 32; }',
    (i) => [{ id: i, device: 'device-17', temp: 21.5, ok: true }],
    () => 21.5 * 1.8 + 32,
  ],
  [
    'script: twenty numbers to their mean',
    'function area(l) { let s = 0; for (const v of l) s += v; return s / l.length + 0.5; }',
    () => [Array.from({ length: 20 }, (_, i) => i)],
    () => 10,
  ],
];

const host = new ScriptHost({ stopwatchMs: () => performance.now(), timeZone: 'UTC' });
for (const [title, script, argumentsOf, resultOf] of scripts) {
  const provider = scriptProvider(host);
  await provider.put({ kind: 'script', name: 'area', script, isAgg: false });
  const instance = await provider.function('area').instantiate({ logger: silentLogger });
  const ns = nsPerCall((i) => {
    const result = instance.eval(...argumentsOf(i));
    // Whole numbers come back as bigint.
    if (String(result) !== String(resultOf(i))) throw new Error(`${title} gave ${result}`);
  });
  tell(title, ns);
  await instance.close?.();
}
