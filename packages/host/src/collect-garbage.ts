/**
 * A full collection, once, some time after a thread has started: what loading leaves behind, and the room that the heap
 * took for it, would stay for as long as the thread has little to do.
 */
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** The engine gives room back only when little has been allocated lately. */
const quietMs = 2000;
/** Larger heaps take long to collect, and are not idle ones. */
const largestBytes = 64 * 1024 * 1024;

/** Stops the thread for some 15 ms, later; not when its heap is large by then. */
export function collectGarbageSoon(): void {
  setTimeout(() => {
    if (getHeapStatistics().used_heap_size > largestBytes) return;
    setFlagsFromString('--expose-gc');
    const collect: unknown = runInNewContext('globalThis.gc');
    if (typeof collect === 'function') collect();
  }, quietMs).unref();
}
