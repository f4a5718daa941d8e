/** What the test server refuses. Texts: behaviour spec, extension §5. */
import { defineErrors, ErrorCode } from '@kuiper/base';

const user = { code: ErrorCode.general, domain: 'user' } as const;

export const testServerErrors = defineErrors({
  BODY: { ...user, text: (why: string) => `Invalid body: decode error ${why}` },
  EXISTS: { ...user, text: (symbol: string) => `source symbol ${symbol} already exists` },
  SOURCE: { ...user, text: (symbol: string, why: string) => `running source ${symbol} ${why}` },
  SINK: { ...user, text: (symbol: string, why: string) => `open sink ${symbol} ${why}` },
  FUNCTION: { ...user, text: (symbol: string, why: string) => `running function ${symbol} ${why}` },
  CLOSED: { ...user, text: (symbol: string) => `Symbol ${symbol} already close` },
  NO_HANDSHAKE: {
    ...user,
    text: (name: string, minutes: number) => `Plugin ${name} has not said anything within ${minutes} minutes.`,
  },
});
