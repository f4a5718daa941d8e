/** Portable plugins over REST on the real server, as the checklist of the specification has them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { uniqueName } from '../portable/plugin-rig.ts';
import { pythonMissing } from '../portable/python-sdk.ts';
import { ExtensionServer, type Files, pythonFiles } from './extension-server.ts';

describe.skipIf(pythonMissing !== null)('portable plugins', { timeout: 60_000 }, () => {
  let rig: ExtensionServer;

  beforeAll(async () => {
    rig = await ExtensionServer.start();
  });
  afterAll(() => rig.stop());
  afterEach(async () => {
    for (const { id } of JSON.parse(await rig.server.must('GET', '/rules')) as { id: string }[]) {
      await rig.server.must('DELETE', `/rules/${id}`);
    }
    for (const name of await installed()) await rig.server.must('DELETE', `/plugins/portables/${name}`);
    for (const name of JSON.parse(await rig.server.must('GET', '/streams')) as string[]) {
      await rig.server.must('DELETE', `/streams/${name}`);
    }
  });

  async function installed(): Promise<string[]> {
    const list = JSON.parse(await rig.server.must('GET', '/plugins/portables')) as { name: string }[];
    return list.map(({ name }) => name);
  }

  /** A rule from the plugin's source through its function into a file and into its sink, which acknowledges. */
  async function through({ count, revert, write }: Record<string, string>): Promise<string> {
    const id = uniqueName('rule');
    const stream = uniqueName('port');
    await rig.stream(stream, { type: count as string, dataSource: 'topic', extra: { payload: 'abc' } });
    return rig.rule({
      id,
      sql: `SELECT count, pid, ${revert}(payload) AS back FROM ${stream}`,
      actions: [
        rig.file(id),
        { [write as string]: { path: rig.path(`${id}-sink.out`), requireAck: true, sendSingle: true } },
      ],
    });
  }

  it('are listed, run a rule, are replaced under it, restarted with it, and deleted', async () => {
    const { name, symbols, file, executable } = await rig.installPython({
      sources: ['count'],
      sinks: ['write'],
      functions: ['revert'],
    });
    const { count, write, revert } = symbols;
    const entry = `{"name":"${name}","version":"v1.0.0","language":"python","executable":"${executable}","sources":["${count}"],"sinks":["${write}"],"functions":["${revert}"]}`;
    expect(await rig.server.must('GET', '/plugins/portables')).toBe(`[${entry}]`);
    expect(await rig.server.must('GET', `/plugins/portables/${name}`)).toBe(entry);

    const rule = await through(symbols);
    await rig.flows(rule, 5);
    await rig.flows(`${rule}-sink`, 5);
    expect(rig.rows(rule)[0]).toMatchObject({ count: 0, back: 'cba' });
    const running = `{"refCount":{"${rule}":2},"status":"running","errMsg":""`;
    const status = (): Promise<string> => rig.server.must('GET', `/plugins/portables/${name}/status`);
    expect((await status()).startsWith(running)).toBe(true);

    const { pid } = await rig.status(name);
    expect(await rig.server.must('PUT', `/plugins/portables/${name}`, { name, file })).toBe(
      `portable plugin ${name} is updated`,
    );
    expect((await status()).startsWith(running)).toBe(true);
    await rig.eventually('rows of the new process', () => rig.rows(rule).at(-1)?.pid !== pid);
    expect(isAlive(pid)).toBe(false);
    await rig.flows(rule, 5);
    await rig.flows(`${rule}-sink`, 5);

    await rig.server.must('POST', `/rules/${rule}/restart`);
    await rig.flows(rule, 5);
    expect((await status()).startsWith(running)).toBe(true);

    await rig.server.must('POST', `/rules/${rule}/stop`);
    expect(await rig.status(name)).toMatchObject({ refCount: {}, status: 'running' });
    const last = (await rig.status(name)).pid;
    const deleted = await rig.server.request('DELETE', `/plugins/portables/${name}`);
    expect(deleted).toEqual({ status: 200, text: `portable plugin ${name} is deleted` });
    expect(await rig.server.must('GET', '/plugins/portables')).toBe('[]');
    expect((await rig.server.request('GET', `/plugins/portables/${name}`)).status).toBe(404);
    expect(await rig.status(name)).toMatchObject({ status: 'stop', errMsg: '' });
    expect(isAlive(last)).toBe(false);
    expect(existsSync(rig.path('plugins/portable', name))).toBe(false);
    expect((await rig.server.request('DELETE', `/plugins/portables/${name}`)).status).toBe(400);
  });

  it('whose symbols are not installed make no rule', async () => {
    await rig.ticking('present');
    await rig.stream('absent', { type: 'no_such_source' }).catch(() => undefined);
    const rules: readonly (readonly [sql: string, action: object, text: string])[] = [
      ['SELECT no_such_function(a) FROM present', { log: {} }, 'function no_such_function not found'],
      ['SELECT a FROM absent', { log: {} }, 'no_such_source'],
      ['SELECT a FROM present', { no_such_sink: {} }, 'sink no_such_sink is not defined'],
    ];
    for (const [sql, action, text] of rules) {
      const { status, text: answer } = await rig.server.request('POST', '/rules', {
        id: uniqueName('rule'),
        sql,
        actions: [action],
      });
      expect([sql, status]).toEqual([sql, 400]);
      expect(answer).toContain(text);
    }
  });

  it('that are killed run again, with all that a rule uses of them', async () => {
    const { name, symbols } = await rig.installPython({
      sources: ['count'],
      sinks: ['write'],
      functions: ['revert', 'same', 'total'],
    });
    const rule = await through(symbols);
    const other = await rig.rule({
      sql: `SELECT ${symbols.same}(a) AS a, ${symbols.revert}("xy") AS yx FROM ${await rig.ticking('ticks')}`,
    });
    await rig.flows(rule);
    await rig.flows(other);
    for (let i = 0; i < 3; i++) {
      const { pid, restarts } = await rig.status(name);
      process.kill(pid, 'SIGKILL');
      await rig.eventually('another process', async () => {
        const status = await rig.status(name);
        return status.restarts > restarts && status.status === 'running';
      });
      await rig.eventually('rows of it', () => ![undefined, pid].includes(rig.rows(rule).at(-1)?.pid as number));
      await rig.flows(rule);
      await rig.flows(`${rule}-sink`);
      await rig.flows(other);
    }
    expect(await rig.status(name)).toMatchObject({ refCount: { [rule]: 2 }, restarts: 3, lastError: 'signal: killed' });
    expect(rig.rows(other).at(-1)).toEqual({ a: expect.any(Number), yx: 'yx' });
  });

  it('that kill themselves over one row cost that row, after three attempts, and hold back no other', async () => {
    const { symbols } = await rig.installPython({ functions: ['die'] });
    const stream = uniqueName('mixed');
    const data = Array.from({ length: 20 }, (_, n) => ({ n, poison: n === 7 }));
    await rig.stream(stream, { type: 'simulator', extra: { data, interval: '1ms', loop: false } });
    const rule = await rig.rule({
      sql: `SELECT n, ${symbols.die}(poison) AS s FROM ${stream}`,
      options: { qos: 1, sendError: false },
    });
    await rig.eventually('all others', () => rig.rows(rule).length >= 19, 40_000);
    expect(rig.rows(rule).map(({ n }) => n)).toEqual(data.filter(({ poison }) => !poison).map(({ n }) => n));
    const metrics = await rig.metrics(rule);
    expect(metrics[Object.keys(metrics).find((key) => /project.*exceptions_total$/.test(key)) as string]).toBe(1);
  });

  it('that are removed do not keep a rule with qos from being stopped, though it waits for them', async () => {
    const { name, symbols } = await rig.installPython({ functions: ['same'] });
    const stream = await rig.ticking('waiting');
    const id = await rig.rule({ sql: `SELECT ${symbols.same}(a) AS a FROM ${stream}`, options: { qos: 1 } });
    await rig.flows(id);
    await rig.server.must('DELETE', `/plugins/portables/${name}`);
    await new Promise((resolve) => setTimeout(resolve, 300));
    const began = performance.now();
    await rig.server.must('POST', `/rules/${id}/stop`);
    expect(performance.now() - began).toBeLessThan(8000);
  });

  const good = (name: string, symbol: string): Files => pythonFiles(name, { functions: [symbol] });
  const failures: readonly (readonly [
    what: string,
    files: (name: string, symbol: string) => Files | Buffer,
    text: string | RegExp,
    paras?: readonly string[],
  ])[] = [
    ['no zip', () => Buffer.from('nothing'), /fail to install plugin: .*zip/],
    [
      'no manifest',
      () => ({ 'other.json': '{}' }),
      'fail to install plugin: missing or invalid json file NAME.json, found 1 files in total',
    ],
    [
      'a manifest that is no JSON',
      (name) => ({ [`${name}.json`]: '{', 'plugin.py': '' }),
      'fail to install plugin: missing or invalid json file NAME.json, found 2 files in total',
    ],
    [
      'another name',
      (name, symbol) => pythonFiles(name, { name: 'x', functions: [symbol] }),
      "fail to install plugin: invalid plugin, expect name 'NAME' but got 'x'",
    ],
    [
      'no language',
      (name, symbol) => pythonFiles(name, { language: '', functions: [symbol] }),
      'fail to install plugin: invalid plugin, missing language',
    ],
    [
      'another language',
      (name, symbol) => pythonFiles(name, { language: 'cobol', functions: [symbol] }),
      "fail to install plugin: invalid plugin, language 'cobol' is not supported",
    ],
    [
      'no symbols',
      (name) => pythonFiles(name, {}),
      'fail to install plugin: invalid plugin, must define at lease one source, sink or function',
    ],
    [
      'no executable',
      (name, symbol) => pythonFiles(name, { executable: 'absent.py', functions: [symbol] }),
      'fail to install plugin: missing absent.py',
    ],
    [
      'a script that fails',
      (name, symbol) => ({ ...good(name, symbol), 'install.sh': 'echo "no $1"; touch made; exit 3' }),
      /fail to install plugin: .*no left/,
      ['left'],
    ],
    [
      'a process that ends',
      (name, symbol) => pythonFiles(name, { functions: [symbol], mood: 'exit' }),
      /fail to install plugin: plugin .*plugin.py control handshake error: exit status 3: no mood to run/,
    ],
    ['a function that is built in', (name, symbol) => pythonFiles(name, { functions: [symbol, 'abs'] }), /abs/],
  ];
  it.each(failures)(
    'with %s are refused, leave nothing behind, and can be installed once put right',
    async (...given) => {
      const [, files, text, shellParas] = given;
      const name = uniqueName('bad');
      const symbol = uniqueName('same');
      const before = listing(rig);
      const file = rig.archive(name, files(name, symbol));
      const body = { name, file, ...(shellParas === undefined ? {} : { shellParas }) };
      const { status, text: answer } = await rig.server.request('POST', '/plugins/portables', body);
      expect(status).toBe(400);
      const { message } = JSON.parse(answer) as { message: string };
      expect(message.startsWith('portable plugin create command error: ')).toBe(true);
      if (typeof text === 'string') {
        expect(message).toBe(`portable plugin create command error: ${text.replaceAll('NAME', name)}`);
      } else expect(message).toMatch(text);
      expect(listing(rig)).toEqual(before);
      expect(processesIn(rig.path('plugins/portable', name))).toEqual([]);
      expect((await rig.server.request('GET', `/plugins/portables/${name}`)).status).toBe(404);

      const fixed = rig.archive(name, good(name, symbol));
      await rig.server.must('POST', '/plugins/portables', { name, file: fixed });
      expect(await rig.status(name)).toMatchObject({ status: 'running' });
    },
  );

  it('installed, replaced and deleted by many at a time end as one or none', async () => {
    const name = uniqueName('race');
    const file = rig.archive(name, good(name, uniqueName('same')));
    const path = `/plugins/portables/${name}`;
    const created = await Promise.all(
      Array.from({ length: 5 }, () => rig.server.request('POST', '/plugins/portables', { name, file })),
    );
    expect(created.map(({ status }) => status).sort()).toEqual([201, 400, 400, 400, 400]);
    const duplicates = created.filter(({ status }) => status === 400);
    for (const { text } of duplicates) expect(text).toContain(`invalid name ${name}: duplicate`);

    const wild = await Promise.all(
      Array.from({ length: 12 }, (_, i) => {
        if (i % 3 === 0) return rig.server.request('PUT', path, { name, file });
        if (i % 3 === 1) return rig.server.request('DELETE', path);
        return rig.server.request('POST', '/plugins/portables', { name, file });
      }),
    );
    for (const { status } of wild) expect([200, 201, 400]).toContain(status);
    await rig.server.must('PUT', path, { name, file });
    const { pid } = await rig.status(name);
    expect(processesIn(rig.path('plugins/portable', name))).toEqual([pid]);
    await rig.server.must('DELETE', path);
    expect(processesIn(rig.path('plugins/portable', name))).toEqual([]);
  });

  it('do not outlive a server that is killed: the next one ends them and takes their paths', async () => {
    const { name, symbols } = await rig.installPython({
      sources: ['count'],
      sinks: ['write'],
      functions: ['revert'],
    });
    const rule = await through(symbols);
    await rig.flows(rule);
    const { pid } = await rig.status(name);
    await rig.crash();
    await rig.eventually('the plugin runs', async () => {
      const { text } = await rig.server.request('GET', `/plugins/portables/${name}/status`);
      return text.includes('"status":"running"');
    });
    const next = (await rig.status(name)).pid;
    expect(next).not.toBe(pid);
    await rig.eventually('only one process', () => processesIn(rig.path('plugins/portable', name)).length === 1);
    await rig.eventually('rows of it', () => rig.rows(rule).at(-1)?.pid === next);
    await rig.flows(`${rule}-sink`);
  });
});

/** Files of plugins, configuration and data. */
function listing(rig: ExtensionServer): string[] {
  return ['plugins', 'etc', 'data'].flatMap((folder) =>
    (readdirSync(rig.path(folder), { recursive: true }) as string[])
      .map((path) => join(folder, path))
      .filter((path) => !/^data\/(kv|sqlite|logs?)(\/|$)/.test(path) && !path.includes('/portable/.')),
  );
}

/** Processes with a program of this directory. */
function processesIn(directory: string): number[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(`${directory}/`);
      } catch {
        return false;
      }
    })
    .map(Number);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
