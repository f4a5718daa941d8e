/** Symbols over the common protocol, which every engine speaks. Source: behaviour spec, extension §4.7–4.9. */
import type { Clock } from '@kuiper/base';
import type { PluginFunction, PluginSink, PluginSource } from '../plugin.ts';
import { PullSocket } from './sp/pull-socket.ts';
import { PushSocket } from './sp/push-socket.ts';
import { ReqSocket } from './sp/req-socket.ts';
import {
  checkPlace,
  collectItem,
  dataPath,
  makeInstance,
  type Offered,
  propsOf,
  type RunningSymbol,
  SourceRunner,
  type SymbolControl,
  textOf,
  validateCall,
} from './plugin-symbol.ts';
import { answerCommands } from './answer-commands.ts';
import { SymbolContext } from './symbol-context.ts';

/** A message that could not be sent for so long is waited for no longer, but not lost. */
const SEND_TIMEOUT_MS = 3_600_000;

export async function startCommonSource(
  clock: Clock,
  control: SymbolControl,
  offered: Offered<PluginSource>,
): Promise<RunningSymbol> {
  checkPlace(control);
  const source = makeInstance(offered);
  const context = new SymbolContext(control.meta);
  const props = propsOf(control);
  await source.provision?.(context, props);
  const push = new PushSocket(`${dataPath(control.meta)}.ipc`, { clock, sendTimeoutMs: SEND_TIMEOUT_MS });
  await push.dial();
  const send = (message: object): Promise<void> | undefined =>
    push.send([jsonOf(message)])?.then(
      () => undefined,
      () => undefined,
    );
  const runner = new SourceRunner(source, context, props, {
    rows: (rows, meta) => {
      let full: Promise<void> | undefined;
      for (const message of rows) full = send({ message, meta });
      return full;
    },
    fail: (error) => void send({ error }),
    end: () => undefined,
  });
  await runner.prepare();
  return {
    run: () => runner.run(),
    stop: async () => {
      await runner.stop();
      push.close();
    },
  };
}

export async function startCommonSink(
  clock: Clock,
  control: SymbolControl,
  offered: Offered<PluginSink>,
): Promise<RunningSymbol> {
  checkPlace(control);
  const sink = makeInstance(offered);
  const context = new SymbolContext(control.meta);
  const props = propsOf(control);
  await sink.provision?.(context, props);
  // Engines read what nobody has asked for only sometimes.
  const acknowledges = props['requireAck'] === true;
  const acks = new PushSocket(`${dataPath(control.meta)}_ack.ipc`, { clock, sendTimeoutMs: SEND_TIMEOUT_MS });
  let turn = Promise.resolve(sink.connect?.(context, () => undefined)).then(
    () => null,
    (error: unknown) => textOf(error),
  );
  const connected = turn;
  const collect = async (message: Uint8Array): Promise<null> => {
    let failure = await connected;
    try {
      if (failure === null) await collectItem(sink, context, message, {});
    } catch (error) {
      failure = textOf(error);
    }
    if (failure !== null) context.logger.error(failure);
    if (acknowledges) {
      acks.send([failure === null ? '{}' : jsonOf({ error: failure })])?.catch(() => undefined);
    }
    return null;
  };
  const pull = await PullSocket.listen(
    `${dataPath(control.meta)}.ipc`,
    { clock },
    {
      received: ({ buffer, starts, ends, count }) => {
        for (let i = 0; i < count; i++) {
          const message = Uint8Array.prototype.slice.call(buffer, starts[i], ends[i]);
          turn = turn.then(() => collect(message));
        }
      },
    },
  );
  try {
    await acks.dial();
  } catch (error) {
    await pull.close();
    throw error;
  }
  return {
    run: () => undefined,
    stop: async () => {
      await pull.close();
      await turn;
      acks.close();
      await sink.close?.(context);
    },
  };
}

export async function startCommonFunction(
  clock: Clock,
  control: SymbolControl,
  offered: Offered<PluginFunction>,
): Promise<RunningSymbol> {
  const probe = makeInstance(offered);
  const sites = new Map<string, { readonly made: PluginFunction; readonly context: SymbolContext }>();
  const socket = new ReqSocket(`ipc:///tmp/func_${control.symbolName}.ipc`, { clock });
  await socket.dial();
  const exec = async (args: unknown): Promise<unknown> => {
    if (!Array.isArray(args) || typeof args.at(-1) !== 'string') throw new Error('invalid arg');
    const place = args.at(-1) as string;
    let site = sites.get(place);
    if (site === undefined) {
      site = { made: makeInstance(offered), context: new SymbolContext(JSON.parse(place) as SymbolControl['meta']) };
      sites.set(place, site);
    }
    return site.made.exec(site.context, args.slice(0, -1));
  };
  const answer = async (request: Buffer): Promise<string> => {
    try {
      const { func, arg } = JSON.parse(request.toString('utf8')) as { func?: unknown; arg?: unknown };
      if (func === 'Exec') return jsonOf({ state: true, result: (await exec(arg)) ?? null });
      if (func === 'IsAggregate') return jsonOf({ state: true, result: probe.isAggregate?.() === true });
      if (func !== 'Validate') return jsonOf({ state: false, result: `invalid func ${String(func)}` });
      const wrong = validateCall(probe, Array.isArray(arg) ? arg : []);
      return jsonOf({ state: wrong === null, result: wrong ?? '' });
    } catch (error) {
      return jsonOf({ state: false, result: textOf(error) });
    }
  };
  return {
    run: () => void answerCommands(socket, 'handshake', answer),
    stop: () => socket.close(),
  };
}

/** Bytes become base64; all numbers are floats to the engine. */
function jsonOf(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) => {
    if (typeof member === 'bigint') return Number(member);
    if (typeof member === 'number' && !Number.isFinite(member)) throw new Error(`result is ${member}`);
    const bag = member as { type?: unknown; data?: unknown } | null;
    if (member instanceof Uint8Array) return Buffer.from(member).toString('base64');
    if (bag?.type === 'Buffer' && Array.isArray(bag.data)) return Buffer.from(bag.data as number[]).toString('base64');
    return member;
  });
}
