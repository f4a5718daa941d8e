/**
 * What a shared source keeps, on disk: it belongs to the stream, not to the rules that happen to be on it.
 *
 * Stored beside the checkpoints of rules under the name of the shared source. Written after each checkpoint of a rule on
 * it, so that it is never ahead of what that rule remembers, and when the source closes. The first rule that asks for
 * `qos` ≥ 1 makes it lasting; what is stored is read when the source opens for such a rule.
 */
import { Checkpointer } from './checkpointer.ts';
import { StateTable } from './extension-state.ts';
import type { RunServices } from './services.ts';

export class SharedState {
  readonly table: StateTable;
  readonly #checkpointer: Checkpointer;

  private constructor(owner: string, table: StateTable, services: RunServices) {
    this.table = table;
    this.#checkpointer = new Checkpointer({
      store: services.storage(owner, false).checkpoints(),
      instance: { drain: () => undefined },
      quiet: () => {},
      slots: () => table.slots,
      sources: [],
      outputs: [],
      codec: services.codec,
      clock: services.clock,
      logger: services.logger,
    });
  }

  /** Goes on with what is stored. */
  static async load(owner: string, services: RunServices): Promise<SharedState> {
    const table = new StateTable();
    table.restoreFrom(await services.storage(owner, false).checkpoints().load());
    return new SharedState(owner, table, services);
  }

  /** Makes lasting what has been kept in memory so far. */
  static of(owner: string, table: StateTable, services: RunServices): SharedState {
    return new SharedState(owner, table, services);
  }

  async save(): Promise<void> {
    if (this.table.isUsed) await this.#checkpointer.takeLast();
  }
}
