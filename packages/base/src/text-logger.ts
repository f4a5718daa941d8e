import type { LogFields, Logger, LogLevel } from './logger.ts';
import type { Clock } from './time/clock.ts';
import { DateTime } from './values/date-time.ts';

const rank: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 };
const levelNames: Readonly<Record<LogLevel, string>> = {
  debug: 'debug',
  info: 'info',
  warn: 'warning',
  error: 'error',
};

export interface TextLoggerOptions {
  /** Takes each finished line, without its line break. */
  readonly sink: (line: string) => void;
  readonly clock: Clock;
  /** Entries below it are discarded; `info` by default. A function lets the level change while running. */
  readonly level?: LogLevel | (() => LogLevel);
  /** Zone of the time stamps; `Local` by default. */
  readonly zone?: string;
  readonly fields?: LogFields;
}

/** A logger that prints `time="…" level=info msg="…" key=value`, one line per entry. */
export function createTextLogger(options: TextLoggerOptions): Logger {
  const { sink, clock, level = 'info', zone = 'Local', fields = {} } = options;
  const threshold = typeof level === 'function' ? () => rank[level()] : () => rank[level];
  const write = (entryLevel: LogLevel, message: string, entryFields: LogFields | undefined): void => {
    if (rank[entryLevel] < threshold()) return;
    const seconds = Math.floor(clock.now() / 1000) * 1000;
    let line = `time="${new DateTime(seconds, zone).rfc3339()}" level=${levelNames[entryLevel]} msg=${quoteField(message)}`;
    for (const [key, value] of Object.entries({ ...fields, ...entryFields }))
      line += ` ${key}=${quoteField(String(value))}`;
    sink(line);
  };
  return {
    debug: (message, entryFields) => write('debug', message, entryFields),
    info: (message, entryFields) => write('info', message, entryFields),
    warn: (message, entryFields) => write('warn', message, entryFields),
    error: (message, entryFields) => write('error', message, entryFields),
    with: (more) => createTextLogger({ ...options, fields: { ...fields, ...more } }),
    get debugEnabled() {
      return threshold() === 0;
    },
  };
}

function quoteField(text: string): string {
  return /^[A-Za-z0-9\-._/@^+]+$/.test(text) ? text : JSON.stringify(text);
}
