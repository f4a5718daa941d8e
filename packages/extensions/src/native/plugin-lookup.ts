/** Lookup sources written as classes or objects with methods, and the place of one that can be replaced. */
import { errorText, type Logger, type Row } from '@kuiper/base';
import type { LookupDeclaration, OpenLookup, PluginLookup } from '@kuiper/sdk';
import type { InstanceMaker } from './module-symbols.ts';
import { ownContext, type PluginSurroundings } from './plugin-context.ts';
import { plainValue, taggedValue } from './plugin-values.ts';

export function pluginLookup(
  type: string,
  maker: InstanceMaker<PluginLookup>,
  around: PluginSurroundings,
): LookupDeclaration {
  return {
    type,
    about: { en: `Lookup source ${type} of a native plugin.`, zh: `原生插件的查询源 ${type}。` },
    dataSource: { about: { en: 'What the plugin reads.', zh: '插件读取的内容。' }, required: false },
    props: {},
    openProps: true,
    async open(context, props, { dataSource, key }) {
      const plugin = maker.make();
      const { logger, clock } = context;
      const inside = ownContext({ ...around, logger }, context.name, () => clock.now());
      await plugin.provision?.(inside, { ...props, datasource: dataSource, key });
      await plugin.connect?.(inside, (status, message) => logger.debug(`${context.name}: ${status} ${message ?? ''}`));
      return {
        async lookup(fields, keys, values) {
          const rows: unknown = await plugin.lookup(inside, fields, keys, values.map(plainValue));
          if (!Array.isArray(rows)) throw new Error(`lookup source ${type} did not answer with a list of rows`);
          return rows.map((row) => taggedValue(row, 'UTC', 'float') as Row);
        },
        close: () => plugin.close?.(inside),
      };
    },
  };
}

/** Tables that are open go over to what replaces it between two questions. */
export class LookupSlot {
  readonly #logger: Logger;
  readonly #open = new Set<{ reopen(made: LookupDeclaration): Promise<void> }>();
  #declaration: LookupDeclaration;

  constructor(made: LookupDeclaration, logger: Logger) {
    this.#logger = logger;
    this.#declaration = this.#wrap(made);
  }

  get declaration(): LookupDeclaration {
    return this.#declaration;
  }

  get users(): number {
    return this.#open.size;
  }

  async replace(made: LookupDeclaration): Promise<void> {
    this.#declaration = this.#wrap(made);
    for (const table of this.#open) {
      try {
        await table.reopen(made);
      } catch (error) {
        this.#logger.error(`lookup source ${made.type} stays as it was: ${errorText(error)}`);
      }
    }
  }

  #wrap(made: LookupDeclaration): LookupDeclaration {
    return {
      ...made,
      open: async (context, props, table) => {
        let inner: OpenLookup = await made.open(context, props, table);
        const opened = {
          reopen: async (next: LookupDeclaration): Promise<void> => {
            const old = inner;
            inner = await next.open(context, props, table);
            await old.close();
          },
        };
        this.#open.add(opened);
        return {
          ...(inner.type === undefined ? {} : { type: inner.type }),
          lookup: (fields, keys, values) => inner.lookup(fields, keys, values),
          close: () => {
            this.#open.delete(opened);
            return inner.close();
          },
        };
      },
    };
  }
}
