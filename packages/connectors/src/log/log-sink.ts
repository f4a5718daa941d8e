/** Sink `log`: writes each output to the log. Source: behaviour spec, io §15.4. */
import { defineSink, type SinkDeclaration } from '@kuiper/sdk';
import { eachPayloadText } from './payload-text.ts';

const props = {};

export const logSink: SinkDeclaration = defineSink({
  type: 'log',
  about: { en: 'Writes each output to the log.', zh: '将每条结果写入日志。' },
  accepts: 'bytes',
  props,
  open(context) {
    context.status('connected');
    return {
      write(items): undefined {
        eachPayloadText(items, (text) => context.logger.info(`sink result for rule ${context.ruleId}: ${text}`));
      },
      close() {},
    };
  },
});
