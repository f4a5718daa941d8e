// The floor of this machine: socket → frames → scan → write, nothing else. Started by the suite as a measured process:
// bare-loop.mjs PORT FILTER OUTPUT
import { openSync, writeSync } from 'node:fs';
import net from 'node:net';
import { connect, subscribe } from './mqtt-frames.mjs';

const [port, filter, output] = process.argv.slice(2);
const file = openSync(output, 'a');
const socket = net.connect(Number(port), '127.0.0.1', () => {
  socket.write(connect('bare-loop'));
  socket.write(subscribe(filter));
});

let rest = null;
socket.on('data', (chunk) => {
  const data = rest === null ? chunk : Buffer.concat([rest, chunk]);
  const text = data.latin1Slice(0, data.length);
  let out = '';
  let at = 0;
  while (at + 2 <= data.length) {
    let length = 0;
    let head = at + 1;
    for (let shift = 0; head < data.length; shift += 7) {
      const byte = data[head++];
      length |= (byte & 127) << shift;
      if (byte < 128) break;
    }
    const end = head + length;
    if (end > data.length) break;
    if (data[at] >> 4 === 3) {
      const start = head + 2 + ((data[head] << 8) | data[head + 1]);
      const line = scan(text, start, end);
      if (line !== null) out += line;
    }
    at = end;
  }
  rest = at < data.length ? data.subarray(at) : null;
  if (out !== '') writeSync(file, out, null, 'latin1');
});
socket.on('error', () => process.exit(1));

/** Takes the four columns out by position, filters and writes them again. */
function scan(text, start, end) {
  const idAt = text.indexOf('"id":', start) + 5;
  const id = text.slice(idAt, text.indexOf(',', idAt));
  const deviceAt = text.indexOf('"device":', idAt) + 9;
  const device = text.slice(deviceAt, text.indexOf(',', deviceAt));
  const tempAt = text.indexOf('"temp":', deviceAt) + 7;
  const temp = Number(text.slice(tempAt, text.indexOf(',', tempAt)));
  if (!(temp > 21) || tempAt > end) return null;
  const speedAt = text.indexOf('"speed":', tempAt) + 8;
  const speed = Number(text.slice(speedAt, text.indexOf(',', speedAt)));
  return `{"device":${device},"id":${id},"speed_kmh":${speed * 3.6},"temp":${temp}}\n`;
}
