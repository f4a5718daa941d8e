/** Lists and counters as tables for people. */
import Table from 'cli-table3';

/** From `GET /rules`. */
export function ruleTable(json: string): string {
  const rules = JSON.parse(json) as readonly Readonly<Record<string, unknown>>[];
  return rows(
    ['Rule', 'Name', 'Status', 'Tags', 'Version'],
    rules.map(({ id, name, status, tags, version }) => [
      id,
      name,
      status,
      Array.isArray(tags) ? tags.join(', ') : '',
      version,
    ]),
  );
}

/** From `GET /connections`. */
export function connectionTable(json: string): string {
  const connections = JSON.parse(json) as readonly Readonly<Record<string, unknown>>[];
  return rows(
    ['Connection', 'Type', 'Status', 'Used', 'Error'],
    connections.map(({ id, typ, status, refCount, err }) => [id, typ, status, refCount ?? 0, err ?? '']),
  );
}

const columns = [
  ['In', 'records_in_total'],
  ['Out', 'records_out_total'],
  ['Errors', 'exceptions_total'],
  ['Waiting', 'buffer_length'],
  ['Latency µs', 'process_latency_us'],
  ['Last error', 'last_exception'],
] as const;

/** From `GET /rules/{id}/status`: the state, then a line per node. */
export function statusTable(json: string): string {
  const status = JSON.parse(json) as Readonly<Record<string, unknown>>;
  const nodes = new Map<string, Map<string, unknown>>();
  for (const [key, value] of Object.entries(status)) {
    const [, node, metric] = /^((?:source|op|sink)_.+)_\d+_([a-z]+(?:_[a-z]+)*)$/.exec(key) ?? [];
    if (node === undefined || metric === undefined) continue;
    let metrics = nodes.get(node);
    if (metrics === undefined) {
      metrics = new Map();
      nodes.set(node, metrics);
    }
    metrics.set(metric, value);
  }
  const state = `${status.status}${status.message ? `: ${status.message}` : ''}`;
  if (nodes.size === 0) return state;
  const lines = [...nodes].map(([node, metrics]) => [node, ...columns.map(([, metric]) => metrics.get(metric) ?? '')]);
  return `${state}\n${rows(['Node', ...columns.map(([title]) => title)], lines)}`;
}

function rows(head: string[], lines: readonly (readonly unknown[])[]): string {
  const table = new Table({ head, style: { head: [], border: [], compact: true } });
  for (const line of lines)
    table.push(line.map((cell) => (typeof cell === 'number' ? { content: cell, hAlign: 'right' } : String(cell))));
  return table.toString();
}
