/**
 * The open lookup tables of one thread. A table exists from its creation on, independent of rules; it cannot go while a
 * running rule uses it. Source: behaviour spec, io §16.
 */
import { decodeProps, errorText, type Clock, type Logger } from '@kuiper/base';
import type { Registries, SourceSpec } from '@kuiper/engine';
import type { ConnectionAccess, OpenLookup } from '@kuiper/sdk';
import { hostErrors } from '../errors.ts';

export interface LookupTablesOptions {
  readonly registries: Registries;
  readonly connections: ConnectionAccess;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly rootPath: string;
}

export class LookupTables {
  private readonly options: LookupTablesOptions;
  private readonly tables = new Map<string, OpenLookup>();
  private readonly users = new Map<string, readonly string[]>();

  constructor(options: LookupTablesOptions) {
    this.options = options;
  }

  async open(spec: SourceSpec): Promise<void> {
    const type = spec.options.type ?? '';
    const declaration = this.options.registries.lookup(type);
    if (declaration === undefined) {
      throw hostErrors.LOOKUP_UNKNOWN(type);
    }
    const key = spec.options.key ?? '';
    if (declaration.needsKey === true && key === '') throw hostErrors.LOOKUP_KEY();
    let props: ReturnType<typeof decodeProps>;
    try {
      const described = decodeProps(spec.props, declaration.props);
      props = declaration.openProps === true ? { ...spec.props, ...described } : described;
    } catch (error) {
      throw hostErrors.LOOKUP_INVALID(errorText(error), { cause: error });
    }
    const { clock, logger, rootPath, connections } = this.options;
    const context = { clock, logger, rootPath, connections, name: spec.name };
    const opened = await declaration.open(context, props, { dataSource: spec.options.datasource ?? '', key });
    await this.tables.get(spec.name)?.close();
    this.tables.set(spec.name, opened);
  }

  async close(name: string): Promise<void> {
    for (const used of this.users.values()) if (used.includes(name)) throw hostErrors.LOOKUP_IN_USE(name);
    const table = this.tables.get(name);
    this.tables.delete(name);
    await table?.close();
  }

  get(name: string): OpenLookup {
    const table = this.tables.get(name);
    if (table === undefined) throw hostErrors.LOOKUP_MISSING(name);
    return table;
  }

  use(ruleId: string, names: readonly string[]): void {
    if (names.length > 0) this.users.set(ruleId, names);
  }

  release(ruleId: string): void {
    this.users.delete(ruleId);
  }

  async closeAll(): Promise<void> {
    for (const table of this.tables.values()) await table.close();
    this.tables.clear();
  }
}
