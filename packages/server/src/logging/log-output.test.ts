import { mkdtemp, readdir, readFile, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LogOutput, type LogOutputOptions } from './log-output.ts';

describe('log files', () => {
  let directory = '';
  let nowMs = 0;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'kuiper-log-'));
    nowMs = Date.parse('2030-01-01T00:00:00Z');
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  const open = (options: Partial<LogOutputOptions> = {}): LogOutput =>
    new LogOutput({
      directory,
      settings: { consoleLog: false, fileLog: true },
      rotateTimeMs: 3_600_000,
      maxAgeMs: 0,
      rotateSizeBytes: 1000,
      rotateCount: 2,
      nowMs: () => nowMs,
      ...options,
    });
  const files = async (): Promise<string[]> =>
    (await readdir(directory)).filter((name) => name !== 'stream.log').sort();

  it('are named after their beginning, with a link to the present one', async () => {
    const output = open();
    output.write('one');
    output.write('two');
    await output.close();
    expect(await files()).toEqual(['stream.2030-01-01T00-00-00.log']);
    expect(await readlink(join(directory, 'stream.log'))).toBe('stream.2030-01-01T00-00-00.log');
    expect(await readFile(join(directory, 'stream.log'), 'utf8')).toBe('one\ntwo\n');
  });

  it('begin anew when full or old, and only so many are kept', async () => {
    const output = open();
    for (let i = 0; i < 4; i++) {
      output.write('x'.repeat(1000));
      nowMs += 1000;
    }
    nowMs += 3_600_000;
    output.write('late');
    await output.close();
    expect(await files()).toEqual([
      'stream.2030-01-01T00-00-02.log',
      'stream.2030-01-01T00-00-03.log',
      'stream.2030-01-01T01-00-04.log',
    ]);
  });

  it('are not written when switched off', async () => {
    const output = open({ settings: { consoleLog: false, fileLog: false } });
    output.write('one');
    await output.close();
    expect(await readdir(directory)).toEqual([]);
  });
});
