/** The built client against the built server: a stream and a rule from their making to their end. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Kuiperd } from '../support/kuiperd.ts';

const program = new URL('../../packages/cli/dist/main.js', import.meta.url).pathname;

let server: Kuiperd;
let directory: string;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'kuiper-cli-'));
  server = await Kuiperd.start();
});

afterAll(async () => {
  await server.stop();
  rmSync(directory, { recursive: true });
});

/** A running `kuiper`, with what it has written so far. */
class Kuiper {
  readonly process: ChildProcess;
  readonly exited: Promise<number | null>;
  output = '';
  remarks = '';
  #changed = (): void => {};

  constructor(...words: readonly string[]) {
    const env = { ...process.env, KUIPER_SERVER: server.api };
    this.process = spawn(process.execPath, [program, ...words], { cwd: directory, env });
    this.exited = new Promise((resolve) => this.process.once('close', resolve));
    this.process.stdout?.on('data', (chunk: Buffer) => {
      this.output += chunk.toString();
      this.#changed();
    });
    this.process.stderr?.on('data', (chunk: Buffer) => {
      this.remarks += chunk.toString();
      this.#changed();
    });
  }

  async until(condition: (kuiper: Kuiper) => boolean): Promise<void> {
    while (!condition(this)) {
      await Promise.race([
        new Promise<void>((resolve) => {
          this.#changed = resolve;
        }),
        this.exited.then((code) => Promise.reject(new Error(`ended with ${code}: ${this.output}${this.remarks}`))),
      ]);
    }
  }
}

/** Runs to the end. @returns what it printed */
async function kuiper(...words: readonly string[]): Promise<string> {
  const running = new Kuiper(...words);
  const code = await running.exited;
  if (code !== 0) throw new Error(`kuiper ${words.join(' ')} ended with ${code}: ${running.remarks}`);
  return running.output;
}

async function failing(...words: readonly string[]): Promise<{ code: number | null; output: string; remarks: string }> {
  const running = new Kuiper(...words);
  const code = await running.exited;
  return { code, output: running.output, remarks: running.remarks };
}

async function push(row: unknown): Promise<void> {
  const response = await fetch(`${server.push}/readings`, { method: 'POST', body: JSON.stringify(row) });
  expect(response.status).toBe(200);
}

const definition = '(id BIGINT, name STRING) WITH (TYPE="httppush", DATASOURCE="/readings", FORMAT="json")';
const rule = '{"sql":"SELECT id, name FROM readings WHERE id > 1","actions":[{"nop":{}}]}';

describe('kuiper', { timeout: 60_000 }, () => {
  it('creates a stream and a rule, taps its rows, and takes both away again', async () => {
    expect(await kuiper('create', 'stream', 'readings', definition)).toBe('Stream readings is created.\n');
    expect(await kuiper('show', 'streams')).toBe('readings\n');
    expect(await kuiper('describe', 'stream', 'readings')).toContain(
      'id\tbigint\nname\tstring\n\nDATASOURCE: /readings\n',
    );
    expect(await kuiper('validate', 'rule', 'high', rule)).toMatch(/^The rule has been successfully validated/);
    expect(await kuiper('create', 'rule', 'high', rule)).toMatch(/^Rule high was created successfully, /);
    expect(JSON.parse(await kuiper('show', 'rules'))).toMatchObject([{ id: 'high', status: 'running' }]);

    const tap = new Kuiper('tap', 'high');
    await tap.until(({ remarks }) => remarks.includes('Tapping rule high'));
    await push({ id: 1, name: 'low' });
    await push({ id: 2, name: 'ü"]' });
    await push([{ id: 3, name: 'a' }, { id: 4 }]);
    await tap.until(({ output }) => output.split('\n').length > 3);
    tap.process.kill('SIGINT');
    expect(await tap.exited).toBe(0);
    expect(tap.output).toBe('{"id":2,"name":"ü\\"]"}\n{"id":3,"name":"a"}\n{"id":4}\n');

    expect(JSON.parse(await kuiper('getstatus', 'rule', 'high'))).toMatchObject({
      status: 'running',
      source_readings_0_records_in_total: 3,
      sink_nop_0_0_records_in_total: 3,
    });
    expect(await kuiper('getstatus', 'rule', 'high', '--table')).toMatch(/│ sink_nop_0 +│ +3 │/);
    expect(JSON.parse(await kuiper('gettopo', 'rule', 'high'))).toMatchObject({ sources: ['source_readings'] });
    expect(await kuiper('explain', 'rule', 'high')).toMatch(/^\{"op":"ProjectPlan_0"/);
    expect(await kuiper('stop', 'rule', 'high')).toBe('Rule high was stopped.\n');
    expect(await kuiper('start', 'rule', 'high')).toBe('Rule high was started\n');
    expect(await kuiper('restart', 'rule', 'high')).toBe('Rule high was restarted.\n');

    expect(await kuiper('export', 'ruleset', 'rules.json')).toBe('exported 1 streams, 0 tables and 1 rules\n');
    expect(await kuiper('drop', 'rule', 'high')).toBe('Rule high is dropped.\n');
    expect(await kuiper('drop', 'stream', 'readings')).toBe('Stream readings is dropped.\n');
    expect(await kuiper('import', 'ruleset', '-f', 'rules.json')).toBe('imported 1 streams, 0 tables and 1 rules\n');
    expect(JSON.parse(await kuiper('describe', 'rule', 'high'))).toMatchObject({ id: 'high' });
    expect(JSON.parse(await kuiper('import', 'data', '-f', 'rules.json', '-p', 'true'))).toMatchObject({
      ErrorMsg: '',
    });
    expect(await kuiper('export', 'data', 'data.json')).toBe('export configuration success\n');
    expect(JSON.parse(readFileSync(join(directory, 'data.json'), 'utf8'))).toHaveProperty('streams.readings');
    expect(await kuiper('drop', 'rule', 'high')).toBe('Rule high is dropped.\n');
    expect(await kuiper('drop', 'stream', 'readings')).toBe('Stream readings is dropped.\n');
    expect(await kuiper('show', 'rules')).toBe('No rule definitions are found.\n');
  });

  it('runs a query over a file to its end, and leaves no rule behind', async () => {
    writeFileSync(join(directory, 'rows.jsonl'), '{"id":1}\n{"id":2}\n{"id":3}\n');
    const extra = JSON.stringify({ path: directory, fileType: 'lines' }).replaceAll('"', '\\"');
    writeFileSync(
      join(directory, 'lines.sql'),
      `lines () WITH (TYPE="file", DATASOURCE="rows.jsonl", FORMAT="json", EXTRA="${extra}")`,
    );
    expect(await kuiper('create', 'stream', '-f', 'lines.sql')).toBe('Stream lines is created.\n');
    expect(await kuiper('query', 'SELECT id * 2 AS x FROM lines WHERE id > 1')).toBe('{"x":4}\n{"x":6}\n');
    expect(await kuiper('show', 'rules')).toBe('No rule definitions are found.\n');
    expect(await kuiper('drop', 'stream', 'lines')).toBe('Stream lines is dropped.\n');
  });

  it('answers at a prompt', async () => {
    await kuiper('create', 'stream', 'readings', definition);
    const prompt = new Kuiper('query');
    prompt.process.stdin?.write('SELECT nothing\nSELECT id FROM readings\n');
    await prompt.until(({ output }) => output.includes('Query was submit successfully.\n'));
    await push({ id: 7 });
    await prompt.until(({ output }) => output.includes('{'));
    prompt.process.stdin?.write('show streams\nquit\n');
    expect(await prompt.exited).toBe(0);
    expect(prompt.output).toBe('Query was submit successfully.\n{"id":7}\nreadings\n');
    expect(prompt.remarks).toContain('found "EOF", expected FROM');
    expect(await kuiper('show', 'rules')).toBe('No rule definitions are found.\n');
    await kuiper('drop', 'stream', 'readings');
  });

  it('tells failures with the words of the server, and wrong usage', async () => {
    expect(await failing('drop', 'rule', 'none')).toEqual({
      code: 1,
      output: '',
      remarks: 'Delete rule error: rule none not found\n',
    });
    expect(await failing('tap', 'none')).toMatchObject({ code: 1, output: '' });
    expect(await failing('start', 'rule')).toEqual({ code: 2, output: '', remarks: 'Expect rule name.\n' });
    const { code, remarks } = await failing('--server', 'http://127.0.0.1:1', 'show', 'rules');
    expect(code).toBe(1);
    expect(remarks).toContain('Failed to connect the server at http://127.0.0.1:1: ');
  });
});
