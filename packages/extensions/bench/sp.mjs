// Round trips of a request channel and messages of a pull socket, with the plugin in another process. Prints the rate
// and the CPU time of this side for each. Build first: npx tsc -b packages/extensions
import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SystemClock } from '@kuiper/base';
import { PullSocket, PushSocket, ReqSocket } from '@kuiper/sdk/wire';
import { RequestChannel } from '../dist/portable/channel/request-channel.js';

const clock = new SystemClock({ keepAlive: true });
const [role, url] = process.argv.slice(2);
const CALLS = 60_000;
const MESSAGES = 1_000_000;
const result = '{"state":true,"result":"hello"}';
const call =
  '{"func":"Exec","arg":["hello","{\\"ruleId\\":\\"r1\\",\\"opId\\":\\"2_project\\",\\"instanceId\\":0,\\"funcId\\":0}"]}';
const message = '{"message":{"count":50,"temperature":21.5,"device":"dev-0042"},"meta":null}';

function report(name, count, startMs, startCpu) {
  const elapsedMs = performance.now() - startMs;
  const { user, system } = process.cpuUsage(startCpu);
  const rate = Math.round((count / elapsedMs) * 1000);
  const cpuUs = (user + system) / count;
  console.log(`${name.padEnd(40)} ${String(rate).padStart(9)} /s ${cpuUs.toFixed(2).padStart(8)} µs of CPU each`);
}

async function benchCalls(directory, lanes, concurrency) {
  const url = `ipc://${directory}/calls.ipc`;
  let ready = 0;
  let allReady;
  const handshakes = new Promise((resolve) => {
    allReady = resolve;
  });
  const channel = await RequestChannel.listen(url, {
    clock,
    lanes,
    onHandshake: () => ++ready === lanes && allReady(),
  });
  const plugins = Array.from({ length: lanes }, () => fork(import.meta.filename, ['req', url]));
  await handshakes;
  const options = { timeoutMs: 5000, onLoss: 'fail' };
  const work = async (count) => {
    for (let i = 0; i < count; i++) {
      const answer = await channel.call(call, options);
      if (answer.length !== result.length) throw new Error(`unexpected answer ${answer}`);
    }
  };
  await work(5000);
  const startMs = performance.now();
  const startCpu = process.cpuUsage();
  await Promise.all(Array.from({ length: concurrency }, () => work(CALLS / concurrency)));
  report(`calls, ${lanes} processes, ${concurrency} at a time`, CALLS, startMs, startCpu);
  for (const plugin of plugins) plugin.kill();
  await channel.close();
}

async function benchPull(directory) {
  const url = `ipc://${directory}/pull.ipc`;
  let received = 0;
  let bytes = 0;
  let startMs = 0;
  let startCpu;
  let done;
  const finished = new Promise((resolve) => {
    done = resolve;
  });
  const socket = await PullSocket.listen(
    url,
    { clock },
    {
      received: ({ starts, ends, count }) => {
        if (received === 0) {
          startMs = performance.now();
          startCpu = process.cpuUsage();
        }
        received += count;
        for (let i = 0; i < count; i++) bytes += ends[i] - starts[i];
        if (received === MESSAGES) done();
      },
    },
  );
  const plugin = fork(import.meta.filename, ['push', url]);
  await finished;
  if (bytes !== MESSAGES * message.length) throw new Error(`${bytes} bytes received`);
  report('messages pulled', MESSAGES, startMs, startCpu);
  plugin.kill();
  await socket.close();
}

if (role === 'req') {
  const socket = new ReqSocket(url, { clock });
  await socket.dial();
  for (let body = 'handshake'; ; body = result) await socket.request(body);
} else if (role === 'push') {
  const socket = new PushSocket(url, { clock, sendTimeoutMs: 60_000 });
  await socket.dial();
  const run = new Array(100).fill(message);
  for (let i = 0; i < MESSAGES / run.length; i++) await socket.send(run);
  await socket.flushed();
} else {
  const directory = mkdtempSync(join(tmpdir(), 'sp-bench-'));
  await benchCalls(directory, 1, 1);
  await benchCalls(directory, 1, 16);
  await benchCalls(directory, 4, 16);
  await benchPull(directory);
  rmSync(directory, { recursive: true });
}
