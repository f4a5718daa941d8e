/** Errors of calls into a plugin. Callers put them into the texts that users see. */
import { defineErrors, ErrorCode } from '@kuiper/base';

const code = ErrorCode.io;

/** Plugins made with the Go SDK hang up on a longer call: their library takes 1 MiB, of which the id has 4 bytes. */
export const GO_SDK_MAX_BYTES = (1 << 20) - 4;

export const channelErrors = defineErrors({
  TIME_OUT: { code, domain: 'external', retry: true, text: () => 'time out' },
  CONNECTION_LOST: {
    code,
    domain: 'external',
    retry: true,
    text: (bytes: number) =>
      bytes > GO_SDK_MAX_BYTES
        ? `connection lost while a call of ${bytes} bytes was sent, plugins of the Go SDK take ${GO_SDK_MAX_BYTES} at most`
        : 'connection lost',
  },
  FAILED: { code, domain: 'external', text: (why: string) => why },
  /** As `FAILED`, for a call that has not left: the plugin knows nothing of it. */
  NOT_SENT: { code, domain: 'external', retry: true, text: (why: string) => why },
  CLOSED: { code, domain: 'user', text: () => 'channel closed' },
});
