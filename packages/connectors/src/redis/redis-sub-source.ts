/**
 * Source `redisSub`: messages of channel patterns. What is published while the connection is lost does not come.
 * Source: behaviour spec, io §14.9.
 */
import { type Clock, prop, type Timer } from '@kuiper/base';
import { defineSource, type SourceContext, type SourceDeclaration } from '@kuiper/sdk';
import type { Redis } from 'ioredis';
import { RedisLink } from './redis-link.ts';
import { checkDb, redisAddress, redisDb, redisUser } from './redis-properties.ts';

const props = {
  address: redisAddress,
  ...redisUser,
  db: redisDb,
  channels: prop.strings({
    default: [],
    label: { en: 'Channels', zh: '订阅通道' },
    about: { en: 'Channels or patterns with *, ? and [ab].', zh: '通道，或带有 *、? 和 [ab] 的模式。' },
  }),
};

/** A silent connection is tried this often; it may be gone without a word. */
const pingEveryMs = 30_000;

export const redisSubSource: SourceDeclaration = defineSource({
  type: 'redisSub',
  about: { en: 'Subscribes to channels of a Redis server.', zh: '订阅 Redis 服务器的通道。' },
  emits: 'bytes',
  backpressure: 'none',
  props,
  check: (p) => checkDb('redisSub', p.db),
  async open(context, p) {
    const inbox = new ChannelInbox(context);
    const link = await RedisLink.open({
      target: p,
      onStatus: context.status.bind(context),
      async prepare(client) {
        client.off('pmessageBuffer', inbox.take).on('pmessageBuffer', inbox.take);
        if (p.channels.length > 0) await client.psubscribe(...p.channels);
      },
    });
    const stopPings = keepPinging(link.client, context.clock);
    return {
      close() {
        stopPings();
        inbox.close();
        return link.close();
      },
    };
  },
}) as SourceDeclaration;

/** Hands over all messages of one read as one batch. */
class ChannelInbox {
  readonly #context: SourceContext;
  #payloads: Buffer[] = [];
  #channels: Buffer[] = [];
  #position = 0;
  #closed = false;

  constructor(context: SourceContext) {
    this.#context = context;
  }

  readonly take = (_pattern: unknown, channel: Buffer, payload: Buffer): void => {
    // the messages of a read come one after another, before anything else runs
    if (this.#payloads.length === 0) queueMicrotask(this.#deliver);
    this.#payloads.push(payload);
    this.#channels.push(channel);
  };

  close(): void {
    this.#closed = true;
  }

  readonly #deliver = (): void => {
    const payloads = this.#payloads;
    const channels = this.#channels;
    this.#payloads = [];
    this.#channels = [];
    if (this.#closed) return;
    const count = payloads.length;
    const starts = new Uint32Array(count);
    const ends = new Uint32Array(count);
    let end = 0;
    for (let i = 0; i < count; i++) {
      starts[i] = end;
      end += (payloads[i] as Buffer).length;
      ends[i] = end;
    }
    const position = this.#position;
    this.#position += count;
    void this.#context.ingest({
      buffer: count === 1 ? (payloads[0] as Buffer) : Buffer.concat(payloads, end),
      starts,
      ends,
      count,
      timestampMs: this.#context.clock.now(),
      position,
      meta: (i) => ({ channel: (channels[i] as Buffer).toString() }),
    });
  };
}

/** Without an answer the connection breaks and is made again. */
function keepPinging(client: Redis, clock: Clock): () => void {
  let timer: Timer;
  const wait = (): void => {
    timer = clock.setTimer(clock.now() + pingEveryMs, () => {
      wait();
      if (client.status === 'ready') client.ping().catch(() => {});
    });
  };
  wait();
  return () => timer.cancel();
}
