/** The control plane's side of portable plugins as a worker sees it: commands go there as questions, states come back. */
import type { ControlArgument, PortableControl, PortableState } from '@kuiper/extensions';
import { type FromWorker, fromPlainError, type PlainError } from './protocol.ts';

interface Question {
  resolve(): void;
  reject(error: Error): void;
}

export class PortableProxy implements PortableControl {
  readonly #send: (message: FromWorker) => void;
  readonly #states = new Map<string, PortableState>();
  readonly #listeners = new Set<(state: PortableState) => void>();
  readonly #open = new Map<number, Question>();
  #next = 1;

  constructor(send: (message: FromWorker) => void) {
    this.#send = send;
  }

  start(plugin: string, argument: ControlArgument): Promise<void> {
    return this.#ask('start', plugin, argument);
  }

  stop(plugin: string, argument: ControlArgument): Promise<void> {
    return this.#ask('stop', plugin, argument);
  }

  state(plugin: string): PortableState | undefined {
    return this.#states.get(plugin);
  }

  onState(listener: (state: PortableState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  answered(id: number, error: PlainError | null): void {
    const question = this.#open.get(id);
    this.#open.delete(id);
    if (error === null) question?.resolve();
    else question?.reject(fromPlainError(error));
  }

  changed(state: PortableState): void {
    this.#states.set(state.plugin, state);
    for (const listener of [...this.#listeners]) listener(state);
  }

  #ask(command: 'start' | 'stop', plugin: string, argument: ControlArgument): Promise<void> {
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#open.set(id, { resolve, reject });
      this.#send({ kind: 'ask', id, command, plugin, argument });
    });
  }
}
