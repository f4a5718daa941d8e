/** What a command sees of the world it was typed in. */
import type { Readable, Writable } from 'node:stream';

export interface Terminal {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly input: Readable;
  /** Results. */
  readonly output: Writable;
  /** A person reads and types. */
  readonly isInteractive: boolean;
  /** Aborts with Ctrl-C. */
  readonly interrupted: AbortSignal;
  /** A line of results; waits while the reader is behind. */
  print(line: string): Promise<void>;
  /** A line that is no result: an error or a remark. */
  remark(line: string): void;
}
