import { PassThrough } from 'node:stream';
import { type Logger, ManualClock, silentLogger } from '@kuiper/base';
import { expect, it } from 'vitest';
import { PluginOutput } from './plugin-output.ts';

function makeOutput(limits = { lineLength: 10, linesPerSecond: 3 }) {
  const lines: string[] = [];
  const add = (text: string): number => lines.push(text);
  const logger: Logger = { ...silentLogger, info: add, warn: add };
  const clock = new ManualClock(1000);
  const output = new PluginOutput({ name: 'py', clock, logger, limits });
  const stream = new PassThrough();
  output.follow(stream, true);
  const write = async (chunk: string | Buffer): Promise<void> => {
    stream.write(chunk);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { lines, clock, output, stream, write };
}

it('puts the name of the plugin in front of each line, however the chunks are cut', async () => {
  const { lines, write } = makeOutput();
  const bytes = Buffer.from('é one\r\n\ntwo\n');
  await write(bytes.subarray(0, 1));
  await write(bytes.subarray(1, 8));
  await write(bytes.subarray(8));
  expect(lines).toEqual(['[py] é one', '[py] two']);
});

it('cuts long lines, also those that never end', async () => {
  const { lines, write } = makeOutput();
  await write(`${'a'.repeat(11)}\n`);
  await write('b'.repeat(50));
  await write('c'.repeat(50));
  await write('c\nnext\n');
  expect(lines).toEqual([`[py] ${'a'.repeat(10)}…`, `[py] ${'b'.repeat(10)}…`, '[py] next']);
});

it('drops what comes too fast and says how much', async () => {
  const { lines, write, clock } = makeOutput();
  await write('1\n2\n3\n4\n5\n');
  clock.advance(1000);
  await write('6\n');
  expect(lines).toEqual(['[py] 1', '[py] 2', '[py] 3', '[py] 2 lines of output dropped', '[py] 6']);
});

it('keeps the last line for what is said about the end of the process', async () => {
  const { output, write } = makeOutput();
  await write('Traceback:\n  File "x"\nValueError: no\n\n');
  expect(output.lastErrorLine).toBe('ValueError: no');
});

it('takes a last line without an end', async () => {
  const { lines, stream, write } = makeOutput();
  await write('bye');
  stream.end();
  await new Promise((resolve) => setImmediate(resolve));
  expect(lines).toEqual(['[py] bye']);
});
