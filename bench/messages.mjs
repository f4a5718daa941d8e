// Prebuilt frames of the workloads, with what is known about them.
import { publish } from './mqtt-frames.mjs';

/** A small generator of repeatable random numbers. */
export function randomNumbers(seed) {
  let state = seed;
  return () => {
    state = (state * 1664525 + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const poolSize = 20_000;

/** W1, W2, W5: 85 bytes of telemetry; 93 % of the temperatures are above 21. */
export function telemetry({ devices = 1000, topicOf = () => 'telem' } = {}) {
  const random = randomNumbers(1);
  const frames = [];
  const hot = [];
  for (let i = 0; i < poolSize; i++) {
    const device = i % devices;
    const isHot = random() < 0.93;
    const temp = (isHot ? 21.01 + random() * 14 : 10 + random() * 10).toFixed(2);
    const speed = (random() * 99).toFixed(1);
    const text = `{"id":${100_000 + i},"device":"dev-${String(device).padStart(4, '0')}","temp":${temp},"speed":${speed},"ts":1700000000000,"ok":true}`;
    frames.push(publish(topicOf(device), Buffer.from(text)));
    hot.push(Number(temp) > 21);
  }
  return { frames, passes: (position) => hot[position % poolSize] };
}

/** W3: raw payloads on 10,000 topics. */
export function rawStates(topics = 10_000) {
  const frames = [];
  for (let i = 0; i < poolSize; i++)
    frames.push(publish(`site/${i % topics}/state`, Buffer.from(`state ${i} ${'x'.repeat(40)}`)));
  return { frames };
}

/** Shared rules: one message in ten is above 20. */
export function temperatures(devices = 10_000) {
  const random = randomNumbers(3);
  const frames = [];
  for (let i = 0; i < poolSize; i++) {
    const temperature = (i % 10 === 0 ? 20.5 + random() * 9 : random() * 19).toFixed(2);
    frames.push(
      publish(
        'raw',
        Buffer.from(`{"deviceId":"d${i % devices}","temperature":${temperature},"humidity":40.5,"ts":1700000000000}`),
      ),
    );
  }
  return { frames, passes: (position) => position % 10 === 0 };
}

/** A row of 1,500 columns. */
export function wideRows(columns = 1500) {
  const random = randomNumbers(4);
  const frames = [];
  for (let i = 0; i < 20; i++) {
    const members = [];
    for (let c = 0; c < columns; c++) members.push(`"column_${c}":${(random() * 1000).toFixed(2)}`);
    frames.push(publish('wide', Buffer.from(`{${members.join(',')}}`)));
  }
  return { frames };
}
