/** How a plugin's program is started. Source: behaviour spec, extension §4.3; `node` and `exec` are ours. */
import { dirname } from 'node:path';
import { portableErrors } from './errors.ts';

/** A program to run and to keep running. */
export interface PluginProgram {
  readonly name: string;
  /** `go`, `python`, `node` or `exec`. */
  readonly language: string;
  /** Absolute. */
  readonly executable: string;
  readonly virtualEnvType: string;
  readonly env: string;
  /** Processes to run. */
  readonly instances: number;
  /** Bytes of resident memory at which a process is ended; null for no limit. */
  readonly maxMemoryBytes: number | null;
}

export interface Invocation {
  readonly command: string;
  readonly args: readonly string[];
  readonly directory: string;
}

/** The same for every plugin: Go plugins parse it, others ignore it. */
const ARGUMENT = '{"sendTimeout":1000}';

/** Throws when the program's kind is not known. */
export function invocationOf(program: PluginProgram, pythonBin: string): Invocation {
  const { name, language, executable, virtualEnvType, env } = program;
  const directory = dirname(executable);
  const invoke = (command: string, ...args: readonly string[]): Invocation => ({
    command,
    args: [...args, ARGUMENT],
    directory,
  });
  switch (language) {
    case 'go':
    case 'exec':
      return invoke(executable);
    case 'node':
      return invoke(process.execPath, executable);
    case 'python':
      if (virtualEnvType === '') return invoke(pythonBin, '-u', executable);
      if (virtualEnvType !== 'conda') throw portableErrors.VIRTUAL_TYPE_UNSUPPORTED(name, virtualEnvType);
      if (env === '') throw portableErrors.START_FAILED(name, 'virtualEnvType conda needs the name of an env');
      return invoke('conda', 'run', '-n', env, pythonBin, executable);
    default:
      throw portableErrors.LANGUAGE_UNSUPPORTED(language);
  }
}
