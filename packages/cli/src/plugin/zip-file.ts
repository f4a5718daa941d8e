/** Writes zip archives: the same files give the same bytes. */
import { constants, crc32, deflateRawSync } from 'node:zlib';
import { pluginErrors } from './errors.ts';

export interface ZipFile {
  /** With `/`. */
  readonly path: string;
  readonly content: Buffer;
  /** Permission bits. */
  readonly mode: number;
}

const mostFiles = 0xffff;
const mostBytes = 0xffff_ffff;
/** Names are UTF-8. */
const flags = 0x800;
/** 1980-01-01, the first day a zip knows. */
const date = 0x21;
const deflated = 8;
const stored = 0;
const regularFile = 0o100000;
/** UNIX made it, so the attributes hold a mode; version 2.0 of the format. */
const madeBy = (3 << 8) | 20;

/** Throws when the archive would need the 64-bit form. */
export function zipFiles(files: readonly ZipFile[]): Buffer {
  if (files.length > mostFiles) throw pluginErrors.TOO_LARGE(`there are ${files.length} files`);
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  const ordered = [...files].sort((a, b) => (a.path < b.path ? -1 : 1));
  for (const file of ordered) {
    const name = Buffer.from(file.path);
    const packed = deflateRawSync(file.content, { level: constants.Z_BEST_COMPRESSION });
    const isSmaller = packed.length < file.content.length;
    const content = isSmaller ? packed : file.content;
    const head = fileHead(file.content, content.length, isSmaller ? deflated : stored, name.length);
    const central = Buffer.alloc(14);
    central.writeUInt32LE(((regularFile | file.mode) << 16) >>> 0, 6);
    central.writeUInt32LE(offset, 10);
    const version = Buffer.alloc(2);
    version.writeUInt16LE(madeBy);
    directory.push(Buffer.from('PK\x01\x02'), version, head, central, name);
    parts.push(Buffer.from('PK\x03\x04'), head, name, content);
    offset += 4 + head.length + name.length + content.length;
    if (offset > mostBytes) throw pluginErrors.TOO_LARGE(`${file.path} does not fit any more`);
  }
  const listing = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(ordered.length, 8);
  end.writeUInt16LE(ordered.length, 10);
  end.writeUInt32LE(listing.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, listing, end]);
}

/** What the header of a file and its entry in the listing have in common. */
function fileHead(content: Buffer, packedLength: number, method: number, nameLength: number): Buffer {
  const head = Buffer.alloc(26);
  head.writeUInt16LE(20, 0);
  head.writeUInt16LE(flags, 2);
  head.writeUInt16LE(method, 4);
  head.writeUInt16LE(0, 6);
  head.writeUInt16LE(date, 8);
  head.writeUInt32LE(crc32(content), 10);
  head.writeUInt32LE(packedLength, 14);
  head.writeUInt32LE(content.length, 18);
  head.writeUInt16LE(nameLength, 22);
  return head;
}
