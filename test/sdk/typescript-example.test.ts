import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { transform } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RuleRig } from '../portable/rule-rig.ts';
import { repository, typescriptExample } from './example-files.ts';
import { describeExample } from './plugin-suite.ts';

describeExample({
  name: 'tsexample',
  suffix: 'Ts',
  missing: null,
  archive: (tag) => typescriptExample('examples/portable-typescript', tag),
});

describe('the same classes as native plugins', () => {
  let rig: RuleRig;
  beforeAll(async () => {
    rig = await RuleRig.open();
    const source = readFileSync(join(repository, 'examples/portable-typescript/symbols.ts'), 'utf8');
    const { code } = await transform(source, { loader: 'ts', target: 'node20' });
    const file = rig.path('symbols.mjs');
    writeFileSync(file, code);
    const record = { kind: 'native', version: '', file, functions: null, isolation: 'none' } as const;
    await rig.host.putExtension({ ...record, name: 'tickerTs', type: 'sources' });
    await rig.host.putExtension({ ...record, name: 'journalTs', type: 'sinks' });
    await rig.host.putExtension({ ...record, name: 'averageTs', type: 'functions', functions: ['averageTs'] });
  });
  afterAll(() => rig?.close());

  it('carry a rule in the process of the engine', async () => {
    const id = await rig.start({
      sql: 'SELECT n, averageTs(n) AS average FROM demo',
      streams: [['CREATE STREAM demo () WITH (TYPE="tickerTs", DATASOURCE="north")', { interval: 10 }]],
      actions: [['journalTs', { path: rig.path('{{.n}}.log'), sendSingle: true }]],
    });
    await expect.poll(() => rig.lines('3.log').length, { timeout: 10_000 }).toBe(1);
    await rig.host.stop(id);
    expect(rig.lines('3.log')).toEqual(['3 {"average":2,"n":3}']);
  });
});
