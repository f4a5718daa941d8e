import { silentLogger } from '@kuiper/base';
import type { ControlArgument, PortableControl } from '@kuiper/extensions';
import { beforeEach, describe, expect, it } from 'vitest';
import { PortableCommands } from './portable-commands.ts';

const argument = (ruleId: string, pluginType: ControlArgument['pluginType'] = 'source'): ControlArgument => ({
  symbolName: 's',
  meta: { ruleId, opId: 'op', instanceId: 0 },
  pluginType,
});

describe('PortableCommands', () => {
  let told: string[] = [];
  let answers: { resolve(): void; reject(error: Error): void }[] = [];
  let commands: PortableCommands;
  const [first, second] = [{}, {}];

  beforeEach(() => {
    told = [];
    answers = [];
    const tell =
      (command: string) =>
      (plugin: string, { meta }: ControlArgument): Promise<void> => {
        told.push(`${command} ${plugin} ${meta.ruleId}`);
        return new Promise((resolve, reject) => answers.push({ resolve, reject }));
      };
    const control: PortableControl = {
      start: tell('start'),
      stop: tell('stop'),
      state: () => undefined,
      onState: () => () => {},
    };
    commands = new PortableCommands(control, silentLogger);
  });

  const answer = async (error?: Error): Promise<void> => {
    const next = answers.shift();
    if (error === undefined) next?.resolve();
    else next?.reject(error);
    await new Promise((resolve) => setImmediate(resolve));
  };
  const start = (owner: object, ruleId: string, type?: ControlArgument['pluginType']): Promise<unknown> =>
    commands.run(owner, 'start', 'p', argument(ruleId, type)).catch((error: Error) => error.message);

  it('stops what a worker has started and not stopped, when it is gone', async () => {
    for (const ruleId of ['a', 'b', 'c']) void start(first, ruleId);
    void start(second, 'd');
    for (let i = 0; i < 4; i++) await answer();
    void commands.run(first, 'stop', 'p', argument('b'));
    told = [];
    commands.leave(first);
    expect(told).toEqual(['stop p a', 'stop p c']);
    commands.leave(first);
    expect(told).toHaveLength(2);
  });

  it('leaves functions to the plugin', async () => {
    void start(first, 'a', 'func');
    await answer();
    commands.leave(first);
    expect(told).toEqual(['start p a']);
  });

  it('leaves what failed to start', async () => {
    const started = start(first, 'a');
    await answer(new Error('no such source'));
    expect(await started).toBe('no such source');
    commands.leave(first);
    expect(told).toEqual(['start p a']);
  });

  it('leaves what another worker has started meanwhile', async () => {
    void start(first, 'a');
    await answer();
    void start(second, 'a');
    await answer();
    told = [];
    commands.leave(first);
    expect(told).toEqual([]);
    commands.leave(second);
    expect(told).toEqual(['stop p a']);
  });

  it('stops again what comes up after its worker has gone, unless another one wants it', async () => {
    void start(first, 'a');
    void start(first, 'b');
    commands.leave(first);
    void start(second, 'b');
    told = [];
    await answer();
    await answer();
    expect(told).toEqual(['stop p a']);
  });

  it('does not start what a worker that is gone had asked for', async () => {
    commands.leave(first);
    expect(await start(first, 'a')).toBeUndefined();
    expect(told).toEqual([]);
  });
});
