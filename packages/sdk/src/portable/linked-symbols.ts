/** Symbols over the extended protocol. Source: portable protocol. */
import type { PluginFunction, PluginLookup, PluginSink, PluginSource } from '../plugin.ts';
import type { MessageReader } from './message-reader.ts';
import { MessageWriter } from './message-writer.ts';
import { plainValue } from './plain-value.ts';
import type { PluginLink } from './plugin-link.ts';
import type { PluginState } from './plugin-state.ts';
import {
  collectItem,
  makeInstance,
  type Offered,
  propsOf,
  type RunningSymbol,
  SourceRunner,
  type SymbolControl,
  textOf,
  validateCall,
} from './plugin-symbol.ts';
import { SymbolContext } from './symbol-context.ts';

/** Results of a long batch are told from time to time: nobody is to think that the plugin hangs. */
const FLUSH_MS = 100;

type MakeLink = (handlers: ConstructorParameters<typeof PluginLink>[4]) => PluginLink;

function writeChanges(writer: MessageWriter, state: PluginState): MessageWriter {
  const { puts, deletes } = state.takeChanges();
  return writer.value(puts).value(deletes);
}

export async function startLinkedSource(
  makeLink: MakeLink,
  control: SymbolControl,
  offered: Offered<PluginSource>,
): Promise<RunningSymbol> {
  const source = makeInstance(offered);
  const props = propsOf(control);
  let runner: SourceRunner | null = null;
  const link = makeLink({ received: () => undefined, gone: () => void runner?.stop() });
  // Rows are as if read from JSON: their numbers are floats.
  const rowWriter = new MessageWriter('float');
  const context = new SymbolContext(control.meta, (await link.open()) ?? {});
  try {
    await source.provision?.(context, props);
    runner = new SourceRunner(source, context, props, {
      rows: (rows, meta) => {
        for (const row of rows) rowWriter.value(row).value(meta);
        const writer = link
          .begin('rows', 5)
          .list(rows.length * 2)
          .raw(rowWriter.take());
        writeChanges(writer, context);
        return link.send();
      },
      fail: (text) => {
        link.begin('error', 3).text(text);
        void link.send();
      },
      end: (text) => {
        link.begin('end', 3).text(text);
        void link.send();
      },
    });
    await runner.prepare();
  } catch (error) {
    link.close();
    throw error;
  }
  const made = runner;
  return {
    run: () => made.run(),
    stop: async () => {
      await made.stop();
      link.close();
    },
  };
}

export async function startLinkedSink(
  makeLink: MakeLink,
  control: SymbolControl,
  offered: Offered<PluginSink>,
): Promise<RunningSymbol> {
  const sink = makeInstance(offered);
  let turn: Promise<unknown> = Promise.resolve();
  const collectAll = async (batch: number, items: readonly (readonly [Uint8Array, Record<string, string>])[]) => {
    let done = 0;
    let failure: string | null = null;
    for (const [bytes, rendered] of items) {
      try {
        await collectItem(sink, context, bytes, rendered);
        done++;
      } catch (error) {
        const isIo = (error as { code?: unknown } | null)?.code === 1003;
        failure = isIo ? `io error: ${textOf(error)}` : textOf(error);
        break;
      }
    }
    writeChanges(link.begin('done', 7).int(batch).int(done).value(failure), context);
    await link.send();
  };
  const link = makeLink({
    received: (name, message) => {
      if (name !== 'items') return;
      const batch = message.int();
      const items: [Uint8Array, Record<string, string>][] = [];
      for (let count = message.list() / 2; count > 0; count--) {
        items.push([message.value() as Uint8Array, (message.members() ?? {}) as Record<string, string>]);
      }
      turn = turn.then(() => collectAll(batch, items));
    },
    gone: () => void sink.close?.(context),
  });
  const context = new SymbolContext(control.meta, (await link.open()) ?? {});
  try {
    await sink.provision?.(context, propsOf(control));
    await sink.connect?.(context, () => undefined);
  } catch (error) {
    link.close();
    throw error;
  }
  return {
    run: () => undefined,
    stop: async () => {
      link.close();
      await turn;
      await sink.close?.(context);
    },
  };
}

interface Site {
  readonly made: PluginFunction;
  readonly context: SymbolContext;
}

export async function startLinkedFunction(
  makeLink: MakeLink,
  offered: Offered<PluginFunction>,
): Promise<RunningSymbol> {
  const probe = makeInstance(offered);
  const sites = new Map<number, Site>();
  const answer = (message: MessageReader): void => {
    const id = message.int();
    const what = message.text();
    const argument = plainValue(message.value());
    const wrong = what === 'validate' ? validateCall(probe, argument as unknown[]) : null;
    const writer = link.begin('answer', 5).int(id);
    if (what === 'validate') writer.bool(wrong === null).text(wrong ?? '');
    else writer.bool(true).bool(probe.isAggregate?.() === true);
    void link.send();
  };
  const link = makeLink({
    received: (name, message) => {
      if (name === 'call') new CallBatch(link, sites, message.int()).run(message);
      else if (name === 'ask') answer(message);
      else if (name === 'drop') drop(sites, message.int(), offered);
      else if (name === 'site') {
        const number = message.int();
        const place = {
          ruleId: message.text(),
          opId: message.text(),
          instanceId: message.int(),
          funcId: message.int(),
        };
        const context = new SymbolContext(place, message.members() ?? {});
        sites.set(number, { made: makeInstance(offered), context });
      }
    },
    again: () => sites.clear(),
    gone: () => sites.clear(),
  });
  await link.open();
  return { run: () => undefined, stop: () => link.close() };
}

function drop(sites: Map<number, Site>, number: number, offered: Offered<PluginFunction>): void {
  const site = sites.get(number);
  sites.delete(number);
  // One that all share goes on.
  if (typeof offered === 'function') void site?.made.close?.();
}

/** Calls that came together. */
class CallBatch {
  readonly #link: PluginLink;
  readonly #sites: ReadonlyMap<number, Site>;
  readonly #id: number;
  readonly #results = new MessageWriter('int');
  readonly #used = new Map<number, Site>();
  #told = 0;
  #count = 0;
  #toldMs = Date.now();

  constructor(link: PluginLink, sites: ReadonlyMap<number, Site>, id: number) {
    this.#link = link;
    this.#sites = sites;
    this.#id = id;
  }

  /** Without a promise as long as no call needs one. */
  run(message: MessageReader): void {
    let waiting: Promise<void> | null = null;
    for (let count = message.list() / 2; count > 0; count--) {
      const number = message.int();
      const args = message.value() as unknown[];
      const outcome = this.#call(number, args);
      if (waiting !== null || outcome instanceof Promise) {
        waiting = (waiting ?? Promise.resolve()).then(async () => this.#write(number, args, await outcome));
      } else this.#write(number, args, outcome);
    }
    if (waiting === null) this.#tell();
    else void waiting.then(() => this.#tell());
  }

  #call(number: number, args: readonly unknown[]): Outcome | Promise<Outcome> {
    const site = this.#sites.get(number);
    if (site === undefined) return { error: 'the call is not known' };
    try {
      const plain = args.map(plainValue);
      const value = site.made.exec(site.context, plain);
      if (!(value instanceof Promise)) return { value: handBack(value, plain, args) };
      return value.then(
        (settled: unknown) => ({ value: handBack(settled, plain, args) }),
        (error: unknown) => ({ error: textOf(error) }),
      );
    } catch (error) {
      return { error: textOf(error) };
    }
  }

  #write(number: number, _: readonly unknown[], outcome: Outcome): void {
    const site = this.#sites.get(number);
    if (site?.context.isUsed === true) this.#used.set(number, site);
    const results = this.#results;
    const before = results.length;
    try {
      if ('error' in outcome) results.bool(false).text(outcome.error);
      else if (outcome.value instanceof Tagged) results.bool(true).raw(outcome.value.bytes);
      else results.bool(true).value(outcome.value);
    } catch (error) {
      results.truncate(before);
      results.bool(false).text(textOf(error));
    }
    this.#count++;
    if (Date.now() - this.#toldMs > FLUSH_MS) this.#tell();
  }

  #tell(): void {
    if (this.#count === 0) return;
    const writer = this.#link.begin('results', 6).int(this.#id).int(this.#told);
    writer
      .list(this.#count * 2)
      .raw(this.#results.take())
      .list(this.#used.size);
    for (const [number, { context }] of this.#used) writeChanges(writer.list(3).int(number), context);
    void this.#link.send();
    this.#told += this.#count;
    this.#count = 0;
    this.#used.clear();
    this.#toldMs = Date.now();
  }
}

type Outcome = { readonly value: unknown } | { readonly error: string };

/** An argument that comes back as it was, in the kind it had. */
class Tagged {
  readonly bytes: Uint8Array;

  constructor(value: unknown) {
    this.bytes = new MessageWriter('float').value(value).take();
  }
}

function handBack(result: unknown, plain: readonly unknown[], args: readonly unknown[]): unknown {
  if (typeof result === 'string' || typeof result === 'boolean' || result === null) return result;
  for (let i = 0; i < plain.length; i++) if (Object.is(plain[i], result)) return new Tagged(args[i]);
  return result;
}

export async function startLinkedLookup(
  makeLink: MakeLink,
  control: SymbolControl,
  offered: Offered<PluginLookup>,
): Promise<RunningSymbol> {
  const lookup = makeInstance(offered);
  const context = new SymbolContext({ ...control.meta, ruleId: '' });
  await lookup.provision?.(context, propsOf(control));
  await lookup.connect?.(context, () => undefined);
  const rowWriter = new MessageWriter('float');
  const ask = async (id: number, [fields, keys, values]: readonly unknown[]): Promise<void> => {
    let rows: Uint8Array | null = null;
    let failure = '';
    try {
      const found = await lookup.lookup(context, fields as string[] | null, keys as string[], values as unknown[]);
      rows = rowWriter.value(found).take();
    } catch (error) {
      rowWriter.truncate(0);
      failure = textOf(error);
    }
    const writer = link
      .begin('answer', 5)
      .int(id)
      .bool(rows !== null);
    if (rows === null) writer.text(failure);
    else writer.raw(rows);
    await link.send();
  };
  const link = makeLink({
    received: (name, message) => {
      if (name !== 'ask') return;
      const id = message.int();
      message.text();
      void ask(id, plainValue(message.value()) as unknown[]);
    },
    gone: () => void lookup.close?.(context),
  });
  await link.open();
  return {
    run: () => undefined,
    stop: async () => {
      link.close();
      await lookup.close?.(context);
    },
  };
}
