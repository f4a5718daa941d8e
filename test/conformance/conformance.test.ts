/**
 * Plays the recorded cases against the built server, over HTTP alone.
 *
 * A group listed in `groups.json` must pass fully. Other groups are played too: their figures are printed, and a group
 * that passes fully without being listed is reported, so that the list grows.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Kuiperd } from '../support/kuiperd.ts';

const folder = new URL('.', import.meta.url).pathname;
const { mustPass } = JSON.parse(readFileSync(join(folder, 'groups.json'), 'utf8')) as { mustPass: string[] };
// The import cases wipe the server: they come last in the alphabet, and play alone.
const groups = readdirSync(join(folder, 'cases'))
  .map((file) => file.replace(/\.json$/, ''))
  .sort();

interface Outcome {
  readonly case: string;
  readonly ok: boolean;
  readonly want?: unknown;
  readonly got?: unknown;
}

describe('recorded cases', () => {
  let server: Kuiperd;
  const reports = mkdtempSync(join(tmpdir(), 'conformance-'));

  beforeAll(async () => {
    server = await Kuiperd.start();
  });

  afterAll(async () => {
    await server.stop();
    rmSync(reports, { recursive: true, force: true });
  });

  it('lists only groups that exist', () => {
    expect(mustPass.filter((group) => !groups.includes(group))).toEqual([]);
  });

  for (const group of groups) {
    it(`${group}${mustPass.includes(group) ? '' : ' (not required)'}`, { timeout: 300_000 }, async () => {
      const outcomes = await play(group);
      const failed = outcomes.filter(({ ok }) => !ok);
      if (mustPass.includes(group)) {
        expect(failed, `${failed.length} of ${outcomes.length} cases of ${group} fail`).toEqual([]);
        return;
      }
      const note = failed.length === 0 ? ': passes fully, add it to groups.json' : '';
      console.log(`${group}: ${outcomes.length - failed.length} of ${outcomes.length} cases pass${note}`);
    });
  }

  async function play(group: string): Promise<Outcome[]> {
    const report = join(reports, `${group}.json`);
    const args = ['--api', server.api, '--push', server.push, '--json', report, join(folder, 'cases', `${group}.json`)];
    const child = spawn(process.execPath, [join(folder, 'run.mjs'), ...args], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const code = await new Promise<number | null>((resolve) => child.on('exit', resolve));
    if (code === 2) throw new Error(`the server cannot be reached:\n${server.log}`);
    return JSON.parse(readFileSync(report, 'utf8')) as Outcome[];
  }
});
