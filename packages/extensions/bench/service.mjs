// What a call of an external service costs this process, 32 in flight against a server in another one: argument mapping,
// encoding, the wire, decoding. `npm run build`, then `node packages/extensions/bench/service.mjs [seconds]`.
import { fork } from 'node:child_process';
import { createServer } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import { fileURLToPath } from 'node:url';
import { SystemClock } from '@kuiper/base';
import { serviceProvider } from '../dist/service/service-provider.js';

const inFlight = 32;
const proto = `syntax = "proto3"; package bench;
  service Bench { rpc Correct(Reading) returns (Reading); }
  message Reading { string device = 1; int64 number = 2; double value = 3; repeated double last = 4; bool ok = 5; }`;

/** Answers every call with its own message. */
function serve() {
  const http = createServer((request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => response.setHeader('content-type', 'application/json').end(Buffer.concat(chunks)));
  });
  const grpc = createHttp2Server();
  grpc.on('stream', (stream) => {
    const chunks = [];
    stream.on('data', (chunk) => chunks.push(chunk));
    stream.on('end', () => {
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
      stream.end(Buffer.concat(chunks));
    });
  });
  http.listen(0, '127.0.0.1', () =>
    grpc.listen(0, '127.0.0.1', () => process.send({ http: http.address().port, grpc: grpc.address().port })),
  );
  process.on('disconnect', () => process.exit());
}

async function measure(protocol, address, seconds) {
  const provider = serviceProvider({
    clock: new SystemClock({ keepAlive: true }),
    rootPath: '/',
    enablePrivateNet: true,
  });
  const bench = {
    protocol,
    address,
    schemaType: 'protobuf',
    schemaFile: 'bench.proto',
    options: { shareCalls: false },
  };
  await provider.put({
    kind: 'service',
    name: 'bench',
    definition: { interfaces: { bench } },
    schemas: { 'bench.proto': proto },
  });
  const { eval: call } = provider.function('Correct').instantiate();
  let count = 0;
  const worker = async (endMs) => {
    while (performance.now() < endMs) {
      const number = BigInt(++count);
      const answer = await call('device-17', number, 21.5, [1.5, 2.5, 3.5], true);
      if (answer.number !== number) throw new Error(`answered ${answer.number} to ${number}`);
    }
  };
  const run = async (lengthMs) => {
    const endMs = performance.now() + lengthMs;
    await Promise.all(Array.from({ length: inFlight }, () => worker(endMs)));
  };
  await run(1000);
  count = 0;
  const cpu = process.cpuUsage();
  const startedMs = performance.now();
  await run(seconds * 1000);
  const { user, system } = process.cpuUsage(cpu);
  const elapsedMs = performance.now() - startedMs;
  const perCall = ((user + system) / count).toFixed(1);
  const latency = ((elapsedMs * inFlight) / count).toFixed(2);
  console.log(
    `${protocol}: ${Math.round(count / (elapsedMs / 1000))} calls/s, ${perCall} µs CPU and ${latency} ms each`,
  );
  await provider.close();
}

if (process.argv[2] === 'serve') serve();
else {
  const seconds = Number(process.argv[2] ?? 5);
  const server = fork(fileURLToPath(import.meta.url), ['serve']);
  const ports = await new Promise((resolve) => server.once('message', resolve));
  await measure('grpc', `tcp://127.0.0.1:${ports.grpc}`, seconds);
  await measure('rest', `http://127.0.0.1:${ports.http}`, seconds);
  server.disconnect();
}
