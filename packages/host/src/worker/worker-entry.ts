/** The data plane: a worker thread that runs rules and does what the control plane says. */
import { parentPort, workerData } from 'node:worker_threads';
import { type LogFields, type Logger, type LogLevel, SystemClock } from '@kuiper/base';
import { type Run, type RuleSpec, SharedCounters, type SourceSpec } from '@kuiper/engine';
import type { ExtensionKey, ExtensionRecord } from '@kuiper/extensions/record';
import { collectGarbageSoon } from '../collect-garbage.ts';
import { createEngine, type Engine } from '../create-engine.ts';
import { connectionState } from '../connection-state.ts';
import { joinLevelKv } from '../store/index.ts';
import type { SchemaText } from '../rule-host.ts';
import { PortableProxy } from './portable-proxy.ts';
import { type Call, type FromWorker, type ToWorker, toPlainError, type WorkerBoot } from './protocol.ts';

const heartbeatMs = 50;
/** Texts change with every failing row: they are told at most this often. */
const notesMs = 50;

const boot = workerData as WorkerBoot;
const port = parentPort;
if (port === null) throw new Error('worker-entry must be started as a worker thread');

const send = (message: FromWorker): void => port.postMessage(message);

function portLogger(fields: LogFields): Logger {
  const log =
    (level: LogLevel) =>
    (message: string, more: LogFields = {}): void =>
      send({ kind: 'log', level, message, fields: { ...fields, ...more } });
  return {
    debug: boot.debug ? log('debug') : () => {},
    info: log('info'),
    warn: log('warn'),
    error: log('error'),
    with: (more) => portLogger({ ...fields, ...more }),
    debugEnabled: boot.debug,
  };
}

/** Gathers changed texts and tells them together. */
class NoteTeller {
  private readonly changed = new Map<string, Run>();
  private timer: NodeJS.Timeout | null = null;

  readonly noted = (ruleId: string, run: Run): void => {
    this.changed.set(ruleId, run);
    this.timer ??= setTimeout(() => this.tell(), notesMs);
  };

  /** Called before an end is told, so that the last texts are there. */
  tell(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    for (const [ruleId, run] of this.changed) send({ kind: 'notes', ruleId, notes: run.notes });
    this.changed.clear();
  }
}

// What foreign code lets slip, in a timer of its own or a promise nobody waits for, must not end the rules of others.
for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
  process.on(event, (error: unknown) => {
    const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
    send({ kind: 'log', level: 'error', message: `nobody caught: ${what}`, fields: {} });
  });
}

const kv = await joinLevelKv(boot.store);
const notes = new NoteTeller();
const numbers = new Map<string, number>();

const portable = boot.portable === null ? null : new PortableProxy(send);
for (const state of boot.portable ?? []) portable?.changed(state);

const engine = await createEngine({
  settings: boot.settings,
  kv,
  logger: portLogger({}),
  clock: new SystemClock({ keepAlive: true }),
  counters: new SharedCounters((index, buffer) => send({ kind: 'slab', index, buffer })),
  activity: {
    current: boot.activity,
    numberOf: (ruleId) => {
      const known = numbers.get(ruleId);
      if (known !== undefined) return known;
      const number = numbers.size + 1;
      numbers.set(ruleId, number);
      send({ kind: 'number', ruleId, number });
      return number;
    },
  },
  ...(portable === null ? {} : { portable }),
  onEnd: (end) => {
    notes.tell();
    send({ kind: 'end', end });
  },
  onNoted: notes.noted,
  onStarted: (ruleId, run) => {
    send({ kind: 'started', ruleId, layout: plainLayout(run), topology: run.planned.topology });
  },
});

const taps = new Map<number, () => void>();
const methods = makeMethods(engine);

setInterval(() => Atomics.add(boot.heartbeat, 0, 1), heartbeatMs);

port.on('message', (message: ToWorker) => {
  if (message.kind === 'call') answerCall(message);
  else if (message.kind === 'answered') portable?.answered(message.id, message.error);
  else portable?.changed(message.state);
});

function answerCall(call: Call): void {
  const answer = (result: unknown): void => send({ kind: 'answer', id: call.id, result });
  const failure = (error: unknown): void => send({ kind: 'failure', id: call.id, error: toPlainError(error) });
  try {
    const method = methods[call.method] as ((...args: readonly unknown[]) => unknown) | undefined;
    if (method === undefined) throw new Error(`no method ${call.method}`);
    const result = method(...call.args);
    if (result instanceof Promise) result.then(answer, failure);
    else answer(result);
  } catch (error) {
    failure(error);
  }
}
send({ kind: 'ready' });
collectGarbageSoon();

/** Addresses only: blocks hold views that need not travel. */
function plainLayout(run: Run): ReturnType<Run['layout']> {
  return JSON.parse(JSON.stringify(run.layout(), (key, value) => (key === 'values' ? undefined : value)));
}

function makeMethods({
  thread,
  connectors,
  schemas,
  extensions,
}: Engine): Record<string, (...args: never[]) => unknown> {
  return {
    plan: (spec: RuleSpec) => thread.plan(spec),
    deploy: (spec: RuleSpec) => {
      // A number per rule must exist before its code runs for the first time.
      return thread.deploy(spec);
    },
    deployAll: async (specs: readonly RuleSpec[]) => {
      const failures: { ruleId: string; error: ReturnType<typeof toPlainError> }[] = [];
      for (const spec of specs) {
        try {
          await thread.deploy(spec);
          await thread.start(spec.id);
        } catch (error) {
          failures.push({ ruleId: spec.id, error: toPlainError(error) });
        }
      }
      return failures;
    },
    start: (ruleId: string) => thread.start(ruleId),
    stop: async (ruleId: string) => {
      await thread.stop(ruleId);
      notes.tell();
    },
    remove: (ruleId: string, temp: boolean) => thread.remove(ruleId, temp),
    scanTables: (ruleId: string) => thread.scanTables(ruleId),
    checkpoint: (ruleId: string) => thread.checkpoint(ruleId),
    resetState: (ruleId: string, request: Parameters<typeof thread.resetState>[1]) =>
      thread.resetState(ruleId, request),
    tap: (ruleId: string, tap: number) => {
      taps.set(
        tap,
        thread.tap(ruleId, (event) => send({ kind: 'tap', tap, event })),
      );
    },
    untap: (tap: number) => {
      taps.get(tap)?.();
      taps.delete(tap);
    },
    openTable: (table: SourceSpec) => thread.openTable(table),
    closeTable: (name: string) => thread.closeTable(name),
    putSchema: (schema: SchemaText) => schemas.put(schema),
    deleteSchema: (type: string, name: string) => schemas.delete(type, name),
    putExtension: (record: ExtensionRecord) => extensions.put(record),
    serviceMetrics: () => extensions.metrics(),
    dropExtension: (key: ExtensionKey) => extensions.drop(key),
    putConnection: (id: string, type: string, props: Readonly<Record<string, unknown>>) =>
      thread.putConnection(connectors, id, type, props),
    deleteConnection: (id: string) => connectors.connections.drop(id),
    pingConnection: (type: string, props: Readonly<Record<string, unknown>>) =>
      connectors.connections.ping(type, props),
    connectionStatus: (id: string) => connectionState(connectors, id),
    sharedColumns: (stream: string) => thread.sharedColumns(stream),
    startDataServer: () => connectors.dataServer.start(),
    close: async () => {
      await engine.close();
      await kv.close();
    },
  };
}
