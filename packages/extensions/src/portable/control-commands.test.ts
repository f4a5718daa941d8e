import { expect, it } from 'vitest';
import { commandKey, controlCommand, isGoneAlready, negotiatedExtras } from './control-commands.ts';

const meta = { ruleId: 'r1', opId: 'demo', instanceId: 0 };

it('holds its argument as text, the topic under both names that SDKs look for', () => {
  const text = controlCommand('start', {
    symbolName: 'random',
    meta,
    pluginType: 'source',
    dataSource: 'top"ic',
    config: { interval: 5 },
  });
  const { cmd, arg } = JSON.parse(text) as { cmd: string; arg: string };
  expect(cmd).toBe('start');
  expect(JSON.parse(arg)).toEqual({
    symbolName: 'random',
    meta,
    pluginType: 'source',
    dataSource: 'top"ic',
    datasource: 'top"ic',
    config: { interval: 5 },
  });
});

it('tells functions apart by name and the rest by place', () => {
  const none = { ruleId: '', opId: '', instanceId: 0 };
  const keys = [
    commandKey({ symbolName: 'a', meta: none, pluginType: 'func' }),
    commandKey({ symbolName: 'b', meta: none, pluginType: 'func' }),
    commandKey({ symbolName: 'a', meta, pluginType: 'source' }),
    commandKey({ symbolName: 'a', meta, pluginType: 'sink' }),
    commandKey({ symbolName: 'a', meta: { ...meta, ruleId: 'r2' }, pluginType: 'source' }),
  ];
  expect(new Set(keys).size).toBe(keys.length);
});

it.each([
  ['symbol r1_op1_0_random not found', true],
  ['host unreachable', false],
  ['symbol not found', false],
])('counts "%s" as gone already: %s', (reply, gone) => {
  expect(isGoneAlready(reply)).toBe(gone);
});

it.each([
  ['handshake', []],
  ['handshake {"v":2,"extras":["state","lookup",7]}', ['state', 'lookup']],
  ['handshake {"v":2}', []],
  ['handshake {broken', []],
  ['{"extras":["state"]}', []],
  ['', []],
])('reads the extras of %s', (body, extras) => {
  expect(negotiatedExtras(Buffer.from(body))).toEqual(extras);
});
