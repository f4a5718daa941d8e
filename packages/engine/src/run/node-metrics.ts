/** What status, metrics and taps show of a run; plain data. */

/** Metrics of one node, in the order of `GET /rules/{id}/status`. Source: behaviour spec, runtime §17.1. */
export interface NodeMetrics {
  /** `source_demo`, `op_2_decoder`, `sink_mqtt_0`. */
  readonly name: string;
  readonly kind: 'source' | 'op' | 'sink';
  readonly recordsIn: number;
  readonly recordsOut: number;
  readonly messagesProcessed: number;
  readonly processLatencyUs: number;
  readonly bufferLength: number;
  /** ms since the epoch, 0 never. */
  readonly lastInvocation: number;
  readonly exceptions: number;
  readonly lastException: string;
  readonly lastExceptionTime: number;
  /** Discarded events by reason (`late`, `buffer full` …), beyond what the reference reports. */
  readonly dropped: Readonly<Record<string, number>>;
  readonly connection: ConnectionMetrics | null;
}

export interface ConnectionMetrics {
  /** 1 connected, 0 connecting, −1 disconnected. */
  readonly status: 1 | 0 | -1;
  readonly lastConnectedTime: number;
  readonly lastDisconnectedTime: number;
  readonly lastDisconnectedMessage: string;
  readonly lastTryTime: number;
}

/** One event seen by a live tap: what a rule sent to its sinks, or the text of a failed row. */
export interface TapEvent {
  readonly ruleId: string;
  readonly timestampMs: number;
  readonly kind: 'rows' | 'error';
  /** JSON text of the list of rows, or the error's text. */
  readonly data: string;
}
