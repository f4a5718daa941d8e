/** Status of rules as clients read it. Source: behaviour spec, rest-cli-config §6, runtime §17.1. */
import type { NodeMetrics } from '@kuiper/host';
import { type RuleLifecycle, stateTexts } from './rule-lifecycle.ts';

export type StatusDocument = Readonly<Record<string, string | number>>;

/** @param metrics of the present or last run, null when there was none */
export function statusDocument(
  life: RuleLifecycle,
  nextStartMs: number,
  metrics: readonly NodeMetrics[] | null,
): StatusDocument {
  const status: Record<string, string | number> = {
    status: stateTexts[life.state],
    message: life.message,
    lastStartTimestamp: life.lastStartMs,
    lastStopTimestamp: life.lastStopMs,
    nextStartTimestamp: nextStartMs,
  };
  for (const node of metrics ?? []) addNode(status, node);
  return status;
}

function addNode(status: Record<string, string | number>, node: NodeMetrics): void {
  const name = `${node.name}_0_`;
  status[`${name}records_in_total`] = node.recordsIn;
  status[`${name}records_out_total`] = node.recordsOut;
  status[`${name}messages_processed_total`] = node.messagesProcessed;
  status[`${name}process_latency_us`] = Math.round(node.processLatencyUs);
  status[`${name}buffer_length`] = node.bufferLength;
  status[`${name}last_invocation`] = node.lastInvocation;
  status[`${name}exceptions_total`] = node.exceptions;
  status[`${name}last_exception`] = node.lastException;
  status[`${name}last_exception_time`] = node.lastExceptionTime;
  const { connection } = node;
  if (connection === null) return;
  status[`${name}connection_status`] = connection.status;
  status[`${name}connection_last_connected_time`] = connection.lastConnectedTime;
  status[`${name}connection_last_disconnected_time`] = connection.lastDisconnectedTime;
  status[`${name}connection_last_disconnected_message`] = connection.lastDisconnectedMessage;
  status[`${name}connection_last_try_time`] = connection.lastTryTime;
}

/** The newest exception of a running rule, for `GET /rules/status/all`. */
export function latestException(
  life: RuleLifecycle,
  metrics: readonly NodeMetrics[] | null,
): { readonly status: string; readonly last_exception: string; readonly exceptions_total: number } {
  let latest: NodeMetrics | null = null;
  if (life.state === 'running') {
    for (const node of metrics ?? []) {
      if (node.lastExceptionTime > (latest?.lastExceptionTime ?? 0)) latest = node;
    }
  }
  return {
    status: stateTexts[life.state],
    last_exception: latest?.lastException ?? '',
    exceptions_total: latest?.exceptions ?? 0,
  };
}
