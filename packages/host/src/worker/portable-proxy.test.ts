import type { ControlArgument, PortableState } from '@kuiper/extensions';
import { expect, it } from 'vitest';
import { PortableProxy } from './portable-proxy.ts';
import { type FromWorker, toPlainError } from './protocol.ts';

const argument: ControlArgument = {
  symbolName: 'random',
  meta: { ruleId: 'r', opId: 'op', instanceId: 0 },
  pluginType: 'source',
};

const state = (status: PortableState['status'], generation = 1): PortableState => ({
  plugin: 'p',
  status,
  errMsg: '',
  generation,
  instances: 1,
  extras: [],
});

it('commands are answered one by one, in any order', async () => {
  const sent: FromWorker[] = [];
  const proxy = new PortableProxy((message) => sent.push(message));
  const starting = proxy.start('p', argument);
  const stopping = proxy.stop('p', argument);
  expect(sent).toEqual([
    { kind: 'ask', id: 1, command: 'start', plugin: 'p', argument },
    { kind: 'ask', id: 2, command: 'stop', plugin: 'p', argument },
  ]);
  proxy.answered(2, null);
  await stopping;
  proxy.answered(1, toPlainError(new Error('plugin p is stopped')));
  await expect(starting).rejects.toThrow('plugin p is stopped');
  // An answer to nothing asked is no harm.
  proxy.answered(7, null);
});

it('states are told to who listens, and remembered', () => {
  const proxy = new PortableProxy(() => {});
  expect(proxy.state('p')).toBe(undefined);
  const heard: string[] = [];
  const leave = proxy.onState(({ status, generation }) => heard.push(`${status} ${generation}`));
  proxy.changed(state('initializing'));
  proxy.changed(state('running', 2));
  leave();
  proxy.changed(state('error', 2));
  expect([heard, proxy.state('p')?.status]).toEqual([['initializing 1', 'running 2'], 'error']);
});
