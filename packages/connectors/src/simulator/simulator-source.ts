/** Source `simulator`: plays configured rows, one per tick. Source: behaviour spec, io §14.6. */
import { prop, type Row } from '@kuiper/base';
import { defineSource, type PullSubscription, type SourceDeclaration } from '@kuiper/sdk';

const props = {
  data: prop.list({
    default: [],
    example: '[{"temperature": 21.5}]',
    label: { en: 'Messages', zh: '消息内容' },
    about: { en: 'Rows to emit, in order.', zh: '依次发送的数据。' },
  }),
  interval: prop.duration({
    default: '1s',
    label: { en: 'Interval', zh: '时间间隔' },
    about: { en: 'Time between two rows.', zh: '两条数据之间的间隔。' },
  }),
  loop: prop.bool({
    default: false,
    label: { en: 'Loop', zh: '循环发送' },
    about: { en: 'Starts again after the last row.', zh: '发送完最后一条后重新开始。' },
  }),
};

export const simulatorSource: SourceDeclaration = defineSource({
  type: 'simulator',
  about: { en: 'Emits configured rows, for trials and tests.', zh: '按配置发送模拟数据，用于试用和测试。' },
  emits: 'rows',
  mode: 'pull',
  backpressure: 'withhold',
  replays: true,
  props,
  open(context, p): PullSubscription {
    const rows = p.data as readonly Row[];
    let position = 0;
    let next = resumeAt(context.resumeFrom, rows.length);
    const offset = next;
    let ended = false;
    context.status('connected');
    return {
      pull(tickMs) {
        if (next >= rows.length) {
          if (!p.loop || rows.length === 0) {
            if (!ended) context.end();
            ended = true;
            return;
          }
          next = 0;
        }
        const row = rows[next++] as Row;
        return context.ingestRows({ rows: [row], timestampMs: tickMs, position: position++, meta: () => null });
      },
      stateAt: (at) => ({ next: rows.length === 0 ? 0 : p.loop ? (offset + at + 1) % rows.length : offset + at + 1 }),
      close() {},
    };
  },
});

function resumeAt(state: unknown, length: number): number {
  const next = typeof state === 'object' && state !== null ? (state as { next?: unknown }).next : 0;
  return typeof next === 'number' && Number.isInteger(next) && next >= 0 && next <= length ? next : 0;
}
