/**
 * `kill -9` on processes of plugins, at random and under load, in a server whose rules have `qos` 1: a function gives
 * each row once, a sink that acknowledges gets every row, and of a source everything that the engine received comes out.
 */
import { uniqueName } from '../portable/plugin-rig.ts';
import { type ExtensionServer, type Row, seeded, sleep } from './extension-server.ts';

export interface KillsOptions {
  readonly plugins: number;
  readonly kills: number;
  /** Mean time between two kills. */
  readonly everyMs: number;
  /** Rows a second for each plugin. */
  readonly perSecond: number;
  /** Rows that a source sends, a hundred a second, until it has nothing more: each new process begins anew. */
  readonly sourceRows: number;
  readonly seed: number;
  readonly progress?: (text: string) => void;
}

export interface KillsReport {
  readonly kills: number;
  readonly seconds: number;
  /** Rows that were sent through functions. */
  readonly sent: number;
  /** What is wrong: empty when nothing is. */
  readonly faults: readonly string[];
  /** Rows that a sink got more than once: it died between writing and acknowledging. */
  readonly sinkRepeats: number;
  readonly fromSources: number;
  readonly restarts: number;
}

interface Victim {
  readonly name: string;
  /** From the push endpoint through the function to a file and to the plugin's own sink. */
  readonly called: string;
  /** From the plugin's source through the function to a file. */
  readonly sourced: string;
  readonly push: string;
  sent: number;
}

const batchMs = 100;

export async function runKills(rig: ExtensionServer, options: KillsOptions): Promise<KillsReport> {
  const { kills, everyMs, perSecond, progress = () => {} } = options;
  const random = seeded(options.seed);
  const victims: Victim[] = [];
  for (let i = 0; i < options.plugins; i++) victims.push(await prepare(rig, i, options.sourceRows));
  for (const { called, sourced } of victims) for (const rule of [called, sourced]) await started(rig, rule);

  let feeding = true;
  const size = Math.max(1, Math.round((perSecond * batchMs) / 1000));
  const feeds = victims.map(async (victim) => {
    while (feeding) {
      const rows = Array.from({ length: size }, (_, i) => ({ n: victim.sent + i, s: `row ${victim.sent + i}` }));
      const response = await fetch(`${rig.server.push}${victim.push}`, { method: 'POST', body: JSON.stringify(rows) });
      if (!response.ok) throw new Error(`push: ${response.status} ${await response.text()}`);
      victim.sent += size;
      await sleep(batchMs);
    }
  });

  const began = performance.now();
  let killed = 0;
  while (killed < kills) {
    await sleep(-Math.log(1 - random()) * everyMs);
    const { name } = victims[Math.floor(random() * victims.length)] as Victim;
    const { pid } = await rig.status(name);
    // Between two processes.
    if (pid === 0) continue;
    try {
      process.kill(pid, 'SIGKILL');
      killed++;
    } catch {
      continue;
    }
    if (killed % 50 === 0) progress(`${killed} kills after ${Math.round((performance.now() - began) / 1000)} s`);
  }
  const seconds = (performance.now() - began) / 1000;
  feeding = false;
  await Promise.all(feeds);

  const faults: string[] = [];
  let sinkRepeats = 0;
  let fromSources = 0;
  let restarts = 0;
  for (const victim of victims) {
    await settled(rig, victim);
    const { called, sourced, sent, name } = victim;
    const all = Array.from({ length: sent }, (_, n) => n);
    const metrics = JSON.stringify(await rig.metrics(called));
    const results = rig.rows(called);
    const right = (row: Row): boolean => row.f === `row ${String(row.n)}`;
    faults.push(...compare(`${called}: function`, all, results, { once: true }).map((text) => `${text} ${metrics}`));
    if (!results.every(right)) faults.push(`${called}: wrong result ${JSON.stringify(results.find((r) => !right(r)))}`);
    const acknowledged = rig.rows(`${called}-sink`);
    faults.push(...compare(`${called}: sink`, all, acknowledged, { once: false }));
    sinkRepeats += acknowledged.length - sent;

    const status = await rig.metrics(sourced);
    const received = Number(status[`source_${sourced}_stream_0_records_in_total`]);
    const rows = rig.rows(sourced);
    fromSources += received;
    if (!(received > 0) || rows.length !== received) {
      faults.push(`${sourced}: ${received} rows received, ${rows.length} came out ${JSON.stringify(status)}`);
    }
    if (!rows.every(({ count, f }) => count === f)) faults.push(`${sourced}: wrong result`);
    restarts += (await rig.status(name)).restarts;
  }
  return {
    kills: killed,
    seconds,
    sent: victims.reduce((sum, { sent }) => sum + sent, 0),
    faults,
    sinkRepeats,
    fromSources,
    restarts,
  };
}

async function prepare(rig: ExtensionServer, index: number, limit: number): Promise<Victim> {
  const { name, symbols } = await rig.installPython(
    { sources: ['count'], sinks: ['write'], functions: ['same'] },
    {},
    // Every other one speaks the extended protocol.
    index % 2 === 0 ? 'ekuiper' : 'kuiper',
  );
  const called = uniqueName('called');
  const sourced = uniqueName('sourced');
  const push = `/kills/${index}`;
  await rig.stream(`${called}_stream`, { type: 'httppush', dataSource: push, extra: { method: 'POST' } });
  await rig.stream(`${sourced}_stream`, { type: symbols.count as string, extra: { limit } });
  // Rows wait while no process runs: there has to be room for them.
  const options = { qos: 1, bufferLength: 200_000 };
  await rig.rule({
    id: called,
    sql: `SELECT n, ${symbols.same}(s) AS f FROM ${called}_stream`,
    actions: [
      rig.file(called),
      {
        [symbols.write as string]: {
          path: rig.path(`${called}-sink.out`),
          requireAck: true,
          sendSingle: true,
          bufferLength: 200_000,
        },
      },
    ],
    options,
  });
  await rig.rule({ id: sourced, sql: `SELECT count, ${symbols.same}(count) AS f FROM ${sourced}_stream`, options });
  return { name, called, sourced, push, sent: 0 };
}

async function started(rig: ExtensionServer, rule: string): Promise<void> {
  await rig.eventually(`rule ${rule} runs`, async () => (await rig.metrics(rule)).status === 'running');
}

/** Everything has come out, or nothing more comes for a while. */
async function settled(rig: ExtensionServer, { called, sourced, sent }: Victim): Promise<void> {
  let before = '';
  for (let still = 0; still < 10; await sleep(500)) {
    const rows = rig.rows(sourced).length;
    const present = `${rig.rows(called).length} ${countOf(rig.rows(`${called}-sink`))} ${rows}`;
    const status = await rig.metrics(sourced);
    const received = Number(status[`source_${sourced}_stream_0_records_in_total`]);
    still = present === before ? still + 1 : 0;
    before = present;
    if (present === `${sent} ${sent} ${received}` && still > 1) return;
  }
}

function countOf(rows: readonly Row[]): number {
  return new Set(rows.map(({ n }) => n)).size;
}

function compare(what: string, wanted: readonly number[], rows: readonly Row[], { once }: { once: boolean }): string[] {
  const seen = new Map<unknown, number>();
  for (const { n } of rows) seen.set(n, (seen.get(n) ?? 0) + 1);
  const lost = wanted.filter((n) => !seen.has(n));
  const doubled = wanted.filter((n) => (seen.get(n) ?? 0) > 1);
  const faults: string[] = [];
  if (lost.length > 0) faults.push(`${what} lost ${lost.length} of ${wanted.length}: ${lost.slice(0, 10).join()}`);
  if (once && doubled.length > 0) faults.push(`${what} doubled ${doubled.length}: ${doubled.slice(0, 10).join()}`);
  return faults;
}
