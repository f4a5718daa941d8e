import type { WindowSetup } from './types.ts';

/** What stored rows and accumulators must have in common with the window that reads them. */
export function windowFingerprint<T>(setup: WindowSetup<T>): string {
  const { type, length, interval, delayMs, sendTwice, version2 } = setup.spec;
  const shape = [type, length, interval, delayMs, sendTwice, version2, setup.eventTime, setup.content.kind];
  return `${shape.join(' ')} ${setup.fingerprint}`;
}
