/** Run by `kuiper plugin test --unit`; with Node.js 22.18 or later also by `node --test`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as plugin from './symbols.ts';

/** As much of a context as the plugin uses. */
function context() {
  const lines = [];
  let count = 0;
  return { ruleId: 'r1', lines, logger: { info: (line) => lines.push(line) }, incrCounter: () => ++count };
}
//<function>

test('greets by name', () => {
  assert.equal(new plugin.Greet().exec(context(), ['Ada']), 'Hello, Ada!');
});

test('refuses what is no name', () => {
  assert.throws(() => new plugin.Greet().exec(context(), [42]), /a text is expected, found 42/);
});
//</function>
//<source>

test('counts what it sends', async () => {
  const source = new plugin.Repeat();
  const ctx = context();
  const rows = [];
  source.provision(ctx, { message: 'hi' });
  await source.pull(ctx, 0, (row) => void rows.push(row));
  await source.pull(ctx, 1000, (row) => void rows.push(row));
  assert.deepEqual(rows, [
    { count: 1, message: 'hi' },
    { count: 2, message: 'hi' },
  ]);
});
//</source>
//<sink>

test('logs what it gets', () => {
  const sink = new plugin.Log();
  const ctx = context();
  sink.provision(ctx, { prefix: 'got' });
  sink.collect(ctx, { raw: () => new TextEncoder().encode('{"a":1}') });
  assert.deepEqual(ctx.lines, ['got {"a":1}']);
});
//</sink>
