/** Extensions of a host: on all threads or none, behind the built-in names, and there again in a new worker. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '@kuiper/base';
import {
  createInProcessHost,
  createWorkerHost,
  defaultEngineSettings,
  type EngineSettings,
  type ExtensionRecord,
  openLevelKv,
  type PortableControl,
  type PortableState,
  type RuleHost,
  type RuleSpec,
  type RunEnd,
} from '@kuiper/host';
import { expect, it } from 'vitest';
import { ruleSpec } from '../support/rule-specs.ts';

const script = (name: string, text: string, isAgg = false): ExtensionRecord => ({
  kind: 'script',
  name,
  script: text,
  isAgg,
});

const twice = script('twice', 'function twice(a) { return a * 2; }');
const thrice = script('twice', 'function twice(a) { return a * 3; }');

const ticking = [
  'CREATE STREAM demo () WITH (TYPE="simulator")',
  { data: [{ a: 1 }, { a: 2 }, { a: 3 }], interval: '10ms', loop: true },
] as const;

const rule = (sql: string, id = 'r'): RuleSpec => ruleSpec({ id, sql, streams: [ticking] });

const graph: RuleSpec = {
  ...rule(''),
  sql: null,
  graph: {
    nodes: {
      demo: { type: 'source', nodeType: 'simulator', props: { sourceName: 'demo' } },
      double: { type: 'operator', nodeType: 'function', props: { expr: 'twice(a) as b' } },
      out: { type: 'sink', nodeType: 'nop', props: {} },
    },
    topo: { sources: ['demo'], edges: { demo: ['double'], double: ['out'] } },
  },
};

const settingsIn = (directory: string): EngineSettings => ({
  ...defaultEngineSettings,
  rootPath: directory,
  dataPath: directory,
  dataServer: { host: '127.0.0.1', port: 0 },
});

/** The first result of a rule that satisfies `is`. */
async function firstResult(host: RuleHost, id: string, is: (data: string) => boolean): Promise<string> {
  return new Promise((resolve) => {
    const leave = host.tap(id, ({ data }) => {
      if (!is(data)) return;
      leave();
      resolve(data);
    });
  });
}

async function run(host: RuleHost, spec: RuleSpec, is: (data: string) => boolean = () => true): Promise<string> {
  await host.deploy(spec);
  const result = firstResult(host, spec.id, is);
  await host.start(spec.id);
  const data = await result;
  await host.stop(spec.id);
  return data;
}

async function expectFollowing(host: RuleHost): Promise<void> {
  const sql = 'SELECT twice(a) AS b FROM demo';
  await expect(host.plan(rule(sql))).rejects.toThrow('function twice not found');
  expect(await host.putExtension(twice)).toEqual([{ kind: 'function', name: 'twice' }]);
  expect(await run(host, rule(sql), (data) => data.includes('4'))).toBe('[{"b":4}]');
  expect(await run(host, graph, (data) => data.includes('4'))).toContain('"b":4');
  // In the case of its record, and never in place of what is built in.
  await expect(host.plan(rule('SELECT TWICE(a) AS b FROM demo'))).rejects.toThrow('function TWICE not found');
  await expect(host.plan(rule('SELECT twic(a) AS b FROM demo'))).rejects.toMatchObject({ hint: 'twice' });
  await host.putExtension(script('abs', 'function abs(a) { return 99; }'));
  expect(await run(host, rule('SELECT abs(a) AS b FROM demo'), (data) => data.includes('2'))).toBe('[{"b":2}]');

  // A running rule goes over to the next version, and stays with it when another cannot be used.
  await host.deploy(rule(sql));
  await host.start('r');
  await host.putExtension(thrice);
  await firstResult(host, 'r', (data) => data === '[{"b":9}]');
  await expect(host.putExtension(script('twice', 'function twice(a) {'))).rejects.toThrow();
  await firstResult(host, 'r', (data) => data === '[{"b":9}]');
  await host.stop('r');

  await host.dropExtension({ kind: 'script', name: 'twice' });
  await expect(host.plan(rule(sql))).rejects.toThrow('function twice not found');
  // The same statement with the same name, and another declaration behind it.
  await host.putExtension(script('twice', 'function twice(list) { return list.length; }', true));
  const counted = 'SELECT twice(a) AS b FROM demo GROUP BY COUNTWINDOW(3)';
  expect(await run(host, rule(counted))).toBe('[{"b":3}]');
}

it('are used by rules from then on, in process', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'extensions-'));
  const host = await createInProcessHost({ settings: settingsIn(directory) });
  await expectFollowing(host);
  await host.close();
  rmSync(directory, { recursive: true, force: true });
});

it('are used by rules from then on, on every worker, and a new worker has them', { timeout: 60_000 }, async () => {
  const directory = mkdtempSync(join(tmpdir(), 'extensions-'));
  writeFileSync(
    join(directory, 'spin.mjs'),
    `export const spin = {
      class: 'scalar', name: 'spin', group: 'test', args: [{ name: 'a', kind: 'any' }], returns: 'any', onNull: 'call',
      volatile: true, summary: 'Never returns for 3.', examples: [],
      eval(a) { for (;;) if (a !== 3) return a; },
    };`,
  );
  const kv = await openLevelKv(join(directory, 'kv'));
  const host = await createWorkerHost({
    kv,
    logger: silentLogger,
    workers: 2,
    stallLimitMs: 500,
    settings: { ...settingsIn(directory), functionModules: [join(directory, 'spin.mjs')] },
  });
  try {
    await expectFollowing(host);
    await host.dropExtension({ kind: 'script', name: 'twice' });
    await host.putExtension(twice);
    const ended = new Promise<RunEnd>((resolve) => host.onEnd(resolve));
    for (const id of ['one', 'two']) {
      await host.deploy(rule('SELECT twice(a) AS b FROM demo', id));
      await host.start(id);
    }
    await host.deploy(rule('SELECT spin(a) AS b FROM demo', 'bad'));
    await host.start('bad');
    expect((await ended).ruleId).toBe('bad');
    for (const id of ['one', 'two']) await firstResult(host, id, (data) => data === '[{"b":6}]');
  } finally {
    await host.close();
    await kv.close();
    rmSync(directory, { recursive: true, force: true });
  }
});

const half = (factor: number, guard = ''): string => `import { threadId } from 'node:worker_threads';
${guard}
export const half = {
  class: 'scalar', name: 'half', group: 'test', args: [{ name: 'a', kind: 'any' }], returns: 'any', onNull: 'call',
  volatile: true, summary: 'A part of it.', examples: [], eval: (a) => Number(a) * ${factor},
};`;

it('are on all workers or on none', { timeout: 60_000 }, async () => {
  const directory = mkdtempSync(join(tmpdir(), 'extensions-'));
  const record = (name: string, text: string): ExtensionRecord => {
    const file = join(directory, `${name}.mjs`);
    writeFileSync(file, text);
    return {
      kind: 'native',
      name: 'half',
      type: 'functions',
      version: name,
      file,
      functions: ['half'],
      isolation: 'none',
    };
  };
  const kv = await openLevelKv(join(directory, 'kv'));
  const settings = settingsIn(directory);
  const host = await createWorkerHost({ kv, logger: silentLogger, workers: 2, settings });
  try {
    // Threads are numbered one after the other: one of the two refuses.
    const halfHearted = `if (threadId % 2 === 0) throw new Error('not on this thread');`;
    await expect(host.putExtension(record('v0', half(1, halfHearted)))).rejects.toThrow('not on this thread');
    for (const id of ['one', 'two']) {
      await expect(host.deploy(rule('SELECT half(a) AS b FROM demo', id))).rejects.toThrow('function half not found');
      // Takes its place on a worker: the next one goes to the other.
      await host.deploy(rule('SELECT a FROM demo', id));
    }
    await host.putExtension(record('v1', half(10)));
    expect(await run(host, rule('SELECT half(a) AS b FROM demo'), (data) => data.includes('0'))).toContain('0}');
    await expect(host.putExtension(record('v2', half(7, halfHearted)))).rejects.toThrow('not on this thread');
    const answer = await run(host, rule('SELECT half(a) AS b FROM demo'), (data) => data.includes('3'));
    expect(answer).toBe('[{"b":30}]');
  } finally {
    await host.close();
    await kv.close();
    rmSync(directory, { recursive: true, force: true });
  }
});

it('ask the thread that runs their processes, which answers the worker', { timeout: 60_000 }, async () => {
  const directory = mkdtempSync(join(tmpdir(), 'extensions-'));
  const asked: unknown[] = [];
  const states: PortableState[] = [];
  const portable: PortableControl = {
    start: async (plugin, { symbolName, pluginType }) => {
      asked.push([plugin, symbolName, pluginType]);
      throw new Error('plugin pysam is not to be started today');
    },
    stop: async () => {},
    state: (plugin) => states.find((state) => state.plugin === plugin),
    onState: () => () => {},
  };
  states.push({ plugin: 'pysam', status: 'running', errMsg: '', generation: 1, instances: 1, extras: [] });
  const kv = await openLevelKv(join(directory, 'kv'));
  const host = await createWorkerHost({
    kv,
    logger: silentLogger,
    settings: settingsIn(directory),
    portable,
  });
  try {
    const symbols = { sources: ['pyjson'], sinks: ['print'], functions: ['revert'], lookups: [] };
    const given = await host.putExtension({ kind: 'portable', name: 'pysam', version: 'v1', ...symbols });
    expect(given.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      'source pyjson',
      'sink print',
      'function revert',
    ]);
    await expect(host.plan(rule('SELECT revert(a) AS b FROM demo'))).rejects.toThrow(
      'validate function revert error: plugin pysam is not to be started today',
    );
    expect(asked).toEqual([['pysam', 'revert', 'func']]);
  } finally {
    await host.close();
    await kv.close();
    rmSync(directory, { recursive: true, force: true });
  }
});
