/** Source `memory`: rows of memory sinks, without a codec in between. Source: behaviour spec, io §14.5. */
import { prop } from '@kuiper/base';
import { defineSource, type SourceDeclaration } from '@kuiper/sdk';
import { connectorErrors } from '../errors.ts';
import { checkTopicFilter } from '../topic-filter.ts';
import type { MemoryBus } from './memory-bus.ts';

const props = {
  bufferLength: prop.int({
    default: 1024,
    advanced: true,
    label: { en: 'Buffer length', zh: '缓冲区长度' },
    about: {
      en: 'Accepted for compatibility; rows wait in the rule itself.',
      zh: '仅为兼容而保留；数据在规则内排队。',
    },
  }),
};

export function memorySource(bus: MemoryBus): SourceDeclaration {
  return defineSource({
    type: 'memory',
    about: { en: 'Reads rows that memory sinks of other rules write.', zh: '读取其他规则的内存动作写入的数据。' },
    emits: 'rows',
    backpressure: 'withhold',
    dataSource: {
      about: { en: 'Topic, or a filter with + and #', zh: '主题，或带有 + 和 # 的过滤器' },
      required: true,
      example: 'devices/+/result',
    },
    props,
    check(_props, topic) {
      if (topic === '') throw connectorErrors.TOPIC_REQUIRED();
      checkTopicFilter(topic);
    },
    open(context, _props, topic) {
      let position = 0;
      context.status('connected');
      const unsubscribe = bus.subscribe(topic, (delivery) => {
        const { meta } = delivery;
        const first = position;
        position += delivery.rows.length;
        return context.ingestRows({
          rows: delivery.rows,
          type: delivery.type,
          timestampMs: context.clock.now(),
          position: first,
          meta: () => meta,
        });
      });
      return { close: unsubscribe };
    },
  });
}
