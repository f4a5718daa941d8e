/** Makes zip archives for tests, bad ones included. */
import { crc32, deflateRawSync } from 'node:zlib';

export interface ZipEntry {
  readonly name: string;
  readonly content?: string | Buffer;
  /** UNIX mode with type bits. */
  readonly mode?: number;
  readonly deflate?: boolean;
  /** Lies about the unpacked size and the sum. */
  readonly claimedSize?: number;
  readonly claimedSum?: number;
  readonly flags?: number;
}

export function zipArchive(files: Readonly<Record<string, string | Buffer>> | readonly ZipEntry[]): Buffer {
  const entries: readonly ZipEntry[] = Array.isArray(files)
    ? (files as readonly ZipEntry[])
    : Object.entries(files as Readonly<Record<string, string | Buffer>>).map(([name, content]) => ({ name, content }));
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const entry of entries) {
    const { local, central } = encode(entry, offset);
    parts.push(local);
    directory.push(central);
    offset += local.length;
  }
  const listing = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(directory.length, 4);
  end.writeUInt16LE(directory.length, 6);
  end.writeUInt32LE(listing.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...parts, listing, Buffer.from('PK\x05\x06'), end]);
}

function encode(entry: ZipEntry, offset: number): { readonly local: Buffer; readonly central: Buffer } {
  const content = Buffer.from(entry.content ?? '');
  const packed = entry.deflate === true ? deflateRawSync(content) : content;
  const name = Buffer.from(entry.name);
  const head = Buffer.alloc(26);
  head.writeUInt16LE(20, 0);
  head.writeUInt16LE((entry.flags ?? 0) | 0x800, 2);
  head.writeUInt16LE(entry.deflate === true ? 8 : 0, 4);
  head.writeUInt32LE(entry.claimedSum ?? crc32(content), 10);
  head.writeUInt32LE(packed.length, 14);
  head.writeUInt32LE(entry.claimedSize ?? content.length, 18);
  head.writeUInt16LE(name.length, 22);
  const central = Buffer.alloc(42);
  central.writeUInt16LE((3 << 8) | 20, 0);
  head.copy(central, 2, 0, 24);
  central.writeUInt32LE(((entry.mode ?? 0o100644) << 16) >>> 0, 34);
  central.writeUInt32LE(offset, 38);
  return {
    local: Buffer.concat([Buffer.from('PK\x03\x04'), head, name, packed]),
    central: Buffer.concat([Buffer.from('PK\x01\x02'), central, name]),
  };
}
