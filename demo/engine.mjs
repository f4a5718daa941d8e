// kuiperd as a child process, and the REST calls of the demo.
import { spawn } from 'node:child_process';
import http from 'node:http';
import net from 'node:net';
import { join } from 'node:path';
import { root } from '../scripts/bootstrap.mjs';

export async function pickPort(preferred) {
  for (const port of [preferred, 0]) {
    const server = net.createServer();
    const free = await new Promise((resolve) => {
      server.once('error', () => resolve(null));
      server.listen(port, '127.0.0.1', () => resolve(server.address().port));
    });
    if (free === null) continue;
    await new Promise((resolve) => server.close(resolve));
    return free;
  }
  throw new Error('no free port on 127.0.0.1');
}

export async function startEngine(directory) {
  const port = await pickPort(9081);
  const child = spawn(process.execPath, [join(root, 'packages/server/dist/main.js')], {
    cwd: directory,
    stdio: ['ignore', 'pipe', 'pipe'],
    // Ctrl-C goes to the demo, which stops the engine in its turn.
    detached: true,
    env: {
      ...process.env,
      KUIPER__BASIC__RESTPORT: String(port),
      KUIPER__SOURCE__HTTPSERVERPORT: String(await pickPort(10081)),
    },
  });
  let output = '';
  for (const pipe of [child.stdout, child.stderr]) {
    pipe.on('data', (chunk) => {
      output = (output + chunk).slice(-4000);
    });
  }
  const exited = new Promise((resolve) => child.once('exit', resolve));
  const engine = {
    port,
    exited,
    get output() {
      return output;
    },
    async must(method, path, body) {
      const response = await fetch(`http://127.0.0.1:${port}${path}`, {
        method,
        ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
      });
      const text = await response.text();
      if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
      return text;
    },
    /** Calls `take` for each event of a rule's live tap. */
    tap(rule, take) {
      const request = http.get(`http://127.0.0.1:${port}/rules/${rule}/tap`, (response) => {
        let rest = '';
        response.setEncoding('utf8');
        response.on('data', (chunk) => {
          const lines = (rest + chunk).split('\n');
          rest = lines.pop() ?? '';
          for (const line of lines) if (line.startsWith('data: ')) take(JSON.parse(line.slice(6)));
        });
      });
      request.on('error', () => {});
      return request;
    },
    async stop() {
      child.kill('SIGTERM');
      await exited;
    },
  };
  for (let i = 0; ; i++) {
    if (child.exitCode !== null || i > 600) throw new Error(`the engine did not start:\n${output}`);
    try {
      await engine.must('GET', '/ping');
      return engine;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
