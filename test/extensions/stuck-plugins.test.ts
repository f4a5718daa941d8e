/** Extensions that do not return, or eat what there is: they cost their own calls or their own rule, and nobody else's rows. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { uniqueName } from '../portable/plugin-rig.ts';
import { ExtensionServer, sleep } from './extension-server.ts';

/** Gives 0 for 0 and never returns for anything else. */
const spinning = Buffer.from(
  '0061736d01000000010601' + '60017f017f03020100070801047370696e00000a0d010b00034020000d000b20000b',
  'hex',
);

describe('extensions that do not behave', { timeout: 90_000 }, () => {
  let rig: ExtensionServer;

  beforeAll(async () => {
    rig = await ExtensionServer.start();
    await rig.ticking('ticks', 20);
  });
  afterAll(() => rig.stop());

  async function installNative(code: string, more: object = {}, type = 'functions'): Promise<string> {
    const name = uniqueName('stuck').replaceAll('_', '');
    const symbol = name[0]?.toUpperCase() + name.slice(1);
    const file = rig.archive(name, {
      [`${symbol}.mjs`]: code.replaceAll('NAME', symbol),
      ...(type === 'sources' ? { [`${name}.yaml`]: 'default:\n' } : {}),
    });
    await rig.server.must('POST', `/plugins/${type}`, { name, file, ...more });
    return name;
  }

  /** Numbered rows go through a rule of others while something happens: each comes out once. */
  async function undisturbed(work: () => Promise<void>): Promise<void> {
    const push = `/${uniqueName('push')}`;
    const stream = await rig.stream(uniqueName('numbers'), {
      type: 'httppush',
      dataSource: push,
      extra: { method: 'POST' },
    });
    const rule = await rig.rule({ sql: `SELECT n + 1 AS m FROM ${stream}` });
    await rig.eventually('it runs', async () => (await rig.metrics(rule)).status === 'running');
    let sent = 0;
    let isOver = false;
    const feed = (async () => {
      while (!isOver) {
        const rows = Array.from({ length: 10 }, () => ({ n: sent++ }));
        await fetch(`${rig.server.push}${push}`, { method: 'POST', body: JSON.stringify(rows) });
        await sleep(20);
      }
    })();
    try {
      await work();
    } finally {
      isOver = true;
      await feed;
    }
    await rig.eventually('all rows', () => rig.rows(rule).length >= sent, 10_000);
    expect(rig.rows(rule).map(({ m }) => m)).toEqual(Array.from({ length: sent }, (_, i) => i + 1));
    expect(sent).toBeGreaterThan(20);
    await rig.server.must('DELETE', `/rules/${rule}`);
  }

  async function errorsOf(rule: string): Promise<{ count: number; last: string }> {
    let count = 0;
    let last = '';
    for (const [name, value] of Object.entries(await rig.metrics(rule))) {
      if (/^op_.*_exceptions_total$/.test(name)) count += Number(value);
      if (/^op_.*_last_exception$/.test(name) && value !== '') last = String(value);
    }
    return { count, last };
  }

  it('a native function that never returns stops its rule; the others go on', async () => {
    const name = await installNative('export class NAME { exec(c, [a]) { for (;;) if (a !== 2) return a; } }');
    const other = await rig.rule({ sql: 'SELECT a AS b FROM ticks' });
    const rule = await rig.rule({ sql: `SELECT ${name}(a) AS v FROM ticks` });
    const asked: number[] = [];
    await rig.eventually(
      'it is stopped',
      async () => {
        const began = performance.now();
        const { message } = await rig.metrics(rule);
        asked.push(performance.now() - began);
        return String(message).includes(`rule ${rule} did not return`);
      },
      40_000,
    );
    expect(Math.max(...asked)).toBeLessThan(2000);
    await rig.flows(other, 20);
    expect((await rig.metrics(other)).status).toBe('running');
    await rig.server.must('DELETE', `/rules/${rule}`);
  });

  it('a native source that never returns stops its rule; the others go on', async () => {
    const type = await installNative(
      'export class NAME { subscribe(c, ingest) { ingest({ a: 1 }); for (;;); } }',
      {},
      'sources',
    );
    const other = await rig.rule({ sql: 'SELECT a AS b FROM ticks' });
    await rig.stream(`of_${type}`, { type });
    const rule = uniqueName('rule');
    await rig.server.request('POST', '/rules', { id: rule, sql: `SELECT * FROM of_${type}`, actions: [{ log: {} }] });
    await rig.eventually('it is stopped', async () => (await rig.metrics(rule)).status !== 'running', 40_000);
    await rig.flows(other, 20);
    await rig.server.request('DELETE', `/rules/${rule}`);
  });

  it('a native module that never returns is not installed; the others go on', async () => {
    const other = await rig.rule({ sql: 'SELECT a AS b FROM ticks' });
    await expect(installNative('for (;;); export class NAME {}')).rejects.toThrow(
      /400 .*did not return and its worker was replaced/,
    );
    await rig.flows(other, 20);
  });

  it('a native function that always rejects, or never settles, costs its own rows', async () => {
    const rejecting = await installNative('export class NAME { async exec() { throw new Error("never"); } }');
    const pending = await installNative('export class NAME { exec() { return new Promise(() => {}); } }');
    await undisturbed(async () => {
      const rules = [];
      for (const name of [rejecting, pending]) rules.push(await rig.rule({ sql: `SELECT ${name}(a) AS v FROM ticks` }));
      const [first, second] = rules as [string, string];
      await rig.eventually('errors are counted', async () => (await errorsOf(first)).count > 20);
      expect((await errorsOf(first)).last).toContain('never');
      expect((await rig.metrics(second)).status).toBe('running');
      const began = performance.now();
      for (const rule of rules) await rig.server.must('DELETE', `/rules/${rule}`);
      expect(performance.now() - began).toBeLessThan(8000);
    });
  });

  const isolated: readonly (readonly [what: string, code: string])[] = [
    ['loops', 'for (;;);'],
    ['eats memory', 'const all = []; for (;;) all.push(new Array(1e6).fill(a + Math.random()));'],
    ['exits', 'process.exit(3);'],
    ['throws later', 'setTimeout(() => { throw new Error("late"); }, 1); return new Promise(() => {});'],
  ];
  it.each(isolated)('an isolated function that %s fails the rows that called it', async (_, code) => {
    const name = await installNative(`export class NAME { exec(c, [a]) { if (a === 1) { ${code} } return a; } }`, {
      isolation: 'worker',
    });
    await undisturbed(async () => {
      const rule = await rig.rule({ sql: `SELECT ${name}(a) AS v FROM ticks` });
      await rig.eventually('errors are counted', async () => (await errorsOf(rule)).count > 1, 40_000);
      await rig.eventually('other rows have results', () => rig.rows(rule).some(({ v }) => v === 2), 40_000);
      expect(rig.rows(rule).every(({ v }) => v !== 1)).toBe(true);
      expect((await rig.metrics(rule)).status).toBe('running');
      await rig.server.must('DELETE', `/rules/${rule}`);
    });
  });

  const scripts: readonly (readonly [what: string, code: string, text: string])[] = [
    ['loops', 'while (true);', 'did not end within'],
    ['eats memory', 'var all = []; while (true) all.push(new Array(10000).fill(a));', ''],
    ['calls itself without end', 'return (function f() { return f() + 1; })();', ''],
  ];
  it.each(scripts)('a script that %s fails the rows that called it', async (_, code, text) => {
    const id = uniqueName('script');
    await rig.server.must('POST', '/udf/javascript', {
      id,
      script: `function ${id}(a) { if (a === 1) { ${code} } return a; }`,
    });
    await undisturbed(async () => {
      const rule = await rig.rule({ sql: `SELECT ${id}(a) AS v FROM ticks` });
      await rig.eventually('errors are counted', async () => (await errorsOf(rule)).count > 1, 40_000);
      await rig.eventually('other rows have results', () => rig.rows(rule).some(({ v }) => v === 2), 40_000);
      expect((await errorsOf(rule)).last).toContain(text);
      await rig.server.must('DELETE', `/rules/${rule}`);
    });
  });

  it('a WebAssembly function that never returns fails the rows that called it', async () => {
    const name = uniqueName('wasm').replaceAll('_', '');
    const file = rig.archive(name, { [`${name}.json`]: '{"functions":["spin"]}', [`${name}.wasm`]: spinning });
    await rig.server.must('POST', '/plugins/wasm', { name, file });
    await undisturbed(async () => {
      const rule = await rig.rule({ sql: 'SELECT spin(a) AS v FROM ticks' });
      await rig.eventually('errors are counted', async () => (await errorsOf(rule)).count > 1, 40_000);
      await rig.eventually('other rows have results', () => rig.rows(rule).some(({ v }) => v === 0), 40_000);
      await rig.server.must('DELETE', `/rules/${rule}`);
    });
  });
});
