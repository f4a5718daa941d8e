/** Sink `nop`: takes everything and does nothing with it. Source: behaviour spec, io §15.4. */
import { prop } from '@kuiper/base';
import { defineSink, type SinkDeclaration } from '@kuiper/sdk';
import { eachPayloadText } from './payload-text.ts';

const props = {
  log: prop.bool({
    default: false,
    label: { en: 'Log', zh: '日志' },
    about: { en: 'Writes each output to the log.', zh: '将每条结果写入日志。' },
  }),
};

export const nopSink: SinkDeclaration = defineSink({
  type: 'nop',
  about: { en: 'Discards each output, for measurements and tests.', zh: '丢弃每条结果，用于测量和测试。' },
  accepts: 'bytes',
  props,
  open(context, p) {
    if (!p.log) return { write: (): undefined => undefined, close() {} };
    return {
      write(items): undefined {
        eachPayloadText(items, (text) => context.logger.info(`sink result for rule ${context.ruleId}: ${text}`));
      },
      close() {},
    };
  },
});
