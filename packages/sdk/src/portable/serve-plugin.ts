/**
 * Runs the symbols of a plugin in a process of their own. They are written as for native plugins: the same classes can
 * be either. Source: behaviour spec, extension §4; portable protocol.
 */
import { SystemClock } from '@kuiper/base';
import type { PluginFunction, PluginLookup, PluginSink, PluginSource } from '../plugin.ts';
import { answerCommands } from './answer-commands.ts';
import { startCommonFunction, startCommonSink, startCommonSource } from './common-symbols.ts';
import { startLinkedFunction, startLinkedLookup, startLinkedSink, startLinkedSource } from './linked-symbols.ts';
import { type LinkHandlers, linkVersion, offeredExtras, PluginLink } from './plugin-link.ts';
import { type Offered, type PluginOffer, type RunningSymbol, type SymbolControl, textOf } from './plugin-symbol.ts';
import { consoleLogger } from './symbol-context.ts';
import { ReqSocket } from './sp/req-socket.ts';

const DIAL_ATTEMPTS = 50;
const DIAL_WAIT_MS = 100;
const ORPHAN_CHECK_MS = 1000;

interface Command {
  readonly cmd: string;
  readonly arg: string;
  readonly ext?: { readonly v?: number; readonly url?: string };
}

/** Resolves when the engine is gone for good; the process should end then. */
export async function servePlugin(offer: PluginOffer): Promise<void> {
  const clock = new SystemClock({ keepAlive: true });
  const parent = process.ppid;
  const socket = new ReqSocket(`ipc:///tmp/plugin_${offer.name}.ipc`, { clock });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => process.exit(0));
  // A symbol that forgets to wait for what fails must not take the others with it.
  process.on('unhandledRejection', (error) => consoleLogger().error(textOf(error)));
  for (let attempt = 1; ; attempt++) {
    try {
      await socket.dial();
      break;
    } catch (error) {
      if (attempt === DIAL_ATTEMPTS) throw error;
      await new Promise((resolve) => setTimeout(resolve, DIAL_WAIT_MS));
    }
  }
  const orphans = setInterval(() => {
    // Whoever has started this process is gone, and with it everybody who could come back.
    if (!socket.isConnected && process.ppid !== parent) process.exit(0);
  }, ORPHAN_CHECK_MS);
  const greeting = `handshake ${JSON.stringify({ v: linkVersion, extras: offeredExtras, sdk: 'typescript/1.0' })}`;
  const symbols = new Symbols(offer, clock);
  await answerCommands(socket, greeting, (command) => symbols.answer(command));
  clearInterval(orphans);
}

class Symbols {
  readonly #offer: PluginOffer;
  readonly #clock: SystemClock;
  readonly #running = new Map<string, RunningSymbol>();

  constructor(offer: PluginOffer, clock: SystemClock) {
    this.#offer = offer;
    this.#clock = clock;
  }

  async answer(command: Buffer): Promise<string> {
    try {
      const { cmd, arg, ext } = JSON.parse(command.toString('utf8')) as Command;
      const control = JSON.parse(arg) as SymbolControl;
      if (cmd === 'start') return await this.#start(control, ext?.v === linkVersion ? (ext.url ?? null) : null);
      if (cmd === 'stop') return await this.#stop(control);
      return `invalid command received: ${cmd}`;
    } catch (error) {
      process.stderr.write(`error ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
      return textOf(error) || 'failed';
    }
  }

  async #start(control: SymbolControl, url: string | null): Promise<string> {
    const key = keyOf(control, url);
    const present = this.#running.get(key);
    if (present !== undefined) {
      if (control.pluginType === 'func') return 'ok';
      this.#running.delete(key);
      await present.stop();
    }
    const symbol = url === null ? await this.#startCommon(control) : await this.#startLinked(control, url);
    if (typeof symbol === 'string') return symbol;
    this.#running.set(key, symbol);
    symbol.run();
    return 'ok';
  }

  async #startCommon(control: SymbolControl): Promise<RunningSymbol | string> {
    const { symbolName, pluginType } = control;
    const { sources, sinks, functions } = this.#offer;
    switch (pluginType) {
      case 'source':
        return startOffered(sources, symbolName, (offered) => startCommonSource(this.#clock, control, offered));
      case 'sink':
        return startOffered(sinks, symbolName, (offered) => startCommonSink(this.#clock, control, offered));
      case 'func':
        return startOffered(functions, symbolName, (offered) => startCommonFunction(this.#clock, control, offered));
      default:
        return `invalid plugin type ${pluginType}`;
    }
  }

  async #startLinked(control: SymbolControl, url: string): Promise<RunningSymbol | string> {
    const { symbolName, pluginType } = control;
    const { name, sources, sinks, functions, lookups } = this.#offer;
    const makeLink = (handlers: LinkHandlers): PluginLink =>
      new PluginLink(name, pluginType, { url, clock: this.#clock }, control, handlers);
    switch (pluginType) {
      case 'source':
        return startOffered(sources, symbolName, (offered: Offered<PluginSource>) =>
          startLinkedSource(makeLink, control, offered),
        );
      case 'sink':
        return startOffered(sinks, symbolName, (offered: Offered<PluginSink>) =>
          startLinkedSink(makeLink, control, offered),
        );
      case 'func':
        return startOffered(functions, symbolName, (offered: Offered<PluginFunction>) =>
          startLinkedFunction(makeLink, offered),
        );
      case 'lookup':
        return startOffered(lookups, symbolName, (offered: Offered<PluginLookup>) =>
          startLinkedLookup(makeLink, control, offered),
        );
      default:
        return `invalid plugin type ${pluginType}`;
    }
  }

  async #stop(control: SymbolControl): Promise<string> {
    for (const [key, symbol] of this.#running) {
      if (!key.startsWith(keyOf(control, ''))) continue;
      this.#running.delete(key);
      await symbol.stop();
    }
    return 'ok';
  }
}

function startOffered<T>(
  offered: Readonly<Record<string, Offered<T>>> | undefined,
  name: string,
  start: (offered: Offered<T>) => Promise<RunningSymbol>,
): Promise<RunningSymbol> | string {
  const found = offered !== undefined && Object.hasOwn(offered, name) ? offered[name] : undefined;
  return found === undefined ? 'symbol not found' : start(found);
}

/** A function is started once for each thread that calls it. */
function keyOf({ pluginType, symbolName, meta }: SymbolControl, url: string | null): string {
  const place = `${pluginType} ${meta.ruleId}/${meta.opId}/${meta.instanceId}/${symbolName} `;
  return pluginType === 'func' ? `${place}${url ?? ''}` : place;
}
