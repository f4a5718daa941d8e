// npm run demo: an engine, an embedded MQTT broker and simulated machines; results live in the terminal until Ctrl-C.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startBroker } from '../demo/broker.mjs';
import { startDevices } from '../demo/devices.mjs';
import { startEngine } from '../demo/engine.mjs';
import { rules, stream } from '../demo/rules.mjs';

const directory = mkdtempSync(join(tmpdir(), 'kuiper-demo-'));
const colours = { alarm: '31', average: '36', door: '33' };
const paint = (colour, text) => (process.stdout.isTTY ? `\x1b[${colour}m${text}\x1b[0m` : text);

const broker = await startBroker(1883);
const engine = await startEngine(directory);
const taps = [];
let devices = null;
let stopping = false;

async function stop(code) {
  if (stopping) return;
  stopping = true;
  for (const tap of taps) tap.destroy();
  await devices?.stop();
  await engine.stop();
  await broker.stop();
  rmSync(directory, { recursive: true, force: true });
  process.exit(code);
}
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => void stop(0));
engine.exited.then((code) => {
  if (stopping) return;
  console.error(`The engine ended (${code}):\n${engine.output}`);
  void stop(1);
});

try {
  await engine.must('POST', '/streams', { sql: stream(broker.url.replace('mqtt:', 'tcp:')) });
  for (const { id, sql } of rules) await engine.must('POST', '/rules', { id, sql, actions: [{ log: {} }] });
  introduce();
  for (const { id, show } of rules) {
    taps.push(
      engine.tap(id, ({ timestamp, rows, error }) => {
        const time = new Date(timestamp).toLocaleTimeString('en-GB');
        for (const row of rows ?? [])
          console.log(`${paint('2', time)} ${paint(colours[id], id.padEnd(8))} ${show(row)}`);
        if (error !== undefined) console.log(`${paint('2', time)} ${paint('31', `${id} error`)} ${error}`);
      }),
    );
  }
  devices = await startDevices(broker.url);
} catch (error) {
  console.error(error.message);
  await stop(1);
}

function introduce() {
  const api = `http://127.0.0.1:${engine.port}`;
  const server = engine.port === 9081 ? '' : ` --server ${api}`;
  console.log(`Five machines publish to ${broker.url} (topics factory/<machine>); these rules look at them:\n`);
  for (const { id, sql, says } of rules)
    console.log(`  ${paint(colours[id], id.padEnd(8))} ${says}\n           ${paint('2', sql)}`);
  console.log(`
Go on from here:
  curl ${api}/rules
  curl ${api}/rules/average/status
  curl ${api}/rules/alarm/explain
  curl -X POST ${api}/rules -d '{"id":"warm","sql":"SELECT * FROM factory WHERE temperature > 40","actions":[{"log":{}}]}'
  bin/kuiper${server} show rules
  bin/kuiper${server} tap door

Ctrl-C ends everything.
`);
}
