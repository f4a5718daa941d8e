/** JavaScript functions of users, stored by id. Source: behaviour spec, rest-cli-config §4.15. */
import type { ScriptHost } from '@kuiper/extensions';
import type { Kv } from '@kuiper/host';
import { serverErrors } from '../errors.ts';
import { orderedText } from '../http/reply.ts';
import { checkId } from './check-id.ts';
import { StoredTable } from './stored-table.ts';

export interface Script {
  readonly id: string;
  readonly description: string;
  /** Source text that defines a function named like the id. */
  readonly script: string;
  /** Called with one list per argument. */
  readonly isAgg: boolean;
}

/** Properties of a request, for reading it. */
export const scriptBodyTypes = { id: 'string', description: 'string', script: 'string', isAgg: 'bool' } as const;

export class ScriptRegistry {
  readonly #table: StoredTable;
  readonly #interpreter: ScriptHost;

  private constructor(table: StoredTable, interpreter: ScriptHost) {
    this.#table = table;
    this.#interpreter = interpreter;
  }

  static async open(kv: Kv, interpreter: ScriptHost): Promise<ScriptRegistry> {
    return new ScriptRegistry(await StoredTable.open(kv, 'script'), interpreter);
  }

  list(): string[] {
    return this.#table.keys();
  }

  get(id: string): Script | undefined {
    const text = this.#table.get(id);
    return text === undefined ? undefined : (JSON.parse(text) as Script);
  }

  /** Throws `Item x already exists`, or why the script cannot be used. */
  async create(script: Script): Promise<void> {
    await this.#check(script);
    await this.#table.add(script.id, orderedText(script));
  }

  /** Creates or replaces. Throws why the script cannot be used. */
  async put(script: Script): Promise<void> {
    await this.#check(script);
    await this.#table.set(script.id, orderedText(script));
  }

  /** Throws 404 `x is not found`. */
  async delete(id: string): Promise<void> {
    if (!this.#table.has(id)) throw serverErrors.NOT_FOUND(`${id} is not found`);
    await this.#table.delete(id);
  }

  /** Id → the script as JSON; for exports. */
  exported(): Record<string, string> {
    return Object.fromEntries(this.#table.entries());
  }

  clear(): Promise<void> {
    return this.#table.clear();
  }

  async #check({ id, script }: Script): Promise<void> {
    checkId(id);
    const problem = await this.#interpreter.check(script, id);
    if (problem !== null) throw serverErrors.REQUEST(problem);
  }
}
