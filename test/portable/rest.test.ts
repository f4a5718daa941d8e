/** A Python plugin as a user of the REST API sees it, from its zip file to the next start of the server. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { zipArchive } from '../../packages/extensions/testing/zip-archive.ts';
import { Kuiperd } from '../support/kuiperd.ts';
import { isAlive, uniqueName } from './plugin-rig.ts';
import { pythonArchive, pythonBin, pythonMissing } from './python-sdk.ts';

describe.skipIf(pythonMissing !== null)('a Python plugin over REST', { timeout: 60_000 }, () => {
  let server: Kuiperd;
  const env = { KUIPER__PORTABLE__PYTHONBIN: pythonBin };
  const name = uniqueName('pysam');
  const [source, sink, revert] = [uniqueName('count'), uniqueName('write'), uniqueName('revert')];

  beforeAll(async () => {
    server = await Kuiperd.start({ env });
  });
  afterAll(() => server?.stop());

  /** The address of a zip file with this plugin. */
  const zip = (manifest: Readonly<Record<string, unknown>>): string => {
    const files = [...pythonArchive(name, manifest).values()].map(({ path, content }) => [path, content] as const);
    mkdirSync(join(server.directory, 'data/uploads'), { recursive: true });
    const file = join(server.directory, 'data/uploads', `${name}.zip`);
    writeFileSync(
      file,
      zipArchive(Object.fromEntries([...files, [`sources/${source}.yaml`, 'default:\n  payload: abc\n']])),
    );
    return `file://${file}`;
  };
  const symbols = { sources: [source], sinks: [sink], functions: [revert] };
  const lines = (): string[] => {
    try {
      return readFileSync(join(server.directory, 'out'), 'utf8').trimEnd().split('\n');
    } catch {
      return [];
    }
  };
  const flows = async (): Promise<void> => {
    const count = lines().length;
    await expect.poll(() => lines().length, { timeout: 15_000 }).toBeGreaterThan(count + 5);
  };
  const status = (): Promise<Record<string, unknown>> => server.json(`/plugins/portables/${name}/status`);

  it('is not there before it is installed', async () => {
    await server.must('POST', '/streams', { sql: `CREATE STREAM early () WITH (TYPE="${source}")` });
    const rule = { id: 'early', sql: 'SELECT * FROM early', actions: [{ log: {} }] };
    expect((await server.request('POST', '/rules', rule)).status).toBe(400);
    const call = { id: 'call', sql: `SELECT ${revert}(a) FROM early`, actions: [{ log: {} }] };
    expect((await server.request('POST', '/rules', call)).status).toBe(400);
    await server.must('DELETE', '/streams/early');
    expect(await server.request('GET', `/plugins/portables/${name}`)).toMatchObject({ status: 404 });
  });

  it('is refused with what is wrong with it, and leaves nothing behind', async () => {
    const { status: code, text } = await server.request('POST', '/plugins/portables', {
      name,
      file: zip({ ...symbols, mood: 'exit' }),
    });
    expect(code).toBe(400);
    expect(text).toMatch(
      /portable plugin create command error: fail to install plugin: plugin .*plugin\\?\.py control handshake error: exit status 3: no mood to run/,
    );
    expect(await server.must('GET', '/plugins/portables')).toBe('[]');
  });

  it('is installed, listed and used', async () => {
    const file = zip(symbols);
    expect(await server.must('POST', '/plugins/portables', { name, file })).toBe(`portable plugin ${name} is created`);
    const executable = join(server.directory, 'plugins/portable', name, 'plugin.py');
    expect(await server.must('GET', '/plugins/portables')).toBe(
      JSON.stringify([{ name, version: 'v1.0.0', language: 'python', executable, ...symbols }]),
    );
    await server.must('POST', '/streams', { sql: `CREATE STREAM demo () WITH (TYPE="${source}", DATASOURCE="top")` });
    await server.must('POST', '/rules', {
      id: 'carry',
      sql: `SELECT count, datasource, ${revert}(payload) AS back FROM demo`,
      actions: [{ [sink]: { path: join(server.directory, 'out'), sendSingle: true, requireAck: true } }],
    });
    await flows();
    expect(JSON.parse(lines()[0] as string)).toEqual({ count: 0, datasource: 'top', back: 'cba' });
    const text = await server.must('GET', `/plugins/portables/${name}/status`);
    expect(text.startsWith('{"refCount":{"carry":2},"status":"running","errMsg":"","pid":')).toBe(true);
    const metrics = await server.json('/rules/carry/status');
    expect(metrics).toMatchObject({ status: 'running', source_demo_0_connection_status: 1 });
  });

  it('is updated under the rule that uses it', async () => {
    const { pid } = await status();
    const file = zip({ ...symbols, version: 'v2.0.0' });
    expect(await server.must('PUT', `/plugins/portables/${name}`, { name, file })).toBe(
      `portable plugin ${name} is updated`,
    );
    await flows();
    expect(await status()).toMatchObject({ refCount: { carry: 2 }, status: 'running' });
    expect((await status())['pid']).not.toBe(pid);
    expect(await server.json(`/plugins/portables/${name}`)).toMatchObject({ version: 'v2.0.0' });
    await server.must('POST', '/rules/carry/restart');
    await flows();
  });

  it('survives its own death and the next start of the server', async () => {
    process.kill(Number((await status())['pid']), 'SIGKILL');
    await expect.poll(async () => (await status())['restarts'], { timeout: 10_000 }).toBe(1);
    await flows();

    const { pid } = await status();
    await server.kill();
    const { directory } = server;
    server = await Kuiperd.start({ directory, env });
    await expect.poll(() => isAlive(Number(pid)), { timeout: 10_000 }).toBe(false);
    await flows();
    expect(await status()).toMatchObject({ refCount: { carry: 2 }, status: 'running', restarts: 0 });
  });

  it('is deleted, with its processes', async () => {
    const { pid } = await status();
    await server.must('POST', '/rules/carry/stop');
    expect(await server.must('DELETE', `/plugins/portables/${name}`)).toBe(`portable plugin ${name} is deleted`);
    await expect.poll(() => isAlive(Number(pid))).toBe(false);
    expect(await server.must('GET', '/plugins/portables')).toBe('[]');
    const again = await server.request('DELETE', `/plugins/portables/${name}`);
    expect(again.status).toBe(400);
    expect(again.text).toContain(`delete portable plugin ${name} error: portable plugin ${name} is not found`);
    const { directory } = server;
    await server.stop();
    rmSync(directory, { recursive: true, force: true });
  });
});
