/** `/metrics` in the text form of Prometheus. Source: behaviour spec, rest-cli-config §4.18, runtime §17.4. */
import type { NodeMetrics } from '@kuiper/host';
import { serverErrors } from '../errors.ts';
import { type Reply, textReply } from '../http/reply.ts';
import type { Route } from '../http/rest-server.ts';
import type { Services } from '../services.ts';

type Parts = Pick<Services, 'rules' | 'host' | 'connections' | 'clock'>;

export function metricsRoutes(services: Parts): Route[] {
  return [
    { method: 'GET', path: '/metrics', handle: () => metricsReply(services) },
    { method: 'GET', path: '/metrics/dump/check', handle: () => textReply('disabled') },
    {
      method: 'GET',
      path: '/metrics/dump',
      handle: () => {
        throw serverErrors.REQUEST('metrics dump not enabled');
      },
    },
  ];
}

export async function metricsReply(services: Parts): Promise<Reply> {
  return { status: 200, type: 'text/plain; version=0.0.4; charset=utf-8', body: await metricsText(services) };
}

const nodeCounters: readonly (readonly [
  suffix: string,
  kind: 'counter' | 'gauge',
  read: (n: NodeMetrics) => number,
])[] = [
  ['records_in_total', 'counter', (node) => node.recordsIn],
  ['records_out_total', 'counter', (node) => node.recordsOut],
  ['messages_processed_total', 'counter', (node) => node.messagesProcessed],
  ['exceptions_total', 'counter', (node) => node.exceptions],
  ['process_latency_us', 'gauge', (node) => node.processLatencyUs],
  ['buffer_length', 'gauge', (node) => node.bufferLength],
];

export async function metricsText({ rules, host, connections, clock }: Parts): Promise<string> {
  const out = new Exposition();
  let up = 0;
  const list = rules.list();
  for (const { id, life } of list) {
    const isUp = life.state === 'running';
    if (isUp) up++;
    out.add('kuiper_rule_status', 'gauge', { rule: id }, isUp ? 1 : life.state === 'failed' ? -1 : 0);
    for (const node of host.metrics(id) ?? []) addNode(out, id, node);
  }
  out.add('kuiper_rule_count', 'gauge', { status: 'running' }, up);
  out.add('kuiper_rule_count', 'gauge', { status: 'stop' }, list.length - up);
  for (const { id, status } of await connections.list()) {
    const value = status === 'connected' ? 1 : status === 'connecting' ? 0 : -1;
    out.add('kuiper_conn_status_gauge', 'gauge', { name: id }, value);
  }
  const { user, system } = process.cpuUsage();
  out.add('process_cpu_seconds_total', 'counter', {}, (user + system) / 1e6);
  out.add('process_resident_memory_bytes', 'gauge', {}, process.memoryUsage.rss());
  out.add('process_start_time_seconds', 'gauge', {}, Math.round(clock.now() / 1000 - process.uptime()));
  return out.text();
}

function addNode(out: Exposition, rule: string, node: NodeMetrics): void {
  const labels = { rule, type: node.kind, op: node.name.replace(/^(source|op|sink)_/, ''), op_instance: '0' };
  const prefix = `kuiper_${node.kind}_`;
  for (const [suffix, kind, read] of nodeCounters) out.add(prefix + suffix, kind, labels, read(node));
  if (node.connection !== null) out.add(`${prefix}connection_status`, 'gauge', labels, node.connection.status);
  for (const [reason, count] of Object.entries(node.dropped)) {
    out.add(`${prefix}dropped_total`, 'counter', { ...labels, reason }, count);
  }
}

/** Samples grouped by family, as the format wants them. */
class Exposition {
  readonly #families = new Map<string, string[]>();

  add(name: string, kind: 'counter' | 'gauge', labels: Readonly<Record<string, string>>, value: number): void {
    let lines = this.#families.get(name);
    if (lines === undefined) {
      lines = [`# TYPE ${name} ${kind}`];
      this.#families.set(name, lines);
    }
    const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escapeLabel(text)}"`);
    lines.push(`${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}`);
  }

  text(): string {
    return `${[...this.#families.values()].flat().join('\n')}\n`;
  }
}

function escapeLabel(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
