/** Imports that run on after their request was answered. Source: behaviour spec, rest-cli-config §4.7. */
import { type Clock, errorText } from '@kuiper/base';
import type { Kv } from '@kuiper/host';
import { serverErrors } from '../errors.ts';
import { StoredTable } from '../registry/stored-table.ts';

export type TaskStatus = 'register' | 'running' | 'finish' | 'error' | 'cancel';

export interface AsyncTask {
  readonly id: string;
  readonly status: TaskStatus;
  readonly message: string;
  /** Seconds since the epoch. */
  readonly createdTimestamp: number;
  readonly updatedTimestamp: number;
}

export class AsyncTasks {
  readonly #table: StoredTable;
  readonly #clock: Clock;

  private constructor(table: StoredTable, clock: Clock) {
    this.#table = table;
    this.#clock = clock;
  }

  /** Tasks that an earlier process left unfinished count as cancelled. */
  static async open(kv: Kv, clock: Clock): Promise<AsyncTasks> {
    const tasks = new AsyncTasks(await StoredTable.open(kv, 'asyncManager'), clock);
    for (const [id, text] of tasks.#table.entries()) {
      const { status } = JSON.parse(text) as AsyncTask;
      if (status === 'running' || status === 'register') await tasks.#update(id, 'cancel', '');
    }
    return tasks;
  }

  /** Begins and answers at once. @param work its result is the task's message */
  async begin(prefix: string, work: () => Promise<string>): Promise<string> {
    const nowS = this.#nowS();
    const id = `${prefix}-${nowS}`;
    const task: AsyncTask = { id, status: 'running', message: '', createdTimestamp: nowS, updatedTimestamp: nowS };
    await this.#table.add(id, JSON.stringify(task)).catch(() => {
      throw serverErrors.REQUEST(`async task: ${id} not found`);
    });
    void this.#run(id, work);
    return id;
  }

  /** Throws `async task: x not found`. */
  get(id: string): AsyncTask {
    const text = this.#table.get(id);
    if (text === undefined) throw serverErrors.REQUEST(`async task: ${id} not found`);
    return JSON.parse(text) as AsyncTask;
  }

  /** What has been done stays done. */
  async cancel(id: string): Promise<void> {
    this.get(id);
    await this.#update(id, 'cancel', '');
  }

  async #run(id: string, work: () => Promise<string>): Promise<void> {
    try {
      const message = await work();
      await this.#finish(id, 'finish', message);
    } catch (error) {
      await this.#finish(id, 'error', errorText(error)).catch(() => {});
    }
  }

  async #finish(id: string, status: TaskStatus, message: string): Promise<void> {
    if (this.get(id).status !== 'cancel') await this.#update(id, status, message);
  }

  async #update(id: string, status: TaskStatus, message: string): Promise<void> {
    const task: AsyncTask = { ...this.get(id), status, message, updatedTimestamp: this.#nowS() };
    await this.#table.set(id, JSON.stringify(task));
  }

  #nowS(): number {
    return Math.floor(this.#clock.now() / 1000);
  }
}
