/**
 * Waits until the files of a folder change, and then until they rest. Looks at them again and again: notifications of
 * file systems are missing on some and come in pieces from many editors.
 */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { listFolder } from './plugin-folder.ts';

const lookEveryMs = 250;

/** Size and time of every file that may be packed. */
export function folderState(directory: string, isWatched: (path: string) => boolean): string {
  return listFolder(directory, (path) => !/(^|\/)node_modules\/$/.test(path) && isWatched(path))
    .map((path) => {
      const { size, mtimeMs } = statSync(join(directory, path), { throwIfNoEntry: false }) ?? { size: 0, mtimeMs: 0 };
      return `${path} ${size} ${mtimeMs}`;
    })
    .join('\n');
}

/** @returns the state after the change; null when the signal came first */
export async function nextChange(before: string, look: () => string, signal: AbortSignal): Promise<string | null> {
  let last = before;
  while (!signal.aborted) {
    await sleep(lookEveryMs, undefined, { signal }).catch(() => undefined);
    const now = look();
    if (now !== before && now === last) return now;
    last = now;
  }
  return null;
}
