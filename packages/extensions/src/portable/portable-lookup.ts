/** Lookup sources of portable plugins: only over the extended protocol. Source: portable protocol, "Lookup sources". */
import { type Clock, errorText, type PropSchema, type Row } from '@kuiper/base';
import { defineLookup, type LookupContext, type LookupDeclaration, type OpenLookup } from '@kuiper/sdk';
import type { MessageReader } from '@kuiper/sdk/wire';
import { portableErrors } from './errors.ts';
import { type LinkLane, type LinkServant, linkKey } from './link/link-listener.ts';
import type { PluginLinks } from './link/plugin-links.ts';
import type { ControlArgument, PortableControl } from './portable-control.ts';
import type { PortableOptions } from './portable-options.ts';

export interface LookupSurroundings {
  readonly control: PortableControl;
  readonly options: PortableOptions;
  readonly links: PluginLinks;
}

/** Tables that are open on this thread have different places. */
let opened = 0;

export function portableLookup(plugin: string, symbol: string, around: LookupSurroundings): LookupDeclaration {
  const text = `${symbol} (${plugin})`;
  return defineLookup<PropSchema>({
    type: symbol,
    about: { en: `A lookup source of the portable plugin: ${text}.`, zh: `可移植插件的查询数据源：${text}。` },
    dataSource: { about: { en: 'What the plugin reads.', zh: '插件读取的内容。' }, required: false },
    props: {},
    openProps: true,
    open: (context, props, table) => openLookup(context, { plugin, symbol, ...around }, props, table),
  });
}

async function openLookup(
  context: LookupContext,
  {
    plugin,
    symbol,
    control,
    options,
    links,
  }: LookupSurroundings & { readonly plugin: string; readonly symbol: string },
  props: Readonly<Record<string, unknown>>,
  { dataSource, key }: { readonly dataSource: string; readonly key: string },
): Promise<OpenLookup> {
  const listener = await links.listen(plugin);
  if (listener === null) throw portableErrors.NO_LOOKUPS(plugin);
  const meta = { ruleId: '$$lookup', opId: `${context.name}_${++opened}`, instanceId: 0 };
  const servant = new LinkLookup(context.clock, options.recvTimeoutMs);
  const leave = listener.serve(linkKey('lookup', symbol, meta.ruleId, meta.opId, meta.instanceId), servant);
  const argument: ControlArgument = {
    symbolName: symbol,
    meta,
    pluginType: 'lookup',
    dataSource,
    config: { ...props, datasource: dataSource, key },
    link: listener.url,
  };
  const close = async (): Promise<void> => {
    await control.stop(plugin, argument).catch((error: unknown) => {
      context.logger.warn(`stopping lookup source ${symbol} of plugin ${plugin}: ${errorText(error)}`);
    });
    leave();
  };
  try {
    await control.start(plugin, argument);
  } catch (error) {
    leave();
    throw error;
  }
  if (control.state(plugin)?.extras.includes('lookup') !== true) {
    await close();
    throw portableErrors.NO_LOOKUPS(plugin);
  }
  return {
    lookup: async (fields, keys, values) => {
      const state = control.state(plugin);
      if (state === undefined) throw portableErrors.REMOVED(plugin);
      if (state.status === 'error' || state.status === 'stop') {
        throw portableErrors.CALL_DIED(plugin, state.status, state.errMsg);
      }
      return servant.ask(plugin, [fields, keys, values]);
    },
    close,
  };
}

interface Question {
  readonly lane: LinkLane;
  readonly settle: (rows: readonly Row[] | Error) => void;
}

class LinkLookup implements LinkServant {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  #lanes: LinkLane[] = [];
  readonly #questions = new Map<number, Question>();
  #arrived: (() => void)[] = [];
  #next = 0;

  constructor(clock: Clock, timeoutMs: number) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
  }

  snapshot(): null {
    return null;
  }

  opened(lane: LinkLane): void {
    this.#lanes.push(lane);
    for (const go of this.#arrived.splice(0)) go();
  }

  closed(lane: LinkLane, why: string): void {
    this.#lanes = this.#lanes.filter((other) => other !== lane);
    for (const [id, question] of this.#questions) {
      if (question.lane !== lane) continue;
      this.#questions.delete(id);
      question.settle(new Error(why));
    }
  }

  received(_: LinkLane, name: string, message: MessageReader): void {
    if (name !== 'answer') throw new Error(`a lookup source does not send ${name}`);
    const id = message.int();
    const ok = message.bool();
    const value = message.value();
    const question = this.#questions.get(id);
    this.#questions.delete(id);
    if (!ok) question?.settle(new Error(String(value)));
    else if (!Array.isArray(value)) question?.settle(new Error('a lookup source answers with a list of rows'));
    else question?.settle(value as Row[]);
  }

  async ask(plugin: string, argument: readonly unknown[]): Promise<readonly Row[]> {
    // The process may be about to be started again.
    if (this.#lanes.length === 0) await this.#arrival();
    const id = ++this.#next;
    const lane = this.#lanes[id % this.#lanes.length];
    if (lane === undefined) throw portableErrors.NOT_RUNNING(plugin);
    return new Promise((resolve, reject) => {
      const timer = this.#clock.setTimer(this.#clock.now() + this.#timeoutMs, () => {
        if (this.#questions.delete(id)) reject(portableErrors.CALL_TIMEOUT(plugin, 'running', 'no answer'));
      });
      lane.begin('ask', 5).int(id).text('lookup').value(argument);
      this.#questions.set(id, {
        lane,
        settle: (rows) => {
          timer.cancel();
          if (rows instanceof Error) reject(rows);
          else resolve(rows);
        },
      });
      lane.send();
    });
  }

  #arrival(): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#clock.setTimer(this.#clock.now() + this.#timeoutMs, resolve);
      this.#arrived.push(() => {
        timer.cancel();
        resolve();
      });
    });
  }
}
