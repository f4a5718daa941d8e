/** Memory of a process and of those it started. */
import { readFileSync } from 'node:fs';

/** Linux counts in pages; 4 KiB on every machine we know. */
const PAGE_BYTES = 4096;

/** Resident bytes; 0 where the system does not tell, or the process has ended. */
export function residentBytes(pid: number): number {
  try {
    const pages = Number(readFileSync(`/proc/${pid}/statm`, 'latin1').split(' ')[1]);
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim();
    const below = children === '' ? [] : children.split(' ');
    return below.reduce((sum, child) => sum + residentBytes(Number(child)), pages * PAGE_BYTES);
  } catch {
    return 0;
  }
}
