/**
 * One symbol of a plugin at work, as a rule would use it: what a source sends is printed, a sink and a function get
 * something every second. Source: behaviour spec, extension §5; instance 0, since the Go SDK knows no other.
 */
import { type Clock, errorText, jsonText, type Logger } from '@kuiper/base';
import type { ConnectionAccess, FunctionInstance, ScalarFunction, SinkContext, SourceContext } from '@kuiper/sdk';
import type { ExtensionProvider } from '../extension-provider.ts';
import { ownState } from '../native/plugin-context.ts';
import { testServerErrors } from './errors.ts';

export interface SessionSurroundings {
  readonly provider: ExtensionProvider;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly print: (line: string) => void;
}

/** What is asked for over HTTP. */
export interface SymbolRequest {
  readonly symbolName: string;
  readonly pluginType: 'source' | 'sink' | 'func';
  readonly config: Readonly<Record<string, unknown>>;
}

export interface SymbolSession {
  close(): Promise<void>;
}

const ruleId = 'rule1';
const opId = 'op1';
const pauseMs = 1000;

const messages = ['{"count":5,"name":"hello"}', '{"count":10,"name":"world"}'];
const words = ['twelve', 'eleven'];

const noConnections: ConnectionAccess = {
  acquire() {
    throw new Error('the test server has no connections');
  },
};

/** Rejects with the text for the client. */
export function openSymbol(request: SymbolRequest, around: SessionSurroundings): Promise<SymbolSession> {
  switch (request.pluginType) {
    case 'source':
      return openSource(request, around);
    case 'sink':
      return openSink(request, around);
    case 'func':
      return openFunction(request, around);
  }
}

async function openSource(
  { symbolName, config }: SymbolRequest,
  { provider, clock, logger, print }: SessionSurroundings,
): Promise<SymbolSession> {
  const say = (text: string): void => print(`${symbolName}: ${text}`);
  const declaration = provider.source?.(symbolName);
  if (declaration === undefined) throw testServerErrors.SOURCE(symbolName, notOffered('source'));
  const context: SourceContext = {
    ...ownState(),
    clock,
    logger,
    ruleId,
    name: opId,
    rootPath: process.cwd(),
    connections: noConnections,
    resumeFrom: null,
    columns: null,
    ingest: () => undefined,
    ingestRows: ({ rows, meta }) => {
      for (const [i, row] of rows.entries()) say(jsonText({ message: row, meta: meta(i) }));
      return undefined;
    },
    fail: (error) => say(`error: ${errorText(error)}`),
    status: (status, message = '') => say(`${status}${message === '' ? '' : `: ${message}`}`),
    end: () => say('has ended'),
    abort: (error) => say(`cannot go on: ${errorText(error)}`),
  };
  const dataSource = typeof config.datasource === 'string' ? config.datasource : '';
  try {
    const subscription = await declaration.open(context, config as never, dataSource);
    return { close: async () => subscription.close() };
  } catch (error) {
    throw testServerErrors.SOURCE(symbolName, errorText(error), { cause: error });
  }
}

async function openSink(
  { symbolName, config }: SymbolRequest,
  { provider, clock, logger, print }: SessionSurroundings,
): Promise<SymbolSession> {
  const say = (text: string): void => print(`${symbolName}: ${text}`);
  const declaration = provider.sink?.(symbolName);
  if (declaration === undefined) throw testServerErrors.SINK(symbolName, notOffered('sink'));
  const context: SinkContext = {
    ...ownState(),
    clock,
    logger,
    ruleId,
    name: opId,
    rootPath: process.cwd(),
    connections: noConnections,
    status: (status, message = '') => say(`${status}${message === '' ? '' : `: ${message}`}`),
    abort: (error) => say(`cannot go on: ${errorText(error)}`),
  };
  let sink: Awaited<ReturnType<typeof declaration.open>>;
  try {
    sink = await declaration.open(context, config as never);
  } catch (error) {
    throw testServerErrors.SINK(symbolName, errorText(error), { cause: error });
  }
  const end = everySecond(clock, async (round) => {
    const message = messages[round % messages.length] as string;
    try {
      await sink.write({ kind: 'bytes', payloads: [message], props: null });
      say(`sent ${message}`);
    } catch (error) {
      say(`error: ${errorText(error)}`);
    }
  });
  return {
    async close() {
      await end();
      await sink.close();
    },
  };
}

async function openFunction(
  { symbolName }: SymbolRequest,
  { provider, clock, logger, print }: SessionSurroundings,
): Promise<SymbolSession> {
  const say = (text: string): void => print(`${symbolName}${text}`);
  const span = { start: 0, end: 0 };
  try {
    await provider.prepare?.({ name: symbolName, args: [{ kind: 'string', value: words[0] as string, span }] });
  } catch (error) {
    // A function that wants other arguments is called all the same: what it then says is worth seeing.
    if (provider.function?.(symbolName) === undefined) {
      throw testServerErrors.FUNCTION(symbolName, errorText(error), { cause: error });
    }
    say(`("${words[0]}"): ${errorText(error)}`);
  }
  const declaration = provider.function?.(symbolName) as ScalarFunction | undefined;
  if (declaration?.instantiate === undefined) throw testServerErrors.FUNCTION(symbolName, notOffered('function'));
  const instance: FunctionInstance = await declaration.instantiate({
    ...ownState(),
    now: () => clock.now(),
    startedMs: clock.now(),
    sleep: (ms) => new Promise((resolve) => clock.setTimer(clock.now() + ms, () => resolve())),
    keyedState: () => undefined,
    random: Math.random,
    timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    ruleId,
    opId,
    funcId: 1,
    logger,
    rootPath: process.cwd(),
  });
  const end = everySecond(clock, async (round) => {
    const word = words[round % words.length] as string;
    try {
      // Over groups the argument is the list of its values.
      const result: unknown = await instance.eval(declaration.overGroup === true ? [word] : word);
      say(`("${word}") = ${jsonText(result)}`);
    } catch (error) {
      say(`("${word}"): ${errorText(error)}`);
    }
  });
  return {
    async close() {
      await end();
      await instance.close?.();
    },
  };
}

/** Works at once and then each second, one round after the other. @returns what ends it, after the round under way */
function everySecond(clock: Clock, work: (round: number) => Promise<void>): () => Promise<void> {
  let wake = (): void => {};
  let isOver = false;
  const loop = async (): Promise<void> => {
    for (let round = 0; !isOver; round++) {
      await work(round);
      if (isOver) return;
      await new Promise<void>((resolve) => {
        const timer = clock.setTimer(clock.now() + pauseMs, () => resolve());
        wake = () => {
          timer.cancel();
          resolve();
        };
      });
    }
  };
  const done = loop();
  return () => {
    isOver = true;
    wake();
    return done;
  };
}

function notOffered(kind: string): string {
  return `the manifest names no such ${kind}`;
}
