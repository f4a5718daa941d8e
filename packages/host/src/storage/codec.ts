/** How plain values are written to checkpoints and logs: msgpack, with `bigint` and `DateTime` kept as they are. */
import { DateTime } from '@kuiper/base';
import { addExtension, Packr } from 'msgpackr';

addExtension({
  Class: DateTime,
  type: 0x54,
  write: (time: DateTime) => [time.ms, time.zone, time.subMsNanos],
  read: ([ms, zone, subMsNanos]: [number, string, number]) => new DateTime(ms, zone, subMsNanos),
});

const packr = new Packr({ int64AsType: 'bigint', moreTypes: true, useRecords: false, useBigIntExtension: true });

export const codec: { pack(value: unknown): Uint8Array; unpack(bytes: Uint8Array): unknown } = {
  // A copy: the packer reuses its buffer, and logs keep records by reference.
  pack: (value) => Uint8Array.prototype.slice.call(packr.pack(value)),
  unpack: (bytes) => packr.unpack(bytes),
};
