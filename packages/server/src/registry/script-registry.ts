/** JavaScript functions of users: stored by id, in service. Source: behaviour spec, rest-cli-config §4.15. */
import type { ScriptHost, ScriptRecord } from '@kuiper/extensions/install';
import type { Kv } from '@kuiper/host';
import { serverErrors } from '../errors.ts';
import type { ExtensionsInService } from '../extension/extensions-in-service.ts';
import { orderedText } from '../http/reply.ts';
import { checkId } from './check-id.ts';
import { StoredTable } from './stored-table.ts';
import { Turns } from './turns.ts';

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
  readonly #inService: ExtensionsInService;
  /** One change of a script at a time; others go on. */
  readonly #turns = new Turns();

  private constructor(table: StoredTable, interpreter: ScriptHost, inService: ExtensionsInService) {
    this.#table = table;
    this.#interpreter = interpreter;
    this.#inService = inService;
  }

  static async open(kv: Kv, interpreter: ScriptHost, inService: ExtensionsInService): Promise<ScriptRegistry> {
    return new ScriptRegistry(await StoredTable.open(kv, 'script'), interpreter, inService);
  }

  /** What threads that run rules are told. */
  records(): ScriptRecord[] {
    return this.list().map((id) => record(this.get(id) as Script));
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
    await this.#turns.take(script.id, async () => {
      if (this.#table.has(script.id)) throw serverErrors.REQUEST(`Item ${script.id} already exists`);
      await this.#keep(script);
    });
  }

  /** Creates or replaces. Throws why the script cannot be used. */
  async put(script: Script): Promise<void> {
    await this.#check(script);
    await this.#turns.take(script.id, () => this.#keep(script));
  }

  /** Throws 404 `x is not found`. */
  async delete(id: string): Promise<void> {
    if (!this.#table.has(id)) throw serverErrors.NOT_FOUND(`${id} is not found`);
    await this.#table.delete(id);
    await this.#inService.drop({ kind: 'script', name: id });
  }

  /** Id → the script as JSON; for exports. */
  exported(): Record<string, string> {
    return Object.fromEntries(this.#table.entries());
  }

  async clear(): Promise<void> {
    for (const id of this.list()) await this.delete(id);
  }

  async #keep(script: Script): Promise<void> {
    await this.#inService.put(record(script));
    await this.#table.set(script.id, orderedText(script));
  }

  async #check({ id, script }: Script): Promise<void> {
    checkId(id);
    const problem = await this.#interpreter.check(script, id);
    if (problem !== null) throw serverErrors.REQUEST(problem);
  }
}

function record({ id, script, isAgg }: Script): ScriptRecord {
  return { kind: 'script', name: id, script, isAgg };
}
