/** Lets others read along what is logged, whatever the level of the log. Costs nothing while nobody does. */
import type { LogFields, Logger, LogLevel } from '@kuiper/base';

export interface LogEntry {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: LogFields;
}

type Follower = (entry: LogEntry) => void;

export class LogTap {
  readonly #followers = new Set<Follower>();

  /** Calls for each entry until the returned function is called. The follower must not log. */
  follow(follower: Follower): () => void {
    this.#followers.add(follower);
    return () => this.#followers.delete(follower);
  }

  /** A logger that writes where `inner` does. */
  around(inner: Logger, own: LogFields = {}): Logger {
    const write =
      (level: LogLevel) =>
      (message: string, fields?: LogFields): void => {
        inner[level](message, fields);
        if (this.#followers.size === 0 || (level === 'debug' && !inner.debugEnabled)) return;
        for (const follower of this.#followers) follower({ level, message, fields: { ...own, ...fields } });
      };
    return {
      debug: write('debug'),
      info: write('info'),
      warn: write('warn'),
      error: write('error'),
      with: (more) => this.around(inner.with(more), { ...own, ...more }),
      get debugEnabled() {
        return inner.debugEnabled;
      },
    };
  }
}
