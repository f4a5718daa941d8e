/** Errors of nanomsg connections. Texts that users see: behaviour spec, extension §4.4, §4.8. */
import { defineErrors, ErrorCode } from '@kuiper/base';

const code = ErrorCode.io;

export const spErrors = defineErrors({
  ADDRESS: { code, domain: 'user', text: (url: string) => `invalid address ${url}: only ipc and tcp are supported` },
  PATH_TOO_LONG: {
    code,
    domain: 'user',
    text: (path: string, bytes: number, limit: number) =>
      `socket path ${path} is too long: ${bytes} bytes, the system allows ${limit}`,
  },
  ADDRESS_IN_USE: { code, domain: 'external', text: () => 'address in use' },
  LISTEN: { code, domain: 'external', text: (where: string, why: string) => `listen ${where}: ${why}` },
  DIAL: { code, domain: 'external', retry: true, text: (where: string, why: string) => `dial ${where}: ${why}` },
  PROTOCOL: { code, domain: 'external', text: (why: string) => `protocol error: ${why}` },
  TOO_LONG: {
    code,
    domain: 'external',
    text: (bytes: number, limit: number) => `message of ${bytes} bytes exceeds the limit of ${limit} bytes`,
  },
  SEND_TIME_OUT: { code, domain: 'external', retry: true, text: () => 'send time out' },
  RECEIVE_TIME_OUT: { code, domain: 'external', retry: true, text: () => 'receive time out' },
  ABANDONED: { code, domain: 'user', text: () => 'request canceled' },
  CLOSED: { code, domain: 'user', text: () => 'object closed' },
});
