/** The test server as a program: waits for the plugin, or starts it, then serves until it is told to end. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { errorText, type Logger, SystemClock } from '@kuiper/base';
import { portableRecord, readManifest } from '../portable/manifest.ts';
import { invocationOf, type PluginProgram } from '../portable/plugin-program.ts';
import { PluginProcess } from '../portable/plugin-process.ts';
import { portableProvider } from '../portable/portable-provider.ts';
import { ProcessTraces } from '../portable/process-traces.ts';
import { testServerErrors } from './errors.ts';
import { HandStartedControl } from './hand-started-control.ts';
import { PluginTestServer } from './plugin-test-server.ts';

export interface ServeOptions {
  /** Path of `<name>.json`. */
  readonly manifest: string;
  /** Starts the plugin as well. */
  readonly run: boolean;
  readonly port: number;
  readonly pythonBin: string;
  readonly print: (line: string) => void;
  readonly signal: AbortSignal;
}

const waitMinutes = 5;

/** Resolves when the signal comes. Rejects when the plugin does not come, or ends. */
export async function servePortable(options: ServeOptions): Promise<void> {
  const { print, signal, pythonBin } = options;
  const file = resolve(options.manifest);
  const name = basename(file, '.json');
  const manifest = readManifest(name, JSON.parse(readFileSync(file, 'utf8')));
  const program: PluginProgram = { ...manifest, executable: join(dirname(file), manifest.executable) };
  const clock = new SystemClock({ keepAlive: true });
  const logger = printLogger(print);
  const path = `/tmp/plugin_${name}.ipc`;
  const control = await HandStartedControl.listen(name, path, clock);
  const provider = portableProvider({ control, clock, logger, portable: { pythonBin } });
  await provider.put(portableRecord(manifest));
  const undo: (() => Promise<void> | void)[] = [() => control.close(), () => provider.close?.()];
  try {
    const connected = firstHandshake(control);
    const { ended } = options.run ? await startProgram(program, options, clock, logger, undo) : noProgram;
    if (!options.run) {
      const { command, args } = invocationOf(program, pythonBin);
      print(`Waiting for plugin ${name} at ${path}. Start it with: ${[command, ...args.map(quote)].join(' ')}`);
    }
    const tooLate = new Promise<never>((_, reject) => {
      const timer = clock.setTimer(clock.now() + waitMinutes * 60_000, () =>
        reject(testServerErrors.NO_HANDSHAKE(name, waitMinutes)),
      );
      undo.push(() => timer.cancel());
    });
    const interrupted = new Promise<'interrupted'>((done) => {
      if (signal.aborted) done('interrupted');
      signal.addEventListener('abort', () => done('interrupted'), { once: true });
    });
    if ((await Promise.race([connected, ended, tooLate, interrupted])) === 'interrupted') return;
    const server = await PluginTestServer.listen(options.port, { provider, clock, logger, print });
    undo.push(() => server.close());
    print(`Plugin ${name} is here. POST http://127.0.0.1:${server.port}/symbol/start and /symbol/stop, such as`);
    for (const line of examples(server.port, manifest)) print(`  ${line}`);
    let generation = control.state(name)?.generation;
    control.onState((state) => {
      if (state.status === 'error') print(`Plugin ${name} has hung up.`);
      if (state.status !== 'running' || state.generation === generation) return;
      generation = state.generation;
      print(`Plugin ${name} is here again, as a new process: start its symbols anew.`);
      void server.stopSymbols();
    });
    await Promise.race([ended, interrupted]);
  } finally {
    for (const step of undo.reverse()) await step();
  }
}

function firstHandshake(control: HandStartedControl): Promise<void> {
  return new Promise((resolve) => {
    const end = control.onState(({ status }) => {
      if (status !== 'running') return;
      end();
      resolve();
    });
  });
}

interface Running {
  /** Rejects when the process ends. */
  readonly ended: Promise<never>;
}

const noProgram: Running = { ended: new Promise<never>(() => {}) };

async function startProgram(
  program: PluginProgram,
  { pythonBin }: ServeOptions,
  clock: SystemClock,
  logger: Logger,
  undo: (() => Promise<void> | void)[],
): Promise<Running> {
  const directory = mkdtempSync(join(tmpdir(), 'kuiper-plugin-'));
  undo.push(() => rmSync(directory, { recursive: true, force: true }));
  const traces = new ProcessTraces(directory, logger);
  const child = await PluginProcess.start(program, { clock, logger, traces, pythonBin });
  undo.push(async () => {
    child.kill();
    await child.ended;
  });
  const ended = child.ended.then(({ text }) => {
    throw new Error(`Plugin ${program.name} has ended: ${text}`);
  });
  ended.catch(() => {});
  return { ended };
}

function examples(port: number, { sources, sinks, functions }: ReturnType<typeof readManifest>): string[] {
  const line = (symbolName: string, pluginType: string): string =>
    `curl -X POST 127.0.0.1:${port}/symbol/start -d '${JSON.stringify({ symbolName, pluginType, config: {} })}'`;
  return [
    ...(sources ?? []).map((symbol) => line(symbol, 'source')),
    ...(sinks ?? []).map((symbol) => line(symbol, 'sink')),
    ...(functions ?? []).map((symbol) => line(symbol, 'func')),
  ];
}

function quote(word: string): string {
  return /^[\w./-]+$/.test(word) ? word : `'${word}'`;
}

/** What the plugin prints, and what goes wrong around it. */
function printLogger(print: (line: string) => void): Logger {
  const logger: Logger = {
    debug: () => {},
    info: print,
    warn: (message) => print(`warning: ${message}`),
    error: (message) => print(`error: ${errorText(message)}`),
    with: () => logger,
    debugEnabled: false,
  };
  return logger;
}
