import { storeErrors } from '../errors.ts';
import { type FileSystem, joinPath } from '../files/file-system.ts';
import {
  checkRecord,
  checkSegmentHeader,
  readU32,
  recordHeaderBytes,
  segmentHeaderBytes,
  segmentName,
} from './log-format.ts';
import { readAt, SegmentReader } from './segment-reader.ts';

export interface RecoveredSegment {
  /** How much of the file stays; 0 when not even its header does. */
  readonly sizeBytes: number;
  /** The number after its last record. */
  readonly nextSeq: number;
  readonly cutBytes: number;
  /** More than 0 when records were damaged that had been safe; then the segment takes no more records. */
  readonly lostRecords: number;
}

/**
 * Finds out how much of the newest segment is good, and cuts a torn tail.
 *
 * What follows the last good record is either a torn tail, never acknowledged and cut here, or damage to records that
 * were safe. Damage shows by a later record whose safe offset lies behind the break; then nothing is cut, the records
 * before stay readable and reading on reports the place.
 */
export async function recoverSegment(files: FileSystem, directory: string, base: number): Promise<RecoveredSegment> {
  const path = joinPath(directory, segmentName(base));
  const file = await files.open(path, 'readWrite');
  try {
    const fileBytes = await file.size();
    const header = checkSegmentHeader(await readAt(file, 0, segmentHeaderBytes), base);
    if (header === 'foreign') throw storeErrors.LOG_FOREIGN_FILE(path, 'it was written by another version');
    const reader = new SegmentReader(file, base);
    while (reader.offsetBytes < fileBytes && reader.fault === null) await reader.next(fileBytes);
    const goodBytes = header === 'good' ? reader.offsetBytes : 0;
    const cutBytes = fileBytes - goodBytes;
    if (cutBytes === 0) return { sizeBytes: goodBytes, nextSeq: reader.seq, cutBytes, lostRecords: 0 };

    const tailBytes = Math.max(0, fileBytes - reader.offsetBytes);
    const tail = await readAt(file, reader.offsetBytes, tailBytes);
    const nextSeq = seqBehindDamage(tail, reader.offsetBytes, reader.seq);
    if (nextSeq !== null) return { sizeBytes: fileBytes, nextSeq, cutBytes: 0, lostRecords: nextSeq - reader.seq };
    await file.truncate(goodBytes);
    await file.sync();
    return { sizeBytes: goodBytes, nextSeq: reader.seq, cutBytes, lostRecords: 0 };
  } finally {
    await file.close();
  }
}

/**
 * Looks behind a break for records that prove it to be damage.
 *
 * @param tail the file from the break on
 * @param breakBytes where in the file the break is
 * @param seq the record that should stand there
 * @returns the number after the last good record, or null when the break is a torn tail
 */
function seqBehindDamage(tail: Uint8Array, breakBytes: number, seq: number): number | null {
  let nextSeq: number | null = null;
  let isDamage = false;
  for (let at = 0; at + recordHeaderBytes <= tail.length; ) {
    const ahead: number = (readU32(tail, at + 8) - (nextSeq ?? seq) + 2 ** 32) % 2 ** 32;
    const isPlausible: boolean =
      readU32(tail, at + 4) <= tail.length - at - recordHeaderBytes && ahead <= tail.length / recordHeaderBytes;
    const found: number | null = isPlausible ? (nextSeq ?? seq) + ahead : null;
    const length = found === null ? 'sequence' : checkRecord(tail, at, tail.length, found);
    if (found === null || typeof length !== 'number') {
      at++;
      continue;
    }
    if (readU32(tail, at + 12) > breakBytes) isDamage = true;
    nextSeq = found + 1;
    at += recordHeaderBytes + length;
  }
  return isDamage ? nextSeq : null;
}
