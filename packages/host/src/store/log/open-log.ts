import type { Clock } from '@kuiper/base';
import type { FileSystem } from '../files/file-system.ts';
import { nodeFileSystem } from '../files/node-file-system.ts';
import type { Log } from './log.ts';
import { logFailure } from './log-failure.ts';
import { segmentBase } from './log-format.ts';
import { recoverSegment } from './recover-segment.ts';
import { Segment } from './segment.ts';
import { SegmentLog } from './segment-log.ts';

export interface LogOptions {
  /** The log's own; made where missing. One process at a time may have it open. */
  readonly directory: string;
  readonly clock: Clock;
  /** Default: the disk. */
  readonly files?: FileSystem;
  /** Default 16 MiB; at most 2 GiB. A larger record gets a segment of its own. */
  readonly segmentBytes?: number;
  /** How long `sync` may gather before it writes. Default 10 ms. */
  readonly maxDelayMs?: number;
  /** From here on `append` throws LOG_BUSY. Default 16 MiB. */
  readonly maxWaitingBytes?: number;
  /** A new segment is refused with LOG_DISK_FULL while less is free. Default 32 MiB; 0 switches the check off. */
  readonly reserveBytes?: number;
  /** False: `sync` resolves after writing, so the log survives the process but not the machine. Default true. */
  readonly fsync?: boolean;
}

/** Opens a log, cutting what a crash left half written; see {@link Log.recovery}. */
export async function openLog(options: LogOptions): Promise<Log> {
  const files = options.files ?? nodeFileSystem;
  const { directory } = options;
  try {
    await files.makeDirectory(directory);
    const names = await files.list(directory);
    const bases = names.map(segmentBase).filter((base) => base !== null);
    bases.sort((a, b) => a - b);
    const segments: Segment[] = [];
    for (const base of bases.slice(0, -1)) segments.push(await sealedSegment(files, directory, base));
    const last = bases.at(-1);
    const recovered = last === undefined ? null : await recoverSegment(files, directory, last);
    const { nextSeq, cutBytes, lostRecords } = recovered ?? { nextSeq: 0, cutBytes: 0, lostRecords: 0 };
    if (recovered !== null) segments.push(new Segment(files, directory, last as number, recovered.sizeBytes));
    if (recovered === null || lostRecords > 0) segments.push(new Segment(files, directory, nextSeq, 0));
    const settings = {
      directory,
      files,
      clock: options.clock,
      segmentBytes: Math.min(options.segmentBytes ?? 16 << 20, 2 ** 31),
      maxDelayMs: options.maxDelayMs ?? 10,
      maxWaitingBytes: options.maxWaitingBytes ?? 16 << 20,
      reserveBytes: options.reserveBytes ?? 32 << 20,
      fsync: options.fsync ?? true,
    };
    return new SegmentLog(settings, segments, nextSeq, { cutBytes, lostRecords });
  } catch (error) {
    throw logFailure(error, directory);
  }
}

async function sealedSegment(files: FileSystem, directory: string, base: number): Promise<Segment> {
  const segment = new Segment(files, directory, base, 0);
  const file = await files.open(segment.path, 'read');
  segment.sizeBytes = await file.size().finally(() => file.close());
  return segment;
}
