// What a call of a WebAssembly function costs, values in and out included. `npm run build`, then
// `node packages/extensions/bench/wasm.mjs`.
import { fileURLToPath } from 'node:url';
import { silentLogger } from '@kuiper/base';
import { wasmProvider } from '../dist/wasm/wasm-provider.js';
import { nsPerCall, tell } from './per-call.mjs';

const file = fileURLToPath(new URL('../../../examples/wasm-c/signal.wasm', import.meta.url));
const provider = wasmProvider();
await provider.put({
  kind: 'wasm',
  name: 'signal',
  version: '1.0.0',
  file,
  functions: [
    ...['dew_point', 'fib', 'vowels'].map((name) => ({ name, returns: 'number' })),
    { name: 'shout', returns: 'string' },
  ],
});
const calls = [
  ['wasm: two numbers to one', 'dew_point', (i) => [20 + (i % 10), 50], (value) => value > 0 && value < 40],
  ['wasm: fib(50), a loop', 'fib', () => [50], (value) => value === 12_586_269_025n],
  ['wasm: a text to a number', 'vowels', () => ['Ausgleichsbehälter'], (value) => value === 6n],
  ['wasm: a text to a text', 'shout', (i) => [`device-${i}`], (value, i) => value === `DEVICE-${i}`],
];
for (const [title, name, argumentsOf, isRight] of calls) {
  const instance = await provider.function(name).instantiate({ logger: silentLogger, now: () => 0, random: () => 0.5 });
  tell(
    title,
    nsPerCall((i) => {
      const value = instance.eval(...argumentsOf(i));
      if (!isRight(value, i)) throw new Error(`${title} gave ${value}`);
    }),
  );
}
