import { defineErrors, ErrorCode, type ErrorFactory } from '@kuiper/base';

/**
 * Everything the embedded store can throw. `retry` means: nothing acknowledged was lost, and the same call can succeed
 * once the cause (a full disk, a busy device) is gone.
 */
export const storeErrors: StoreErrors = defineErrors({
  /** Text fixed by the behaviour spec, runtime §9.1. */
  KEY_EXISTS: { code: ErrorCode.general, domain: 'user', text: (key: string) => `Item ${key} already exists` },
  /** Text fixed by the behaviour spec, runtime §9.1. */
  KEY_NOT_FOUND: { code: ErrorCode.notFound, domain: 'user', text: (key: string) => `${key} is not found` },
  KEY_MALFORMED: {
    code: ErrorCode.general,
    domain: 'user',
    text: (what: string) => `${what} holds half of a surrogate pair, so it cannot be stored as UTF-8`,
  },
  STORE_CLOSED: { code: ErrorCode.general, domain: 'internal', text: (what: string) => `${what} is closed` },
  KV_LOCKED: {
    code: ErrorCode.io,
    domain: 'external',
    text: (directory: string) => `store ${directory} is already open, here or in another process`,
  },
  KV_NO_OWNER: {
    code: ErrorCode.general,
    domain: 'internal',
    text: (directory: string) =>
      `store ${directory} can be joined only while the thread that admitted us holds it open`,
  },
  KV_GUESTS: {
    code: ErrorCode.general,
    domain: 'internal',
    text: (directory: string, count: number) =>
      `store ${directory} is still open in ${count} other thread(s), which must close it first`,
  },
  KV_CORRUPT: {
    code: ErrorCode.io,
    domain: 'external',
    text: (directory: string, why: string) => `store ${directory} is corrupt: ${why}`,
  },
  KV_IO: {
    code: ErrorCode.io,
    domain: 'external',
    retry: true,
    text: (directory: string, why: string) => `store ${directory}: ${why}`,
  },
  KV_DISK_FULL: {
    code: ErrorCode.io,
    domain: 'external',
    retry: true,
    text: (directory: string, freeBytes: number, neededBytes: number) =>
      `store ${directory}: disk is full, ${freeBytes} bytes free and ${neededBytes} needed`,
  },
  LOG_IO: {
    code: ErrorCode.io,
    domain: 'external',
    retry: true,
    text: (file: string, why: string) => `log ${file}: ${why}`,
  },
  LOG_DISK_FULL: {
    code: ErrorCode.io,
    domain: 'external',
    retry: true,
    text: (directory: string, why: string) => `log ${directory}: disk is full, ${why}`,
  },
  /** Too much is waiting for the disk; `cause` says why when writing fails rather than lags. */
  LOG_BUSY: {
    code: ErrorCode.io,
    domain: 'external',
    retry: true,
    text: (directory: string, waitingBytes: number, why: string) =>
      `log ${directory}: ${waitingBytes} bytes wait to be written (${why})`,
  },
  LOG_CORRUPT: {
    code: ErrorCode.io,
    domain: 'external',
    text: (file: string, offset: number, why: string, firstLost: number, nextReadable: number) =>
      `log ${file} is corrupt at byte ${offset}: ${why}; records ${firstLost} to ${nextReadable - 1} cannot be read`,
  },
  LOG_FOREIGN_FILE: {
    code: ErrorCode.io,
    domain: 'external',
    text: (file: string, why: string) => `log ${file} cannot be used: ${why}`,
  },
  LOG_RECORD_TOO_LARGE: {
    code: ErrorCode.general,
    domain: 'user',
    text: (sizeBytes: number, limitBytes: number) => `record of ${sizeBytes} bytes exceeds the limit of ${limitBytes}`,
  },
});

/** The factories, so that the table below has a spelled-out type. */
export interface StoreErrors {
  readonly KEY_EXISTS: ErrorFactory<[key: string]>;
  readonly KEY_NOT_FOUND: ErrorFactory<[key: string]>;
  readonly KEY_MALFORMED: ErrorFactory<[what: string]>;
  readonly STORE_CLOSED: ErrorFactory<[what: string]>;
  readonly KV_LOCKED: ErrorFactory<[directory: string]>;
  readonly KV_NO_OWNER: ErrorFactory<[directory: string]>;
  readonly KV_GUESTS: ErrorFactory<[directory: string, count: number]>;
  readonly KV_CORRUPT: ErrorFactory<[directory: string, why: string]>;
  readonly KV_IO: ErrorFactory<[directory: string, why: string]>;
  readonly KV_DISK_FULL: ErrorFactory<[directory: string, freeBytes: number, neededBytes: number]>;
  readonly LOG_IO: ErrorFactory<[file: string, why: string]>;
  readonly LOG_DISK_FULL: ErrorFactory<[directory: string, why: string]>;
  readonly LOG_BUSY: ErrorFactory<[directory: string, waitingBytes: number, why: string]>;
  readonly LOG_CORRUPT: ErrorFactory<
    [file: string, offset: number, why: string, firstLost: number, nextReadable: number]
  >;
  readonly LOG_FOREIGN_FILE: ErrorFactory<[file: string, why: string]>;
  readonly LOG_RECORD_TOO_LARGE: ErrorFactory<[sizeBytes: number, limitBytes: number]>;
}
