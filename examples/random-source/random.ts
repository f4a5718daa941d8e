/** A source of random numbers. Its state outlives restarts of the rule when the rule has `qos` 1 or 2. */
import { defineSource, prop, type PullSubscription, type SourceContext } from '@kuiper/sdk';

interface RandomProps {
  readonly seed: number;
  readonly pattern: Readonly<Record<string, unknown>>;
  readonly deduplicate: number;
}

export const Random = defineSource({
  type: 'random',
  about: { en: 'Sends random numbers.', zh: '发送随机数。' },
  emits: 'rows',
  mode: 'pull',
  backpressure: 'pause',
  props: {
    interval: prop.duration({ default: '1s', about: { en: 'Time between two rows.', zh: '发送间隔。' } }),
    seed: prop.int({ default: 1, about: { en: 'Numbers are below this.', zh: '随机数的上限。' } }),
    pattern: prop.map({
      default: { count: 50 },
      about: { en: 'Columns, each with the number that the random one is added to.', zh: '列名及其基数。' },
    }),
    deduplicate: prop.int({
      default: 0,
      about: {
        en: 'Leaves out a row that is equal to one of the last n; 0: none is, below 0: ever.',
        zh: '去除与最近 n 行相同的行；0 表示不去重，负数表示永远。',
      },
    }),
  },
  check: ({ seed }) => {
    if (seed <= 0) throw new Error('seed must be greater than 0');
  },
  open: (context, props) => new RandomRows(context, props),
});

class RandomRows implements PullSubscription {
  readonly #context: SourceContext;
  readonly #props: RandomProps;
  #position = 0;

  constructor(context: SourceContext, props: RandomProps) {
    this.#context = context;
    this.#props = props;
    context.status('connected');
  }

  async pull(tickMs: number): Promise<void> {
    const { seed, pattern } = this.#props;
    const added = Math.floor(Math.random() * seed);
    const row = Object.fromEntries(Object.entries(pattern).map(([name, base]) => [name, Number(base) + added]));
    if (this.#isRepeated(JSON.stringify(row))) return;
    await this.#context.ingestRows({
      rows: [row],
      timestampMs: tickMs,
      position: this.#position++,
      meta: () => null,
    });
  }

  close(): void {
    this.#context.status('disconnected', 'closed');
  }

  #isRepeated(text: string): boolean {
    const { deduplicate } = this.#props;
    if (deduplicate === 0) return false;
    const sent = (this.#context.getState('input') as readonly string[] | undefined) ?? [];
    if (sent.includes(text)) return true;
    const kept = [...sent, text];
    this.#context.putState('input', deduplicate > 0 ? kept.slice(-deduplicate) : kept);
    return false;
  }
}
