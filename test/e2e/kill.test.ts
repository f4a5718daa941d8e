/**
 * `kill -9` on the real process, again and again, while a QoS 1 publisher goes on: no message that the broker has
 * acknowledged to its publisher may be missing from the output of a stateless and of a stateful rule.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mqtt from 'mqtt';
import { describe, expect, it } from 'vitest';
import { Kuiperd } from '../support/kuiperd.ts';
import { brokerMissing, Mosquitto, withoutQueueLimits } from '../../packages/connectors/testing/mosquitto.ts';

const kills = 50;
const windowSize = 10;
const perSecond = 400;

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function streamSql(name: string, broker: string): string {
  const extra = {
    server: broker,
    qos: 1,
    clientid: `kill-${name}`,
    protocolVersion: '3.1.1',
    enableClientSession: true,
  };
  const quoted = JSON.stringify(extra).replaceAll('"', '\\"');
  return `CREATE STREAM ${name} (id BIGINT) WITH (TYPE="mqtt", DATASOURCE="numbers", FORMAT="json", EXTRA="${quoted}")`;
}

/** Every id in the file and how often; a line half written by a killed process is not a line. */
function readIds(path: string): Map<number, number> {
  const seen = new Map<number, number>();
  if (!existsSync(path)) return seen;
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    let row: { id?: number; ids?: number[] };
    try {
      row = JSON.parse(line) as typeof row;
    } catch {
      continue;
    }
    for (const id of row.ids ?? [row.id as number]) seen.set(id, (seen.get(id) ?? 0) + 1);
  }
  return seen;
}

describe.skipIf(brokerMissing !== null)('kill -9', () => {
  it(`loses nothing acknowledged over ${kills} kills`, { timeout: 400_000 }, async () => {
    const directory = mkdtempSync(join(tmpdir(), 'kuiper-kill-'));
    const broker = await Mosquitto.start(withoutQueueLimits);
    const stateless = join(directory, 'stateless.jsonl');
    const stateful = join(directory, 'stateful.jsonl');
    const sink = (path: string): unknown => ({ file: { path, fileType: 'lines', sendSingle: true } });
    let server = await Kuiperd.start({ directory });
    await server.must('POST', '/streams', { sql: streamSql('plain', broker.url) });
    await server.must('POST', '/streams', { sql: streamSql('windowed', broker.url) });
    await server.must('POST', '/rules', { id: 'stateless', sql: 'SELECT id FROM plain', actions: [sink(stateless)] });
    await server.must('POST', '/rules', {
      id: 'stateful',
      sql: `SELECT collect(id) AS ids FROM windowed GROUP BY COUNTWINDOW(${windowSize})`,
      actions: [sink(stateful)],
      options: { qos: 1, checkpointInterval: '300ms' },
    });
    // Both subscriptions must exist before the first message, or the broker has nobody to keep it for.
    await connected(server, ['stateless', 'stateful']);

    const publisher = await mqtt.connectAsync(broker.url.replace('tcp:', 'mqtt:'));
    const acknowledged = new Set<number>();
    let next = 0;
    let publishing = true;
    const publish = async (id: number): Promise<void> => {
      await publisher.publishAsync('numbers', JSON.stringify({ id }), { qos: 1 });
      acknowledged.add(id);
    };
    const stream = (async () => {
      while (publishing) {
        await Promise.all(Array.from({ length: perSecond / 20 }, () => publish(next++)));
        await sleep(50);
      }
    })();

    const random = seeded(7);
    for (let i = 0; i < kills; i++) {
      await sleep(50 + random() * 700);
      await server.kill();
      server = await Kuiperd.start({ directory });
    }
    publishing = false;
    await stream;

    const wanted = [...acknowledged];
    const missing = (path: string): number[] => {
      const seen = readIds(path);
      return wanted.filter((id) => !seen.has(id));
    };
    // Rows behind the last full window stay in it: later messages push them out.
    for (let i = 0; i < 120 && (missing(stateless).length > 0 || missing(stateful).length > 0); i++) {
      await Promise.all(Array.from({ length: windowSize }, () => publish(next++)));
      await sleep(250);
    }
    const lost = { stateless: missing(stateless).slice(0, 20), stateful: missing(stateful).slice(0, 20) };
    const status = lost.stateful.length > 0 ? await server.must('GET', '/rules/stateful/status') : '';

    await publisher.endAsync(true);
    await server.stop();
    await broker.stop();
    rmSync(directory, { recursive: true, force: true });
    expect(wanted.length).toBeGreaterThan(kills * 20);
    expect(lost, status).toEqual({ stateless: [], stateful: [] });
  });
});

async function connected(server: Kuiperd, rules: readonly string[]): Promise<void> {
  for (let i = 0; i < 200; i++) {
    const all = await Promise.all(rules.map((rule) => server.json(`/rules/${rule}/status`)));
    const up = all.every((status) =>
      Object.entries(status).some(([key, value]) => /^source_.*_connection_status$/.test(key) && value === 1),
    );
    if (up) return;
    await sleep(50);
  }
  throw new Error('the sources did not connect');
}

function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1664525 + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
