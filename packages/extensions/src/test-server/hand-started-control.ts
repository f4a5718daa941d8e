/**
 * Control of a plugin whose process somebody else starts: listens where it looks for its engine and passes commands on.
 * Source: behaviour spec, extension §4.5, §4.6.
 */
import { type Clock, errorText } from '@kuiper/base';
import { type Handshake, RequestChannel } from '../portable/channel/request-channel.ts';
import { controlCommand, isGoneAlready, negotiatedExtras } from '../portable/control-commands.ts';
import { portableErrors } from '../portable/errors.ts';
import type { ControlArgument, PortableControl, PortableState, PortableStatus } from '../portable/portable-control.ts';
import { defaultPortableOptions } from '../portable/portable-options.ts';

export class HandStartedControl implements PortableControl {
  readonly #plugin: string;
  #channel: RequestChannel | null = null;
  #handshake: Handshake | null = null;
  #status: PortableStatus = 'initializing';
  #processes = 0;
  readonly #listeners = new Set<(state: PortableState) => void>();

  private constructor(plugin: string) {
    this.#plugin = plugin;
  }

  /** @param path of the socket. Rejects when another engine listens there. */
  static async listen(plugin: string, path: string, clock: Clock): Promise<HandStartedControl> {
    const control = new HandStartedControl(plugin);
    try {
      control.#channel = await RequestChannel.listen(`ipc://${path}`, {
        clock,
        onHandshake: (handshake) => control.#greeted(handshake),
        onLost: () => control.#changed('error'),
      });
    } catch (error) {
      throw portableErrors.LISTEN('rep', errorText(error), path, { cause: error });
    }
    // Whoever comes from now on is newer than whoever came before.
    control.#channel.spawned(1);
    return control;
  }

  state(plugin: string): PortableState | undefined {
    if (plugin !== this.#plugin) return undefined;
    return {
      plugin,
      status: this.#status,
      errMsg: this.#status === 'error' ? 'the plugin has hung up' : '',
      generation: this.#processes,
      instances: 1,
      extras: negotiatedExtras(this.#handshake?.body ?? Buffer.alloc(0)),
    };
  }

  onState(listener: (state: PortableState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async start(_plugin: string, argument: ControlArgument): Promise<void> {
    const reply = await this.#tell('start', argument);
    if (reply !== 'ok') throw portableErrors.REFUSED(reply);
  }

  async stop(_plugin: string, argument: ControlArgument): Promise<void> {
    if (this.#status !== 'running') return;
    const reply = await this.#tell('stop', argument);
    if (reply !== 'ok' && !isGoneAlready(reply)) throw portableErrors.REFUSED(reply);
  }

  async close(): Promise<void> {
    await this.#channel?.close();
  }

  async #tell(command: 'start' | 'stop', argument: ControlArgument): Promise<string> {
    const process = this.#handshake?.process;
    if (this.#channel === null || process === undefined || this.#status !== 'running') {
      throw portableErrors.NOT_RUNNING(this.#plugin);
    }
    const { extras } = this.state(this.#plugin) as PortableState;
    const body = controlCommand(command, argument, extras);
    const options = { timeoutMs: defaultPortableOptions.controlTimeoutMs, onLoss: 'fail', process } as const;
    return (await this.#channel.call(body, options)).toString('utf8');
  }

  #greeted(handshake: Handshake): void {
    if (handshake.isNewProcess) {
      this.#handshake = handshake;
      this.#processes++;
    }
    this.#changed('running');
  }

  #changed(status: PortableStatus): void {
    this.#status = status;
    const state = this.state(this.#plugin) as PortableState;
    for (const listener of this.#listeners) listener(state);
  }
}
