/**
 * JavaScript functions of users. Each call site has an interpreter of its own: what a script keeps in its globals lasts
 * from call to call, and is gone with the run or with the next version of the script.
 * Source: behaviour spec, extension §7.
 */
import type { Logger } from '@kuiper/base';
import { type FunctionContext, type FunctionInstance, type ScalarFunction, scalar, t } from '@kuiper/sdk';
import type { ExtensionProvider } from '../extension-provider.ts';
import type { ExtensionKey, ExtensionSymbol, ScriptRecord } from '../extension-record.ts';
import type { ScriptHost } from './script-host.ts';
import type { ScriptVm } from './script-vm.ts';

/** The text of a script as its call sites follow it. */
interface InstalledScript {
  record: ScriptRecord;
  declaration: ScalarFunction;
  readonly callSites: Set<CallSite>;
}

export function scriptProvider(scripts: ScriptHost): ExtensionProvider<ScriptRecord> {
  return new ScriptProvider(scripts);
}

class ScriptProvider implements ExtensionProvider<ScriptRecord> {
  readonly kind = 'script';
  readonly #scripts: ScriptHost;
  readonly #installed = new Map<string, InstalledScript>();

  constructor(scripts: ScriptHost) {
    this.#scripts = scripts;
  }

  async put(record: ScriptRecord): Promise<readonly ExtensionSymbol[]> {
    // An interpreter that is thrown away: what cannot be used must not reach rules that run.
    (await this.#scripts.open(record.script, record.name)).close();
    const present = this.#installed.get(record.name);
    if (present === undefined || present.record.isAgg !== record.isAgg) this.#install(record);
    else {
      present.record = record;
      for (const callSite of present.callSites) await callSite.follow(record);
    }
    return [{ kind: 'function', name: record.name }];
  }

  async drop({ name }: ExtensionKey): Promise<void> {
    this.#installed.delete(name);
  }

  function(name: string): ScalarFunction | undefined {
    return this.#installed.get(name)?.declaration;
  }

  functionNames(): Iterable<string> {
    return this.#installed.keys();
  }

  #install(record: ScriptRecord): void {
    const callSites = new Set<CallSite>();
    const declaration = scalar({
      name: record.name,
      group: 'script',
      summary: 'A JavaScript function.',
      args: [t.rest(t.any('value'), 0)],
      examples: [],
      returns: 'any',
      onNull: 'call',
      volatile: true,
      overGroup: record.isAgg,
      check: () => null,
      instantiate: (context) => this.#open(installed, context),
      eval: notInstantiated,
    });
    const installed: InstalledScript = { record, declaration, callSites };
    this.#installed.set(record.name, installed);
  }

  async #open(installed: InstalledScript, context: FunctionContext): Promise<FunctionInstance> {
    const logger = context.logger.with({ script: installed.record.name });
    const callSite = new CallSite(this.#scripts, logger, () => installed.callSites.delete(callSite));
    await callSite.follow(installed.record);
    installed.callSites.add(callSite);
    return callSite;
  }
}

/** One call in one run. */
class CallSite implements FunctionInstance {
  readonly #scripts: ScriptHost;
  readonly #logger: Logger;
  readonly #left: () => void;
  #vm: ScriptVm | null = null;
  #closed = false;

  constructor(scripts: ScriptHost, logger: Logger, left: () => void) {
    this.#scripts = scripts;
    this.#logger = logger;
    this.#left = left;
  }

  /** Goes over to this version, between two calls. */
  async follow({ script, name }: ScriptRecord): Promise<void> {
    const vm = await this.#scripts.open(script, name, (level, text) => this.#logger[level](text));
    this.#vm?.close();
    this.#vm = vm;
    if (this.#closed) vm.close();
  }

  readonly eval = (...args: readonly unknown[]): unknown => (this.#vm as ScriptVm).call(args, undefined);

  close(): void {
    this.#closed = true;
    this.#left();
    this.#vm?.close();
  }
}

function notInstantiated(): never {
  throw new Error('a script is called through its instance');
}
