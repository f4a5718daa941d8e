/** What the example plugins of all SDKs do, with real processes: with the extended protocol and with the common one alone. */
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, unlinkSync } from 'node:fs';
import type { Archive } from '@kuiper/extensions/install';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SourceSpec } from '@kuiper/host';
import { tagged } from './example-files.ts';
import { ruleSpec } from '../support/rule-specs.ts';
import { fixedRows, RuleRig } from '../portable/rule-rig.ts';

export interface ExamplePlugin {
  readonly name: string;
  /** At the end of the names of its symbols. */
  readonly suffix: string;
  /** Why it cannot be run here. */
  readonly missing: string | null;
  /** @param tag see `tagged` */
  archive(tag: string): Archive | Promise<Archive>;
}

const rows = (values: readonly number[]) => fixedRows(values.map((a) => ({ a })));

export function describeExample({ name: stem, suffix, missing, archive }: ExamplePlugin): void {
  const tag = randomBytes(4).toString('hex');
  const name = tagged(stem, tag);
  const call = (symbol: string): string => tagged(`${symbol}${suffix}`, tag);

  describe.skipIf(missing !== null).each([
    ['with all it can do', true],
    ['on an engine that knows only the common protocol', false],
  ])('the example %s', { timeout: 40_000 }, (_, extras) => {
    /** What the common protocol cannot do is no test of it. */
    const itWithExtras = (title: string, work: () => Promise<void>): void => {
      if (extras) it(title, work);
    };
    let rig: RuleRig;
    beforeAll(async () => {
      rig = await RuleRig.open({ extras, recvTimeoutMs: 2000 });
      await rig.install(name, await archive(tag));
    }, 120_000);
    afterAll(() => rig?.close());

    const killed = async (): Promise<void> => {
      const { pid = 0, restarts = 0 } = rig.rig.plugins.report(name) ?? {};
      expect(pid).toBeGreaterThan(0);
      process.kill(pid, 'SIGKILL');
      await expect.poll(() => rig.rig.plugins.report(name)?.restarts, { timeout: 10_000 }).toBe(restarts + 1);
      await expect.poll(() => rig.rig.plugins.report(name)?.status, { timeout: 10_000 }).toBe('running');
    };
    const results = async (sql: string, stream: ReturnType<typeof fixedRows>, count: number) => {
      const id = await rig.start({ sql, streams: [stream] });
      await rig.moreThan(id, count - 1);
      return rig.results(id).map((text) => (text.startsWith('[') ? (JSON.parse(text) as unknown[])[0] : text));
    };

    it('computes, in the order of the rows, and keeps what it needs between them', async () => {
      const values = Array.from({ length: 500 }, (_, i) => i);
      const found = await results(`SELECT ${call('average')}(a) AS v FROM demo`, rows(values), values.length);
      expect(found).toEqual(values.map((a) => ({ v: a / 2 })));
    });

    it('keeps apart what calls of one statement keep', async () => {
      const sql = `SELECT ${call('average')}(a) AS x, ${call('average')}(a * 2) AS y FROM demo`;
      expect(await results(sql, rows([1, 3]), 2)).toEqual([
        { x: 1, y: 2 },
        { x: 2, y: 4 },
      ]);
    });

    it('refuses calls that are wrong', async () => {
      await expect(results(`SELECT ${call('average')}(a, 1) AS v FROM demo`, rows([1]), 1)).rejects.toThrow(
        'expects one argument but got 2',
      );
    });

    itWithExtras('knows the kinds of literals when a call is checked', async () => {
      await expect(results(`SELECT ${call('average')}("x") AS v FROM demo`, rows([1]), 1)).rejects.toThrow(
        'expects a number',
      );
    });

    it('gives values back as they came', async () => {
      const values = [null, true, 'Grüße 🌍', 0.5, 1e300, { list: [1, { a: [] }] }];
      const stream = fixedRows(values.map((a) => ({ a })));
      const found = await results(`SELECT ${call('echo')}(a) AS v FROM demo`, stream, values.length);
      expect(found).toEqual(values.map((v) => (v === null ? {} : { v })));
    });

    it(extras ? 'keeps ints, also long ones, and bytes' : 'takes ints for floats', async () => {
      const sql = `SELECT ${call('echo')}(7) / 2 AS half, ${call('echo')}(9007199254740993) - 9007199254740992 AS one,
        length(${call('echo')}(cast("abc", "bytea"))) AS bytes FROM demo`;
      expect(await results(sql, rows([1]), 1)).toEqual([
        // Bytes print as [97 98 99].
        extras ? { half: 3, one: 1, bytes: 10 } : { half: 3.5, one: 0, bytes: 4 },
      ]);
    });

    it('takes a long value', async () => {
      const text = 'x'.repeat(3_000_000);
      expect(await results(`SELECT ${call('echo')}(a) AS v FROM demo`, fixedRows([{ a: text }]), 1)).toEqual([
        { v: text },
      ]);
    });

    it('carries rows from its source to its sink, also after its process has died', async () => {
      const path = `/tmp/kuiper_${randomBytes(4).toString('hex')}`;
      const file = extras ? `${path}_north.log` : path;
      const id = await rig.start({
        sql: 'SELECT n, half, device, meta(nr) AS nr FROM demo',
        streams: [[`CREATE STREAM demo () WITH (TYPE="${call('ticker')}", DATASOURCE="north")`, { interval: 20 }]],
        actions: [[call('journal'), { path: extras ? `${path}_{{.device}}.log` : path, sendSingle: true }]],
      });
      const lines = (): string[] => (existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : []);
      const read = () =>
        lines().map((line) => {
          const space = line.indexOf(' ');
          return { nr: Number(line.slice(0, space)), row: JSON.parse(line.slice(space)) as Record<string, unknown> };
        });
      await expect.poll(() => lines().length, { timeout: 10_000 }).toBeGreaterThan(4);
      expect(read().slice(0, 3)).toEqual(
        [1, 2, 3].map((n) => ({ nr: n, row: { n, half: n / 2, device: 'north', nr: n } })),
      );
      const before = lines().length;
      await killed();
      await expect.poll(() => lines().length, { timeout: 10_000 }).toBeGreaterThan(before + 5);
      const after = read();
      const last = after.at(-1);
      if (extras) {
        // What was kept goes on: no line has the number of another.
        expect(new Set(after.map(({ nr }) => nr)).size).toBe(after.length);
        expect(Number(last?.row['n'])).toBeGreaterThan(before);
      } else expect(Number(last?.row['n'])).toBeLessThan(after.length);
      await rig.host.stop(id);
      unlinkSync(file);
    });

    itWithExtras('restores what it kept with the rule', async () => {
      // The first value counts a hundred times as much as those that follow.
      const stream = fixedRows([{ a: 100 }, ...Array.from({ length: 400 }, () => ({ a: 1 }))], '20ms');
      const id = await rig.start({
        sql: `SELECT ${call('average')}(a) AS v FROM demo`,
        streams: [stream],
        options: { qos: 1, checkpointIntervalMs: 60_000 },
      });
      await rig.moreThan(id, 4);
      await rig.host.checkpoint(id);
      await killed();
      await rig.host.stop(id);
      const before = rig.rows(id).length;
      await rig.host.start(id);
      await expect.poll(() => rig.rows(id).length, { timeout: 10_000 }).toBeGreaterThan(before);
      // Started anew, an average begins with the value that is given.
      const value = Number(rig.rows(id)[before]?.['v']);
      expect([1, 100]).not.toContain(value);
    });

    it('is asked as a lookup table, where that is known', async () => {
      const parts = {
        sql: 'SELECT demo.a, t.site FROM demo INNER JOIN t ON demo.a = t.id',
        streams: [
          rows([7, 8]),
          [`CREATE TABLE t () WITH (TYPE="${call('sites')}", DATASOURCE="zone", KIND="lookup", KEY="id")`, {}],
        ],
      } as const;
      const table = ruleSpec({ ...parts, id: 'table' }).sources[1] as SourceSpec;
      if (!extras) {
        await expect(rig.host.openTable(table)).rejects.toThrow(`plugin ${name} offers no lookup sources`);
        return;
      }
      await rig.host.openTable(table);
      const id = await rig.start(parts);
      await rig.moreThan(id, 1);
      expect(rig.rows(id)).toEqual([
        { a: 7, site: 'zone 7' },
        { a: 8, site: 'zone 8' },
      ]);
    });
  });
}
