/** Run by `kuiper plugin test`; with Node.js 22.18 or later also by `node --test`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PluginName } from './PLUGIN_NAME.ts';

test('logs what it gets', async () => {
  const lines = [];
  const context = { logger: { info: (line) => lines.push(line) } };
  const sink = new PluginName();
  sink.provision(context, { prefix: 'got' });
  await sink.collect(context, { raw: () => new TextEncoder().encode('{"a":1}') });
  assert.deepEqual(lines, ['got {"a":1}']);
});
