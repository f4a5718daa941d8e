// Rules with a source and with a sink of a portable plugin, on a real server: rows a second, and CPU time of the engine for
// each. The plugin is made with the official Python SDK (packages ekuiper and pynng; KUIPER_TEST_PYTHON names a Python that
// has them). `npm run build`, then `node packages/extensions/bench/portable-rules.mjs [rows]`.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Engine } from '../../../bench/engine.mjs';
import { LineCounter } from '../../../bench/measure.mjs';

const rows = Number(process.argv[2] ?? 100_000);
const python = [process.env.KUIPER_TEST_PYTHON, 'python3'].find(
  (name) => name !== undefined && spawnSync(name, ['-c', 'import ekuiper']).status === 0,
);
const name = `benchrules${process.pid}`;
const program = `
import time
from ekuiper import PluginConfig, Sink, Source, plugin

class Count(Source):
    def configure(self, datasource, conf):
        self.limit = conf['limit']
    def open(self, ctx):
        for i in range(self.limit):
            ctx.emit({'id': i, 'device': 'device-17', 'temp': 21.5, 'ok': True}, None)
        while True:
            time.sleep(1)
    def close(self, ctx):
        pass

class Write(Sink):
    def configure(self, conf):
        self.path = conf['path']
        self.acks = conf.get('requireAck')
    def open(self, ctx):
        self.file = open(self.path, 'ab')
    def collect(self, ctx, data):
        self.file.write(data + b'\\n')
        self.file.flush()
        if self.acks:
            ctx.ack_ok()
    def close(self, ctx):
        self.file.close()

plugin.start(PluginConfig('${name}', {'count_${name}': Count}, {'write_${name}': Write}, {}))
`;

async function measure(title, engine, { id, sql, extra, type, actions, path, wanted }) {
  const text = JSON.stringify(extra).replaceAll('"', '\\"');
  await engine.must('POST', '/streams', {
    sql: `CREATE STREAM ${id} () WITH (TYPE="${type}", FORMAT="json", EXTRA="${text}")`,
  });
  const options = { bufferLength: wanted * 2 };
  const cpuBefore = engine.process.cpuSeconds();
  const began = performance.now();
  await engine.must('POST', '/rules', { id, sql, actions, options });
  const lines = new LineCounter(path);
  while (lines.count() < wanted) {
    if (performance.now() - began > 120_000) throw new Error(`${title}: ${lines.count()} of ${wanted} rows came out`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const seconds = (performance.now() - began) / 1000;
  const cpuUs = ((engine.process.cpuSeconds() - cpuBefore) / wanted) * 1e6;
  const rate = Math.round(wanted / seconds).toLocaleString('en');
  console.log(`${title.padEnd(52)} ${rate.padStart(9)} rows/s   ${cpuUs.toFixed(1).padStart(6)} µs engine CPU`);
  await engine.must('DELETE', `/rules/${id}`);
}

if (python === undefined) console.log('rules with portable plugins: not measured, install ekuiper and pynng');
else {
  const directory = mkdtempSync(join(tmpdir(), 'kuiper-bench-'));
  const folder = join(directory, 'plugins/portable', name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'plugin.py'), program);
  const symbols = { sources: [`count_${name}`], sinks: [`write_${name}`], functions: [] };
  const manifest = { version: 'v1', language: 'python', executable: 'plugin.py', ...symbols };
  writeFileSync(join(folder, `${name}.json`), JSON.stringify(manifest));
  process.env.KUIPER__PORTABLE__PYTHONBIN = python;
  const engine = await Engine.start(directory);
  try {
    const running = async () => (await engine.request('GET', `/plugins/portables/${name}/status`)).body;
    while (!(await running()).includes('"running"')) await new Promise((resolve) => setTimeout(resolve, 20));
    const fileSink = (path) => [{ file: { path, fileType: 'lines', sendSingle: true, checkInterval: 0 } }];
    const pluginSink = (path, requireAck) => [{ [`write_${name}`]: { path, requireAck, sendSingle: true } }];
    const data = [{ id: 1, device: 'device-17', temp: 21.5, ok: true }];
    const path = (file) => join(directory, file);
    await measure('portable source to a file', engine, {
      id: 'fromsource',
      type: `count_${name}`,
      extra: { limit: rows },
      sql: 'SELECT id, temp FROM fromsource',
      path: path('source.out'),
      actions: fileSink(path('source.out')),
      wanted: rows,
    });
    for (const [id, requireAck, wanted] of [
      ['tosink', false, rows],
      ['tosinkacked', true, Math.round(rows / 5)],
    ]) {
      const all = Array.from({ length: wanted }, () => data[0]);
      writeFileSync(path(`${id}.in`), all.map((row) => JSON.stringify(row)).join('\n'));
      await measure(`file to a portable sink${requireAck ? ', each row acknowledged' : ''}`, engine, {
        id,
        type: 'file',
        extra: { path: directory, fileType: 'lines' },
        sql: `SELECT id, temp FROM ${id}`,
        path: path(`${id}.out`),
        actions: pluginSink(path(`${id}.out`), requireAck),
        wanted,
      });
    }
  } finally {
    await engine.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}
