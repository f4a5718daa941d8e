// The few MQTT 3.1.1 frames that the load generator speaks.

export const connack = Buffer.from([0x20, 0x02, 0x00, 0x00]);
export const pingresp = Buffer.from([0xd0, 0x00]);

/** SUBACK granting QoS 0 to every filter of a SUBSCRIBE packet. */
export function suback(packetId, filters) {
  return Buffer.from([0x90, 2 + filters, packetId >> 8, packetId & 255, ...new Array(filters).fill(0)]);
}

/** A QoS 0 PUBLISH. */
export function publish(topic, payload) {
  const topicBytes = Buffer.from(topic);
  const length = 2 + topicBytes.length + payload.length;
  const head = [0x30];
  let rest = length;
  do {
    const digit = rest & 127;
    rest >>>= 7;
    head.push(rest > 0 ? digit | 128 : digit);
  } while (rest > 0);
  return Buffer.concat([
    Buffer.from(head),
    Buffer.from([topicBytes.length >> 8, topicBytes.length & 255]),
    topicBytes,
    payload,
  ]);
}

/** CONNECT for the bare loop. */
export function connect(clientId) {
  const id = Buffer.from(clientId);
  const body = Buffer.concat([
    Buffer.from([0, 4, 0x4d, 0x51, 0x54, 0x54, 4, 2, 0, 60, id.length >> 8, id.length & 255]),
    id,
  ]);
  return Buffer.concat([Buffer.from([0x10, body.length]), body]);
}

export function subscribe(filter) {
  const name = Buffer.from(filter);
  const body = Buffer.concat([Buffer.from([0, 1, name.length >> 8, name.length & 255]), name, Buffer.from([0])]);
  return Buffer.concat([Buffer.from([0x82, body.length]), body]);
}

/** Splits complete control packets off a stream of client bytes. */
export class PacketReader {
  #rest = Buffer.alloc(0);

  *packets(chunk) {
    let data = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
    for (;;) {
      let length = 0;
      let shift = 0;
      let at = 1;
      for (; at < data.length && at < 5; at++) {
        length |= (data[at] & 127) << shift;
        shift += 7;
        if ((data[at] & 128) === 0) break;
      }
      if (at >= data.length || (data[at] & 128) !== 0 || data.length < at + 1 + length) break;
      yield { type: data[0] >> 4, body: data.subarray(at + 1, at + 1 + length) };
      data = data.subarray(at + 1 + length);
    }
    this.#rest = data;
  }
}
