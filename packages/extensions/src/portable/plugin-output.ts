/** What a plugin prints, as lines in the engine's log: each with the plugin's name, none too long, and not too many. */
import { StringDecoder } from 'node:string_decoder';
import type { Clock, Logger } from '@kuiper/base';

export interface OutputLimits {
  /** Characters of a line; what is beyond is cut. */
  readonly lineLength: number;
  /** Lines per second and plugin. What is beyond is dropped and counted. */
  readonly linesPerSecond: number;
}

export const defaultOutputLimits: OutputLimits = { lineLength: 4096, linesPerSecond: 200 };

/** Characters of the end of the output that are kept for error texts. */
const TAIL_LENGTH = 2048;

export class PluginOutput {
  readonly #name: string;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #limits: OutputLimits;
  #secondStart = 0;
  #lines = 0;
  #dropped = 0;
  #tail = '';

  constructor(options: { name: string; clock: Clock; logger: Logger; limits: OutputLimits }) {
    this.#name = options.name;
    this.#clock = options.clock;
    this.#logger = options.logger;
    this.#limits = options.limits;
  }

  /** The last line of what was written to the error stream that is not blank; of a Python traceback, what went wrong. */
  get lastErrorLine(): string {
    return this.#tail.trimEnd().split('\n').pop()?.trim() ?? '';
  }

  /** Takes what comes from one of the streams until it ends. */
  follow(stream: NodeJS.ReadableStream, isError: boolean): void {
    const decoder = new StringDecoder('utf8');
    const limit = this.#limits.lineLength;
    let pending = '';
    let isCut = false;
    const finish = (line: string): void => {
      if (!isCut) this.#line(line.endsWith('\r') ? line.slice(0, -1) : line);
      isCut = false;
    };
    const take = (text: string): void => {
      if (isError) this.#tail = (this.#tail + text).slice(-TAIL_LENGTH);
      const lines = (pending + text).split('\n');
      pending = lines.pop() as string;
      for (const line of lines) finish(line);
      if (pending.length > limit) {
        // A line without end must not fill the memory: it is shown once, what follows of it is left out.
        if (!isCut) this.#line(pending);
        isCut = true;
        pending = '';
      }
    };
    stream.on('data', (chunk: Buffer) => take(decoder.write(chunk)));
    stream.on('end', () => {
      take(decoder.end());
      if (pending !== '') finish(pending);
    });
  }

  /** Says how much has been left out since it was said last. */
  flush(): void {
    if (this.#dropped > 0) this.#logger.warn(`[${this.#name}] ${this.#dropped} lines of output dropped`);
    this.#dropped = 0;
  }

  #line(text: string): void {
    if (text === '') return;
    const now = this.#clock.now();
    if (now - this.#secondStart >= 1000) {
      this.flush();
      this.#secondStart = now;
      this.#lines = 0;
    }
    if (++this.#lines > this.#limits.linesPerSecond) {
      this.#dropped++;
      return;
    }
    const { lineLength } = this.#limits;
    this.#logger.info(`[${this.#name}] ${text.length > lineLength ? `${text.slice(0, lineLength)}…` : text}`);
  }
}
