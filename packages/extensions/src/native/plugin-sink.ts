/** Sinks written as classes or objects with methods. */
import { ErrorCode, errorText, type PropSchema } from '@kuiper/base';
import {
  type ItemProps,
  type OpenSink,
  type Payload,
  type PluginContext,
  type PluginPayload,
  type PluginSink,
  type PluginTuple,
  type PluginTupleList,
  type PluginProps,
  type RowsItem,
  type SinkContext,
  type SinkDeclaration,
  type SinkItems,
  SinkWriteError,
} from '@kuiper/sdk';
import type { InstanceMaker } from './module-symbols.ts';
import { nodeContext, ownContext, type PluginSurroundings } from './plugin-context.ts';
import { templateAt } from '../template-at.ts';
import { plainValue } from './plugin-values.ts';

export function pluginSink(
  type: string,
  { maker, probe }: { readonly maker: InstanceMaker<PluginSink>; readonly probe: PluginSink },
  around: PluginSurroundings,
): SinkDeclaration<PropSchema> {
  return {
    type,
    about: { en: `Sink ${type} of a native plugin.`, zh: `原生插件的动作 ${type}。` },
    accepts: probe.collectList === undefined ? 'bytes' : 'rows',
    props: {},
    openProps: true,
    dynamic: ['*'],
    check: (props) => {
      if (maker.shared) return;
      const result = maker.make().provision?.(
        ownContext(around, type, () => 0),
        props,
      );
      if (result instanceof Promise) result.catch(() => undefined);
    },
    async open(context, props) {
      const opened = new OpenPluginSink(maker.make(), context, props, around);
      await opened.start();
      return opened;
    },
  };
}

class OpenPluginSink implements OpenSink {
  readonly #plugin: PluginSink;
  readonly #context: SinkContext;
  readonly #props: PluginProps;
  readonly #inside: PluginContext;

  constructor(plugin: PluginSink, context: SinkContext, props: PluginProps, around: PluginSurroundings) {
    this.#plugin = plugin;
    this.#context = context;
    this.#props = props;
    this.#inside = nodeContext(context, around);
  }

  async start(): Promise<void> {
    const plugin = this.#plugin;
    const context = this.#context;
    await plugin.provision?.(this.#inside, this.#props);
    let told = false;
    await plugin.connect?.(this.#inside, (status, message) => {
      told = true;
      context.status(status, message);
    });
    if (!told) context.status('connected');
  }

  write(items: SinkItems): Promise<void> | undefined {
    const count = items.kind === 'bytes' ? items.payloads.length : items.items.length;
    return this.#writeFrom(0, count, items);
  }

  close(): Promise<void> | void {
    return this.#plugin.close?.(this.#inside);
  }

  /** Without a promise as long as the plugin needs none. */
  #writeFrom(first: number, count: number, items: SinkItems): Promise<void> | undefined {
    for (let i = first; i < count; i++) {
      let done: void | Promise<void>;
      try {
        done = this.#collect(items, i);
      } catch (error) {
        throw writeError(error, i);
      }
      if (!(done instanceof Promise)) continue;
      return done.then(
        () => this.#writeFrom(i + 1, count, items),
        (error: unknown) => {
          throw writeError(error, i);
        },
      );
    }
    return undefined;
  }

  #collect(items: SinkItems, i: number): void | Promise<void> {
    const rendered = new RenderedProps(this.#props, items.props?.[i] ?? null);
    if (items.kind === 'bytes') {
      return this.#plugin.collect(this.#inside, new Item(rendered, items.payloads[i] as Payload, {}));
    }
    const item = items.items[i] as RowsItem;
    if (Array.isArray(item)) {
      const rows = (item as readonly Record<string, unknown>[]).map(plainRow);
      return this.#plugin.collectList?.(this.#inside, new ItemList(rendered, rows));
    }
    return this.#plugin.collect(this.#inside, new Item(rendered, null, plainRow(item as Record<string, unknown>)));
  }
}

function plainRow(row: Record<string, unknown>): Record<string, unknown> {
  return plainValue(row) as Record<string, unknown>;
}

/** Rendered properties by the template they were written as. */
class RenderedProps {
  readonly #props: PluginProps;
  readonly #rendered: ItemProps;
  #byTemplate: Record<string, string> | null = null;

  constructor(props: PluginProps, rendered: ItemProps) {
    this.#props = props;
    this.#rendered = rendered;
  }

  get byTemplate(): Readonly<Record<string, string>> {
    if (this.#byTemplate !== null) return this.#byTemplate;
    const found: Record<string, string> = {};
    for (const [path, text] of Object.entries(this.#rendered ?? {})) {
      const template = templateAt(this.#props, path);
      if (template !== undefined) found[template] = text;
    }
    this.#byTemplate = found;
    return found;
  }
}

class Item implements PluginPayload, PluginTuple {
  readonly #rendered: RenderedProps;
  readonly #payload: Payload | null;
  readonly #row: Record<string, unknown>;

  constructor(rendered: RenderedProps, payload: Payload | null, row: Record<string, unknown>) {
    this.#rendered = rendered;
    this.#payload = payload;
    this.#row = row;
  }

  raw(): Uint8Array {
    const payload = this.#payload ?? JSON.stringify(this.#row);
    return typeof payload === 'string' ? Buffer.from(payload) : payload;
  }

  value(key: string): unknown {
    return Object.hasOwn(this.#row, key) ? this.#row[key] : undefined;
  }

  toMap(): Record<string, unknown> {
    return { ...this.#row };
  }

  dynamicProps(template: string): string | undefined {
    return this.#rendered.byTemplate[template];
  }

  allProps(): Readonly<Record<string, string>> {
    return this.#rendered.byTemplate;
  }
}

class ItemList implements PluginTupleList {
  readonly #rendered: RenderedProps;
  readonly #rows: readonly Record<string, unknown>[];

  constructor(rendered: RenderedProps, rows: readonly Record<string, unknown>[]) {
    this.#rendered = rendered;
    this.#rows = rows;
  }

  get length(): number {
    return this.#rows.length;
  }

  rangeOfTuples(visit: (index: number, tuple: PluginTuple) => boolean | void): void {
    for (const [i, row] of this.#rows.entries()) {
      if (visit(i, new Item(this.#rendered, null, row)) === false) return;
    }
  }

  toMaps(): Record<string, unknown>[] {
    return this.#rows.map((row) => ({ ...row }));
  }

  dynamicProps(template: string): string | undefined {
    return this.#rendered.byTemplate[template];
  }

  allProps(): Readonly<Record<string, string>> {
    return this.#rendered.byTemplate;
  }
}

/** Source: behaviour spec, extension §2.3: by code, as programs do, or by text, as the manual says. */
function writeError(error: unknown, index: number): SinkWriteError {
  if (error instanceof SinkWriteError) return error;
  const text = errorText(error);
  const coded = typeof error === 'object' && error !== null && (error as { code?: unknown }).code === ErrorCode.io;
  return new SinkWriteError(text, { index, recoverable: coded || text.startsWith('io error'), cause: error });
}
