import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Worker } from 'node:worker_threads';
import { SystemClock } from '@kuiper/base';
import { build } from 'esbuild';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openLevelKv } from './kv/level-kv.ts';
import { openLog } from './log/open-log.ts';

// Real processes, real kills and a real limit on file sizes, which fails writes as a full disk does.
// Processes take long to start on a busy machine, and each round starts one: a test has minutes, not seconds.
const timeout = 180_000;

// Scripts lie below node_modules, so that they find the packages.
const cache = join(import.meta.dirname, '../../../../node_modules/.cache');
let scripts = '';
let directory = '';

beforeAll(async () => {
  await mkdir(cache, { recursive: true });
  scripts = await mkdtemp(join(cache, 'store-crash-'));
});
afterAll(async () => {
  await rm(scripts, { recursive: true });
});
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'store-'));
  return () => rm(directory, { recursive: true });
});

/** Turns TypeScript with imports relative to this folder into a module that plain Node runs. */
async function script(name: string, contents: string): Promise<string> {
  const outfile = join(scripts, `${name}.mjs`);
  await build({
    stdin: { contents, resolveDir: import.meta.dirname, loader: 'ts' },
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    conditions: ['source'],
    external: ['classic-level'],
    logLevel: 'error',
  });
  return outfile;
}

/** Collects the numbered lines that a child prints. */
function listen(child: ChildProcess): { lines: string[]; until: (line: string) => Promise<void> } {
  const lines: string[] = [];
  const reader = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  reader.on('line', (line) => lines.push(line));
  child.stderr?.on('data', (text) => lines.push(`stderr ${text}`));
  const until = async (line: string): Promise<void> => {
    while (!lines.includes(line)) {
      const troubles = lines.filter((l) => l.startsWith('stderr'));
      if (troubles.length > 0) throw new Error(troubles.join('\n'));
      await once(reader, 'line');
    }
  };
  return { lines, until };
}

async function kill(child: ChildProcess): Promise<void> {
  const gone = once(child, 'close');
  child.kill('SIGKILL');
  await gone;
}

describe('LevelDB store', () => {
  test('a process killed at any moment tears no batch and keeps what was acknowledged', { timeout }, async () => {
    const file = await script(
      'kv-kill',
      `import { openLevelKv } from './kv/level-kv.ts';
       const kv = await openLevelKv(process.argv[2]);
       for (let n = Number(kv.textTable('1').getSync('n') ?? 0); ; ) {
         const round = [];
         for (let i = 0; i < 5; i++) {
           n++;
           const value = String(n);
           const set = (table: string) => ({ type: 'set' as const, table, key: 'n', value });
           const pad = { type: 'set' as const, table: 'pad', key: String(n % 50), value: new Uint8Array(3000).fill(n % 256) };
           round.push(kv.batch([set('1'), pad, set('10'), set('a-b')], { sync: n % 3 === 0 }));
         }
         await Promise.all(round);
         process.stdout.write(n + '\\n');
       }`,
    );
    let least = 0;
    for (let cycle = 0; cycle < 8; cycle++) {
      const child = spawn(process.execPath, [file, directory]);
      const { lines } = listen(child);
      // The first line says that it is up; then it gets a random while.
      await once(createInterface({ input: child.stdout }), 'line');
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 40));
      await kill(child);
      expect(lines.filter((line) => line.startsWith('stderr'))).toEqual([]);
      const acknowledged = Number(lines.filter((line) => /^\d+$/.test(line)).at(-1));
      const kv = await openLevelKv(directory);
      const found = ['1', '10', 'a-b'].map((table) => Number(kv.textTable(table).getSync('n')));
      const pad = kv.table('pad').getSync(String((found[0] as number) % 50));
      await kv.close();
      expect(acknowledged).toBeGreaterThan(least);
      expect(new Set(found).size).toBe(1);
      expect(found[0]).toBeGreaterThanOrEqual(acknowledged);
      expect([...new Set(pad)]).toEqual([(found[0] as number) % 256]);
      least = found[0] as number;
    }
  });

  test.skipIf(!hasPrlimit())('writes acknowledged after a failed write survive', { timeout }, async () => {
    const file = await script(
      'kv-full',
      `import { openLevelKv } from './kv/level-kv.ts';
       const kv = await openLevelKv(process.argv[2]);
       const table = kv.textTable('t');
       const print = (line: string) => process.stdout.write(line + '\\n');
       const value = (n: number) => String(n).padEnd(700, 'x') + Math.random();
       let n = 0;
       const add = async () => { n++; await table.set(String(n), value(n), { sync: true }); print('ok ' + n); };
       try { for (;;) await add(); } catch (error: any) { print(error.id + ' ' + error.retry); }
       print('full');
       process.stdin.once('data', async () => {
         for (let i = 0; i < 200; i++) await add();
         print('done');
       });`,
    );
    const child = spawn('/bin/sh', ['-c', `ulimit -S -f 1200; exec "${process.execPath}" "${file}" "${directory}"`]);
    const { lines, until } = listen(child);
    await until('full');
    expect(lines).toContain('KV_IO true');
    execFileSync('prlimit', ['--pid', String(child.pid), '--fsize=unlimited:unlimited']);
    child.stdin.write('go\n');
    await until('done');
    await kill(child);
    const kv = await openLevelKv(directory);
    const kept = new Set(await kv.table('t').keys());
    await kv.close();
    const acknowledged = lines.filter((line) => line.startsWith('ok ')).map((line) => line.slice(3));
    expect(acknowledged.length).toBeGreaterThan(300);
    expect(acknowledged.filter((key) => !kept.has(key))).toEqual([]);
  });

  test('the owner and two worker threads share one store; guests leave first', { timeout }, async () => {
    const file = await script(
      'kv-guest',
      `import { parentPort, workerData } from 'node:worker_threads';
       import { joinLevelKv } from './kv/level-kv.ts';
       const kv = await joinLevelKv(workerData.ticket);
       const table = kv.textTable(workerData.name);
       parentPort!.on('message', async (message: string) => {
         if (message === 'close') { await kv.close(); parentPort!.close(); return; }
         for (let i = 0; i < 500; i++) await table.set(String(i), workerData.name, { sync: i % 50 === 0 });
         parentPort!.postMessage(kv.textTable('main').getSync('k'));
       });
       parentPort!.postMessage('open');`,
    );
    const kv = await openLevelKv(directory);
    await kv.textTable('main').set('k', 'seen by all');
    const names = ['w1', 'w2'];
    const tickets = names.map(() => kv.admit());
    const workers = names.map((name, i) => new Worker(file, { workerData: { name, ticket: tickets[i] } }));
    const says = (worker: Worker) => once(worker, 'message').then(([message]) => message as string);
    expect(await Promise.all(workers.map(says))).toEqual(['open', 'open']);
    const answers = workers.map(says);
    for (const worker of workers) worker.postMessage('write');
    for (let i = 0; i < 500; i++) await kv.textTable('main').set(`m${i}`, 'main');
    expect(await Promise.all(answers)).toEqual(['seen by all', 'seen by all']);
    for (const name of names) expect((await kv.textTable(name).entries()).length).toBe(500);

    await expect(kv.close()).rejects.toMatchObject({ id: 'KV_GUESTS' });
    await expect(openLevelKv(directory)).rejects.toMatchObject({ id: 'KV_LOCKED' });
    const left = once(workers[0] as Worker, 'exit');
    workers[0]?.postMessage('close');
    await left;
    // The other one ends without a word, as a stuck worker does that is replaced.
    await workers[1]?.terminate();
    await expect(kv.close()).rejects.toThrow('in 1 other thread');
    kv.dismiss(tickets[1] as (typeof tickets)[0]);
    expect(kv.textTable('w2').getSync('499')).toBe('w2');
    await kv.close();

    const again = await openLevelKv(directory);
    expect((await again.textTable('main').keys('m')).length).toBe(500);
    await again.close();
  });
});

describe('log', () => {
  test('a process killed at any moment leaves a log that holds what was synced', { timeout }, async () => {
    const file = await script(
      'log-kill',
      `import { SystemClock } from '@kuiper/base';
       import { openLog } from './log/open-log.ts';
       const clock = new SystemClock({ keepAlive: true });
       const log = await openLog({ directory: process.argv[2]!, clock, maxDelayMs: 1, segmentBytes: 200_000 });
       for (;;) {
         for (let i = 0; i < 20; i++) {
           const seq = log.nextSeq;
           log.append({ parts: [Buffer.from(seq + ':'), new Uint8Array((seq * 7919) % 9000).fill(seq % 256)] });
         }
         const seq = log.nextSeq;
         await log.sync();
         if (seq > 400) await log.trim(seq - 400);
         process.stdout.write(seq + '\\n');
       }`,
    );
    let least = 0;
    for (let cycle = 0; cycle < 8; cycle++) {
      const child = spawn(process.execPath, [file, directory]);
      const { lines } = listen(child);
      await once(createInterface({ input: child.stdout }), 'line');
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 40));
      await kill(child);
      expect(lines.filter((line) => line.startsWith('stderr'))).toEqual([]);
      const acknowledged = Number(lines.filter((line) => /^\d+$/.test(line)).at(-1));
      const log = await openLog({ directory, clock: new SystemClock() });
      expect(log.recovery.lostRecords).toBe(0);
      expect(acknowledged).toBeGreaterThan(least);
      expect(log.nextSeq).toBeGreaterThanOrEqual(acknowledged);
      let seq = log.firstSeq;
      for await (const { data } of log.read(0)) {
        const pad = new Uint8Array((seq * 7919) % 9000).fill(seq % 256);
        expect(Buffer.compare(data, Buffer.concat([Buffer.from(`${seq}:`), pad]))).toBe(0);
        seq++;
      }
      expect(seq).toBe(log.nextSeq);
      least = log.nextSeq;
      await log.close();
    }
  });
});

function hasPrlimit(): boolean {
  try {
    execFileSync('prlimit', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
