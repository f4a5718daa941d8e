/** Levels in rising order of urgency. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Where a component says what happens to it. Nothing is logged per row above `debug`. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A logger that adds these fields to each entry. */
  with(fields: LogFields): Logger;
  /** False when debug entries are discarded: lets callers skip making them. */
  readonly debugEnabled: boolean;
}

export type LogFields = Readonly<Record<string, string | number | boolean | null>>;

/** Discards everything. */
export const silentLogger: Logger = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  with: () => silentLogger,
  debugEnabled: false,
};
