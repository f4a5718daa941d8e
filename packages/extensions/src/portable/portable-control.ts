/**
 * The line between a thread that runs rules, which owns the data channels of portable plugins, and the control plane,
 * which owns their processes and control channels.
 */

/** What a `start` or `stop` command names. Source: behaviour spec, extension §4.6. */
export interface ControlArgument {
  readonly symbolName: string;
  readonly meta: { readonly ruleId: string; readonly opId: string; readonly instanceId: number };
  readonly pluginType: 'source' | 'sink' | 'func' | 'lookup';
  readonly dataSource?: string;
  readonly config?: Readonly<Record<string, unknown>>;
  /** Where the thread listens for plugins that know more than the common protocol; others are not told. */
  readonly link?: string;
}

export type PortableStatus = 'initializing' | 'running' | 'error' | 'stop';

export interface PortableState {
  readonly plugin: string;
  readonly status: PortableStatus;
  readonly errMsg: string;
  /** Counts the processes of this plugin since the server started: another number, another process. */
  readonly generation: number;
  /** Processes that answer calls at the same time. */
  readonly instances: number;
  /** What the plugin's SDK negotiated; empty for those that only know the common protocol. */
  readonly extras: readonly string[];
}

export interface PortableControl {
  /** Resolves when the plugin says it runs; waits for a process that is coming up. Rejects with the text users see. */
  start(plugin: string, argument: ControlArgument): Promise<void>;
  /** Resolves when the symbol is gone; one that had ended already is no error. */
  stop(plugin: string, argument: ControlArgument): Promise<void>;
  /** The present state of a plugin; undefined when it is not installed. Never waits. */
  state(plugin: string): PortableState | undefined;
  /** Called for each change until the returned function is called. */
  onState(listener: (state: PortableState) => void): () => void;
}
