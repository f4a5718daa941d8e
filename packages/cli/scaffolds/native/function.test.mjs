/** Run by `kuiper plugin test`; with Node.js 22.18 or later also by `node --test`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PluginName } from './PLUGIN_NAME.ts';

const context = { ruleId: 'r1', incrCounter: () => 2 };

test('greets by name', () => {
  assert.equal(new PluginName().exec(context, ['Ada']), 'Hello, Ada!');
});

test('refuses what is no name', () => {
  assert.throws(() => new PluginName().exec(context, [42]), /a text is expected, found 42/);
});
