/** Settings that requests change while the server runs (`PATCH /configs`); gone with the process. */
import type { LogLevel } from '@kuiper/base';

export interface Settings {
  logLevel: LogLevel;
  consoleLog: boolean;
  fileLog: boolean;
  /** IANA name, `UTC` or `Local`. */
  timeZone: string;
  metricsDump: boolean;
}

const levels: Readonly<Record<string, LogLevel>> = {
  debug: 'debug',
  info: 'info',
  warn: 'warn',
  warning: 'warn',
  error: 'error',
  fatal: 'error',
  panic: 'error',
};

/** Undefined for an unknown name. */
export function readLogLevel(name: string): LogLevel | undefined {
  return Object.hasOwn(levels, name.toLowerCase()) ? levels[name.toLowerCase()] : undefined;
}
