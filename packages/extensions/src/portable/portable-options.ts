/** The section `portable` of `kuiper.yaml`, decoded. Source: behaviour spec, extension §4.10. */
export interface PortableOptions {
  /** The program that runs Python plugins. */
  readonly pythonBin: string;
  /** How long a process may take until it says that it is there. */
  readonly initTimeoutMs: number;
  /** How long a message may wait to be sent: calls of functions, data of sinks. */
  readonly sendTimeoutMs: number;
  /** How long a function may take. */
  readonly recvTimeoutMs: number;
  /** How long a plugin may take to start or stop a symbol. Not in eKuiper, which waits for an hour. */
  readonly controlTimeoutMs: number;
  /** How long a sink with `requireAck` waits for the acknowledgement of a message. Not in eKuiper, which waits forever. */
  readonly ackTimeoutMs: number;
  /** Off: only the common protocol is spoken, whatever the SDK of a plugin offers. Not in eKuiper. */
  readonly extras: boolean;
}

export const defaultPortableOptions: PortableOptions = {
  pythonBin: 'python',
  initTimeoutMs: 60_000,
  sendTimeoutMs: 5000,
  recvTimeoutMs: 5000,
  controlTimeoutMs: 30_000,
  ackTimeoutMs: 30_000,
  extras: true,
};
