/** Run by `kuiper plugin test`; with Node.js 22.18 or later also by `node --test`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PluginName } from './PLUGIN_NAME.ts';

const context = { ruleId: 'r1', logger: { info() {} } };

test('counts on from where it was', async () => {
  const source = new PluginName();
  const rows = [];
  source.provision(context, { message: 'hello' });
  source.rewind(41);
  await source.pull(context, 0, (row) => void rows.push(row));
  assert.deepEqual(rows, [{ count: 42, message: 'hello' }]);
});

test('refuses what is no message', () => {
  assert.throws(() => new PluginName().provision(context, { message: 1 }), /must be a text/);
});
