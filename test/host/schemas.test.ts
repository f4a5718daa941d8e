/** Schemas of a host: known to rules of every worker, and to a worker that took the place of another. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '@kuiper/base';
import {
  createInProcessHost,
  createWorkerHost,
  defaultEngineSettings,
  type EngineSettings,
  openLevelKv,
  type RuleHost,
  type RuleSpec,
  type SchemaText,
} from '@kuiper/host';
import { expect, it } from 'vitest';
import { ruleSpec } from '../support/rule-specs.ts';

const schema: SchemaText = {
  type: 'protobuf',
  name: 'p',
  path: '/schemas/p.proto',
  files: { 'p.proto': 'syntax = "proto3"; message Item { int32 a = 1; }' },
  roots: ['p.proto'],
};

/** Stays in its function for ever when it sees a 3. */
const spin = `export const spin = {
  class: 'scalar', name: 'spin', group: 'test', args: [{ name: 'a', kind: 'any' }], returns: 'any', onNull: 'call',
  volatile: true, summary: 'Never returns for 3.', examples: [],
  eval(a) { for (;;) if (a !== 3) return a; },
};`;

const ticking = [
  'CREATE STREAM demo () WITH (TYPE="simulator")',
  { data: [{ a: 1 }, { a: 2 }, { a: 3 }], interval: '20ms', loop: true },
] as const;

function encoding(id: string, sql = 'SELECT a FROM demo'): RuleSpec {
  const action = ['nop', { format: 'protobuf', schemaId: 'p.Item', sendSingle: true }] as const;
  return ruleSpec({ id, sql, streams: [ticking], actions: [action] });
}

const settingsIn = (directory: string): EngineSettings => ({
  ...defaultEngineSettings,
  rootPath: directory,
  dataPath: directory,
  dataServer: { host: '127.0.0.1', port: 0 },
});

const absent = 'schema type protobuf id p not found in registry';

async function expectFollowing(host: RuleHost): Promise<void> {
  await expect(host.plan(encoding('a'))).rejects.toThrow(absent);
  await host.putSchema(schema);
  await host.plan(encoding('a'));
  await host.putSchema({ ...schema, files: { 'p.proto': 'no schema' } });
  await expect(host.plan(encoding('a'))).rejects.toThrow('parse schema file(s) /schemas/p.proto failed: ');
  await host.deleteSchema('protobuf', 'p');
  await expect(host.plan(encoding('a'))).rejects.toThrow(absent);
}

it('plans by the schemas it has been given, in process', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'schemas-'));
  const host = await createInProcessHost({ settings: settingsIn(directory) });
  await expectFollowing(host);
  await host.close();
  rmSync(directory, { recursive: true, force: true });
});

it('hands schemas to all workers, and to those that come later', { timeout: 60_000 }, async () => {
  const directory = mkdtempSync(join(tmpdir(), 'schemas-'));
  writeFileSync(join(directory, 'spin.mjs'), spin);
  const kv = await openLevelKv(join(directory, 'kv'));
  const settings = { ...settingsIn(directory), functionModules: [join(directory, 'spin.mjs')] };
  const host = await createWorkerHost({ kv, logger: silentLogger, settings, workers: 2, stallLimitMs: 500 });
  try {
    await expectFollowing(host);
    await host.putSchema(schema);
    for (const id of ['one', 'two', 'three', 'four']) {
      await host.deploy(encoding(id));
      await host.start(id);
    }
    const ended = new Promise<string>((resolve) => host.onEnd(({ ruleId }) => resolve(ruleId)));
    await host.deploy(encoding('bad', 'SELECT spin(a) AS a FROM demo'));
    await host.start('bad');
    expect(await ended).toBe('bad');
    for (const id of ['one', 'two', 'three', 'four']) {
      const sent = (): number => host.metrics(id)?.find(({ kind }) => kind === 'sink')?.recordsIn ?? 0;
      const before = sent();
      await expect.poll(sent, { timeout: 20_000 }).not.toBe(before);
      await expect.poll(sent, { timeout: 20_000 }).toBeGreaterThan(3);
    }
  } finally {
    await host.close();
    await kv.close();
    rmSync(directory, { recursive: true, force: true });
  }
});
