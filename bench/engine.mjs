// kuiperd as a measured process in a directory of its own, driven over REST.
import http from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MeasuredProcess } from './measured-process.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** For profiling, for instance `--cpu-prof`. */
const nodeFlags = process.env.BENCH_NODE_FLAGS?.split(' ') ?? [];

async function freePort() {
  const server = net.createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export class Engine {
  static async start(directory = mkdtempSync(join(tmpdir(), 'kuiper-bench-'))) {
    const engine = new Engine();
    engine.directory = directory;
    engine.port = await freePort();
    const env = {
      ...process.env,
      KuiperBaseKey: directory,
      KUIPER__BASE__KEY: directory,
      KUIPER__BASIC__RESTPORT: String(engine.port),
      KUIPER__SOURCE__HTTPSERVERPORT: String(await freePort()),
      KUIPER__BASIC__CONSOLELOG: 'true',
    };
    engine.agent = new http.Agent({ keepAlive: true, maxSockets: 8 });
    engine.startedAt = performance.now();
    engine.process = new MeasuredProcess(process.execPath, [...nodeFlags, join(root, 'packages/server/dist/main.js')], {
      cwd: directory,
      env,
    });
    engine.process.exited.then((code) => {
      engine.gone = code ?? 'signal';
    });
    await engine.ready();
    engine.readyMs = performance.now() - engine.startedAt;
    return engine;
  }

  async ready() {
    for (let i = 0; i < 6000; i++) {
      if (this.gone !== undefined) throw new Error(`kuiperd ended (${this.gone}):\n${this.process.output}`);
      try {
        const { status } = await this.request('GET', '/ping');
        if (status === 200) return;
      } catch {}
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    throw new Error(`kuiperd did not answer within 30 s:\n${this.process.output}`);
  }

  request(method, path, body) {
    const data = body === undefined ? undefined : JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const headers =
        data === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(data) };
      const request = http.request(
        { host: '127.0.0.1', port: this.port, method, path, headers, agent: this.agent },
        (response) => {
          const chunks = [];
          response.on('data', (chunk) => chunks.push(chunk));
          response.on('end', () => resolve({ status: response.statusCode, body: Buffer.concat(chunks).toString() }));
        },
      );
      request.on('error', reject);
      request.end(data);
    });
  }

  async must(method, path, body) {
    const answer = await this.request(method, path, body);
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.body}`);
    return answer.body;
  }

  stream(name, columns, options) {
    const list = Object.entries(options).map(([key, value]) => `${key}="${value}"`);
    return this.must('POST', '/streams', { sql: `CREATE STREAM ${name} (${columns}) WITH (${list.join(', ')})` });
  }

  rule(id, sql, actions, options = {}) {
    return this.must('POST', '/rules', { id, sql, actions, options });
  }

  async status(id) {
    return JSON.parse(await this.must('GET', `/rules/${id}/status`));
  }

  async stop(keep = false) {
    await this.process.stop();
    this.agent.destroy();
    if (!keep) rmSync(this.directory, { recursive: true, force: true });
  }
}
