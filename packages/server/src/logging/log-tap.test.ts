import { createTextLogger, ManualClock } from '@kuiper/base';
import { describe, expect, test } from 'vitest';
import { type LogEntry, LogTap } from './log-tap.ts';

describe('a tap on the log', () => {
  const written: string[] = [];
  const tap = new LogTap();
  const logger = tap.around(
    createTextLogger({ sink: (line) => written.push(line), clock: new ManualClock(0), level: 'warn', zone: 'UTC' }),
  );

  test('reads entries with their fields, those below the level of the log too', () => {
    const read: LogEntry[] = [];
    const end = tap.follow((entry) => read.push(entry));
    logger.info('one', { a: 1 });
    logger.with({ rule: 'r', plugin: 'p' }).with({ rule: 's' }).error('two', { a: 2 });
    logger.debug('not asked for');
    end();
    logger.error('three');
    expect(read).toEqual([
      { level: 'info', message: 'one', fields: { a: 1 } },
      { level: 'error', message: 'two', fields: { rule: 's', plugin: 'p', a: 2 } },
    ]);
    expect(written).toEqual([
      'time="1970-01-01T00:00:00Z" level=error msg=two rule=s plugin=p a=2',
      'time="1970-01-01T00:00:00Z" level=error msg=three',
    ]);
  });
});
