// Prints how many PUBLISH frames per second are taken off socket reads. Build first: npx tsc -b packages/connectors
import mqttPacket from 'mqtt-packet';
import { FrameSplitter } from '../dist/mqtt/publish-frames.js';

const payload = Buffer.from('{"id":123,"device":"dev-0042","temp":23.75,"speed":88.5,"ts":1700000000000,"ok":true}');
const count = 200_000;
const readBytes = 65_536;

for (const protocolVersion of [4, 5]) {
  for (const qos of [0, 1]) {
    const packet = {
      cmd: 'publish',
      topic: 'devices/42/telemetry',
      payload,
      qos,
      messageId: 7,
      dup: false,
      retain: false,
    };
    const frame = mqttPacket.generate(packet, { protocolVersion });
    const bytes = Buffer.concat(Array.from({ length: count }, () => frame));
    const reads = [];
    for (let at = 0; at < bytes.length; at += readBytes) reads.push(bytes.subarray(at, at + readBytes));
    let frames = 0;
    let payloadBytes = 0;
    const receiver = {
      publishes(found) {
        frames += found.count;
        for (let i = 0; i < found.count; i++) payloadBytes += found.ends[i] - found.starts[i];
      },
      acknowledgement() {},
      control() {},
      malformed(why) {
        throw new Error(why);
      },
    };
    const splitter = new FrameSplitter(receiver, protocolVersion === 5);
    let best = Number.POSITIVE_INFINITY;
    for (let repeat = 0; repeat < 7; repeat++) {
      frames = 0;
      payloadBytes = 0;
      const started = process.hrtime.bigint();
      for (const read of reads) splitter.push(read);
      best = Math.min(best, Number(process.hrtime.bigint() - started));
      if (frames !== count || payloadBytes !== count * payload.length) throw new Error(`${frames} frames`);
    }
    console.log(`MQTT ${protocolVersion}, QoS ${qos}: ${((count / best) * 1000).toFixed(1)} million frames/s`);
  }
}
