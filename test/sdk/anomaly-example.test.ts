import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fixedRows, RuleRig } from '../portable/rule-rig.ts';
import { pythonExample, pythonMissing, tagged } from './example-files.ts';

describe.skipIf(pythonMissing !== null)('the anomaly score', { timeout: 30_000 }, () => {
  const tag = randomBytes(4).toString('hex');
  const name = tagged('anomaly', tag);
  let rig: RuleRig;
  beforeAll(async () => {
    rig = await RuleRig.open({ pythonBin: 'python3' });
    await rig.install(name, pythonExample('examples/anomaly-python', tag));
  });
  afterAll(() => rig?.close());

  it('finds the value that lies off those before it, also when the process dies in between', async () => {
    const values = Array.from({ length: 60 }, (_, i) => ({ a: i === 50 ? 30 : 20 + (i % 3) }));
    const id = await rig.start({
      sql: `SELECT ${tagged('anomaly_score', tag)}(a, 20) AS s FROM demo`,
      streams: [fixedRows(values, '20ms')],
    });
    await rig.moreThan(id, 20);
    const { pid = 0 } = rig.rig.plugins.report(name) ?? {};
    expect(pid).toBeGreaterThan(0);
    process.kill(pid, 'SIGKILL');
    await rig.moreThan(id, values.length - 1);
    const found = rig.rows(id).map(({ s }) => s as { score?: number | null; outliers: number });
    expect(found[0]).toMatchObject({ outliers: 0 });
    expect(found[0]?.score ?? null).toBe(null);
    const off = found.filter(({ score }) => Math.abs(score ?? 0) > 3);
    expect(off).toHaveLength(1);
    expect(off[0]?.score).toBeGreaterThan(8);
    expect(found.at(-1)?.outliers).toBe(1);
    // After the death the window is there at once: no value is without a score.
    expect(found.slice(6).every(({ score }) => typeof score === 'number')).toBe(true);
  });

  it.each([
    ['anomaly_score(a)', 'expects two arguments but got 1'],
    ['anomaly_score(a, 1)', 'the window must be a number of values, 2 or more'],
    ['anomaly_score(a, "x")', 'the window must be a number of values, 2 or more'],
  ])('refuses %s', async (call, text) => {
    const sql = `SELECT ${tagged(call, tag)} AS s FROM demo`;
    await expect(rig.start({ sql, streams: [fixedRows([{ a: 1 }])] })).rejects.toThrow(text);
  });
});
