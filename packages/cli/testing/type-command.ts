/** Types one command line and tells what came of it. */
import { PassThrough, Readable } from 'node:stream';
import { runKuiper } from '../src/program.ts';
import type { Terminal } from '../src/terminal.ts';

export interface Typed {
  readonly exitCode: number;
  /** Results, each with its line end. */
  readonly output: string;
  readonly remarks: string;
}

export interface TypedOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** What is typed at a prompt. */
  readonly input?: Readable;
  readonly interrupted?: AbortSignal;
  /** Sees each result as it is printed. */
  readonly onPrint?: (line: string) => void;
  readonly onRemark?: (line: string) => void;
}

export async function typeCommand(words: readonly string[], options: TypedOptions = {}): Promise<Typed> {
  const { cwd = '/nonexistent', env = {}, input = Readable.from([]), onPrint, onRemark } = options;
  let output = '';
  let remarks = '';
  const terminal: Terminal = {
    cwd,
    env,
    input,
    output: new PassThrough(),
    isInteractive: false,
    interrupted: options.interrupted ?? new AbortController().signal,
    async print(line) {
      output += `${line}\n`;
      onPrint?.(line);
    },
    remark(line) {
      remarks += `${line}\n`;
      onRemark?.(line);
    },
  };
  const exitCode = await runKuiper(words, terminal);
  return { exitCode, output, remarks };
}
