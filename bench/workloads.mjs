// What users of this class of engine compare. Each workload proves delivery: what comes out is counted against what
// went in, and a difference fails it.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Engine } from './engine.mjs';
import { Generator } from './generator.mjs';
import { LineCounter, measureLoad, SumCounter, waitForCount } from './measure.mjs';
import { MeasuredProcess } from './measured-process.mjs';
import { rawStates, telemetry, temperatures, wideRows } from './messages.mjs';

const highRate = Number(process.env.BENCH_RATE ?? 100_000);
const mqttSource = (port, topic, more = {}) => ({
  TYPE: 'mqtt',
  DATASOURCE: topic,
  FORMAT: 'json',
  EXTRA: JSON.stringify({ server: `tcp://127.0.0.1:${port}`, qos: 0 }).replaceAll('"', '\\"'),
  ...more,
});
const fileSink = (path) => ({ file: { path, fileType: 'lines', sendSingle: true, interval: 0, checkInterval: 0 } });

function prove(name, got, wanted) {
  if (got !== wanted) throw new Error(`${name}: ${got} came out, ${wanted} went in`);
}

/** Rows through one rule, MQTT in, JSON lines out. */
async function throughRule({ sql, columns = '', messages, topic, more, rate = highRate, counter, expected }) {
  const engine = await Engine.start();
  const generator = new Generator(messages.frames);
  try {
    const port = await generator.listen();
    const output = join(engine.directory, 'out.jsonl');
    await engine.stream('telem', columns, mqttSource(port, topic, more));
    await engine.rule('r', sql, [fileSink(output)]);
    await generator.subscribed();
    const results = counter(output);
    let wanted = 0;
    let counted = 0;
    const settled = async () => {
      // Frames are sent round and round: count those that pass among the ones sent since.
      for (; counted < generator.sent; counted++) if (expected(counted)) wanted++;
      const got = await waitForCount(() => results.count(), wanted);
      prove('rows', got, wanted);
    };
    return await measureLoad({ process: engine.process, generator, rate, settled });
  } finally {
    generator.close();
    await engine.stop();
  }
}

async function bareLoop() {
  const messages = telemetry();
  const directory = mkdtempSync(join(tmpdir(), 'kuiper-bench-'));
  const generator = new Generator(messages.frames);
  const output = join(directory, 'out.jsonl');
  const port = await generator.listen();
  const child = new MeasuredProcess(process.execPath, [
    join(import.meta.dirname, 'bare-loop.mjs'),
    String(port),
    'telem',
    output,
  ]);
  try {
    await generator.subscribed();
    const lines = new LineCounter(output);
    let wanted = 0;
    let counted = 0;
    const settled = async () => {
      for (; counted < generator.sent; counted++) if (messages.passes(counted)) wanted++;
      prove('rows', await waitForCount(() => lines.count(), wanted), wanted);
    };
    return await measureLoad({ process: child, generator, rate: highRate, settled });
  } finally {
    generator.close();
    await child.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Many rules on one shared stream, counted by their sinks. */
async function sharedRules({ count, where, rate, matches }) {
  const messages = temperatures();
  const engine = await Engine.start();
  const generator = new Generator(messages.frames);
  try {
    const port = await generator.listen();
    await engine.stream('raw', '', mqttSource(port, 'raw', { SHARED: 'true' }));
    const before = engine.process.memory().nowMiB;
    const started = performance.now();
    for (let i = 0; i < count; i++) {
      await engine.rule(`r${i}`, `SELECT temperature FROM raw WHERE ${where(i)}`, [{ nop: { log: false } }]);
    }
    const createSeconds = (performance.now() - started) / 1000;
    await generator.subscribed();
    const perRuleKiB = ((engine.process.memory().nowMiB - before) * 1024) / count;
    const settled = async () => {
      const sample = sampleRules(count);
      const wanted = matches(messages, generator.sent)(sample);
      const delivered = async () => {
        let total = 0;
        for (const i of sample) total += (await engine.status(`r${i}`)).sink_nop_0_0_records_out_total;
        return total;
      };
      prove('rows of the sampled rules', await waitForCount(delivered, wanted), wanted);
    };
    const result = await measureLoad({ process: engine.process, generator, rate, settled });
    return { ...result, createSeconds, perRuleKiB };
  } finally {
    generator.close();
    await engine.stop();
  }
}

/** Proof by sample: asking thousands of rules would be load of its own. */
function sampleRules(count) {
  const step = Math.max(1, Math.floor(count / 20));
  return Array.from({ length: Math.min(20, count) }, (_, i) => i * step);
}

const everyRuleMatches = (messages, sent) => {
  let passing = 0;
  for (let i = 0; i < sent; i++) if (messages.passes(i % messages.frames.length)) passing++;
  return (rules) => passing * rules.length;
};

const ownDeviceMatches = (devices) => (messages, sent) => {
  const pool = messages.frames.length;
  const perDevice = (device) => {
    let hits = 0;
    for (let at = device; at < pool; at += devices) {
      hits += Math.floor(sent / pool) + (at < sent % pool ? 1 : 0);
    }
    return hits;
  };
  return (rules) => rules.reduce((sum, rule) => sum + perDevice(rule), 0);
};

const aggregateSql = (window, from = 'telem') =>
  `SELECT device, count(*) AS n, avg(temp) AS avg_temp, max(speed) AS max_speed FROM ${from} GROUP BY device, ${window}`;

export const workloads = {
  bare: { about: 'bare loop: socket, frames, scan, write', run: bareLoop },
  w1: {
    about: 'W1 filter and projection',
    target: '≤ 4 µs and ≤ 1.5 × bare',
    run: () => {
      const messages = telemetry();
      return throughRule({
        sql: 'SELECT id, device, temp, speed * 3.6 AS speed_kmh FROM telem WHERE temp > 21.0',
        messages,
        topic: 'telem',
        counter: (path) => new LineCounter(path),
        expected: (i) => messages.passes(i),
      });
    },
  },
  w2: {
    about: 'W2 tumbling window, 1,000 groups',
    target: '≤ 4 µs, peak ≤ 120 MiB',
    run: () =>
      throughRule({
        sql: aggregateSql('TUMBLINGWINDOW(ss, 10)'),
        messages: telemetry(),
        topic: 'telem',
        counter: (path) => new SumCounter(path),
        expected: () => true,
      }),
  },
  w3: {
    about: 'W3 raw payload with meta(topic), 10,000 topics',
    target: '≤ 4 µs',
    run: () =>
      throughRule({
        sql: 'SELECT meta(topic) AS topic, self AS state FROM telem',
        messages: rawStates(),
        topic: 'site/+/state',
        more: { FORMAT: 'binary' },
        counter: (path) => new LineCounter(path),
        expected: () => true,
      }),
  },
  w4: {
    about: 'W4 window over 10,000 topics, wildcard subscription',
    target: '≤ 5 µs, nothing lost',
    run: () =>
      throughRule({
        sql: aggregateSql('TUMBLINGWINDOW(ss, 10)'),
        messages: telemetry({ devices: 10_000, topicOf: (device) => `fleet/${device}/telem` }),
        topic: 'fleet/+/telem',
        counter: (path) => new SumCounter(path),
        expected: () => true,
      }),
  },
  w5: {
    about: 'W5 session windows, 2,000 keys',
    target: '≤ 5 µs',
    run: () =>
      throughRule({
        sql: aggregateSql('SESSIONWINDOW(ss, 10, 2)'),
        messages: telemetry({ devices: 2000 }),
        topic: 'telem',
        counter: (path) => new SumCounter(path),
        expected: () => true,
      }),
  },
  wide: {
    about: 'SELECT * of 1,500 columns',
    target: '≤ 600 µs',
    run: () =>
      throughRule({
        sql: 'SELECT * FROM telem',
        messages: wideRows(),
        topic: 'wide',
        rate: Number(process.env.BENCH_WIDE_RATE ?? 500),
        counter: (path) => new LineCounter(path),
        expected: () => true,
      }),
  },
  rules100: {
    about: '100 shared rules, one message in ten passes',
    target: '≤ 12 µs',
    run: () => sharedRules({ count: 100, where: () => 'temperature > 20', rate: 20_000, matches: everyRuleMatches }),
  },
  rules1000: {
    about: '1,000 shared rules, one message in ten passes',
    target: '≤ 80 µs, ≤ 20 KiB per rule, created in ≤ 1.5 s',
    run: () => sharedRules({ count: 1000, where: () => 'temperature > 20', rate: 5000, matches: everyRuleMatches }),
  },
  own10000: {
    about: '10,000 shared rules, each its own deviceId',
    target: '≤ 6 µs',
    run: () =>
      sharedRules({
        count: 10_000,
        where: (i) => `deviceId = 'd${i}'`,
        rate: 20_000,
        matches: ownDeviceMatches(10_000),
      }),
  },
  start5000: {
    about: 'REST answers after start with 5,000 stored rules',
    target: '≤ 1 s, ≤ 250 MiB',
    run: startWithRules,
  },
  idle: { about: 'memory when idle', target: '≤ 90 MiB', run: idleMemory },
};

async function startWithRules() {
  const count = 5000;
  const generator = new Generator(temperatures().frames);
  const port = await generator.listen();
  let engine = await Engine.start();
  try {
    await engine.stream('raw', '', mqttSource(port, 'raw', { SHARED: 'true' }));
    for (let i = 0; i < count; i++) {
      await engine.rule(`r${i}`, `SELECT temperature FROM raw WHERE deviceId = 'd${i}'`, [{ nop: {} }]);
    }
    const { directory } = engine;
    await engine.stop(true);
    engine = await Engine.start(directory);
    const { readyMs } = engine;
    const list = JSON.parse(await engine.must('GET', '/rules'));
    prove('rules', list.length, count);
    await waitForCount(async () => {
      const rules = JSON.parse(await engine.must('GET', '/rules'));
      return rules.filter(({ status }) => status === 'running').length;
    }, count);
    return { readyMs, allRunningMs: performance.now() - engine.startedAt, memory: engine.process.memory() };
  } finally {
    generator.close();
    await engine.stop();
  }
}

async function idleMemory() {
  const engine = await Engine.start();
  try {
    await new Promise((resolve) => setTimeout(resolve, 3000));
    return { memory: engine.process.memory() };
  } finally {
    await engine.stop();
  }
}
