import { type Logger, silentLogger } from '@kuiper/base';
import { expect, test } from 'vitest';
import { bytesItems, CollectingSinkContext, openSink, sinkContract } from '../../../../test/contract/sink.ts';
import { logSink } from './log-sink.ts';
import { nopSink } from './nop-sink.ts';

const cases = [
  ['log', logSink, {}, true],
  ['nop', nopSink, {}, false],
  ['nop with log', nopSink, { log: true }, true],
] as const;

for (const [name, declaration, props, logs] of cases) {
  test(`${name} ${logs ? 'writes each payload to the log' : 'is silent'}`, async () => {
    const lines: string[] = [];
    const logger: Logger = { ...silentLogger, info: (line) => lines.push(line) };
    const sink = await openSink(declaration, new CollectingSinkContext({ logger }), props);
    expect(sink.write(bytesItems(['{"a":1}', Buffer.from('é')]))).toBe(undefined);
    expect(lines).toEqual(logs ? ['sink result for rule rule1: {"a":1}', 'sink result for rule rule1: é'] : []);
  });

  sinkContract(name, () => ({ declaration, props, arrived: null }));
}
