import type { Row, RowType } from '@kuiper/base';
import type { BytesBatch, Decoder, RowReceiver } from '@kuiper/sdk';

/** A decoder that looks at one message at a time. The bytes it is given are only valid during the call. */
export class MessageDecoder implements Decoder {
  readonly type: RowType;
  readonly #decodeMessage: (bytes: Buffer) => Row;

  constructor(type: RowType, decodeMessage: (bytes: Buffer) => Row) {
    this.type = type;
    this.#decodeMessage = decodeMessage;
  }

  decodeBatch(batch: BytesBatch, receiver: RowReceiver): void {
    const { buffer, starts, ends, count } = batch;
    for (let i = 0; i < count; i++) {
      let row: Row;
      try {
        row = this.#decodeMessage(buffer.subarray(starts[i], ends[i]));
      } catch (error) {
        receiver.fail(error as Error, i);
        continue;
      }
      receiver.row(row, i);
    }
  }

  decode(bytes: Uint8Array): Row {
    return this.#decodeMessage(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
  }
}
