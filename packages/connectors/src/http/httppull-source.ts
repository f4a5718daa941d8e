/** Source `httppull`: asks a URL again and again. Source: behaviour spec, io §14.2. */
import { prop } from '@kuiper/base';
import { defineSource, type PullSubscription, type SourceDeclaration } from '@kuiper/sdk';
import type { TlsOptions } from '../tls-options.ts';
import { checkPoll, HttpPoll, pollProps } from './http-poll.ts';
import type { OutboundHttp } from './outbound-http.ts';

const props = {
  ...pollProps,
  interval: prop.duration({
    default: 0,
    label: { en: 'Interval', zh: '请求间隔' },
    about: { en: 'Time between two requests; 0 asks once.', zh: '两次请求之间的间隔，0 表示只请求一次。' },
  }),
};

export interface HttppullOptions {
  readonly http: OutboundHttp;
  readonly sharedTls: TlsOptions | null;
}

export function httppullSource(options: HttppullOptions): SourceDeclaration {
  return defineSource({
    type: 'httppull',
    about: { en: 'Asks a URL for JSON at an interval.', zh: '定时从 URL 获取 JSON 数据。' },
    emits: 'rows',
    mode: 'pull',
    backpressure: 'withhold',
    dataSource: { about: { en: 'Appended to the URL', zh: '追加到 URL 之后' }, required: false, example: '/status' },
    props,
    check: checkPoll,
    async open(context, p, suffix): Promise<PullSubscription> {
      const { clock, rootPath } = context;
      const poll = new HttpPoll(p, suffix, { ...options, clock, rootPath });
      poll.states = resumedStates(p.states, context.resumeFrom);
      await poll.authorize();
      context.status('connected');
      let position = 0;
      /** States by the position of the last row that they include. */
      let history = [{ last: -1, states: poll.states }];
      const at = (safe: number): number => history.findLastIndex(({ last }) => last <= safe);
      return {
        async pull(tickMs) {
          const rows = await poll.poll();
          if (rows === null || rows.length === 0) return;
          const first = position;
          position += rows.length;
          history.push({ last: position - 1, states: poll.states });
          await context.ingestRows({ rows, timestampMs: tickMs, position: first, meta: () => null });
        },
        committed(safe) {
          history = history.slice(Math.max(0, at(safe)));
        },
        stateAt: (safe) => history[Math.max(0, at(safe))]?.states,
        reset(input) {
          poll.states = { ...poll.states, ...input };
          history.push({ last: position - 1, states: poll.states });
        },
        close() {},
      };
    },
  });
}

type States = Readonly<Record<string, unknown>>;

/** Configured states, with the stored values of those that still exist. */
function resumedStates(configured: States, stored: unknown): States {
  if (typeof stored !== 'object' || stored === null) return configured;
  const known = Object.entries(stored).filter(([name]) => Object.hasOwn(configured, name));
  return { ...configured, ...Object.fromEntries(known) };
}
