/**
 * Sink `redisPub`: publishes each output on a channel. An output is safe when the server has answered. Any failure is
 * worth a retry. Source: behaviour spec, io §§5, 15.8.
 */
import { prop } from '@kuiper/base';
import { defineSink, type OpenSink, type SinkDeclaration, type SinkItems, SinkWriteError } from '@kuiper/sdk';
import { redisErrors } from './errors.ts';
import { RedisLink } from './redis-link.ts';
import { checkDb, redisAddress, redisDb, redisUser } from './redis-properties.ts';

const props = {
  address: redisAddress,
  ...redisUser,
  db: redisDb,
  channel: prop.string({
    default: '',
    example: 'results',
    label: { en: 'Channel', zh: '通道' },
    about: { en: 'Channel to publish on.', zh: '发布消息的通道。' },
  }),
};

export const redisPubSink: SinkDeclaration = defineSink({
  type: 'redisPub',
  about: { en: 'Publishes each output on a Redis channel.', zh: '将每条结果发布到 Redis 通道。' },
  accepts: 'bytes',
  props,
  check(p) {
    checkDb('redisPub', p.db);
    if (p.channel === '') throw redisErrors.CHANNEL_MISSING();
  },
  async open(context, p) {
    return new RedisPubSink(await RedisLink.open({ target: p, onStatus: context.status.bind(context) }), p.channel);
  },
}) as SinkDeclaration;

class RedisPubSink implements OpenSink {
  readonly #link: RedisLink;
  readonly #channel: string;

  constructor(link: RedisLink, channel: string) {
    this.#link = link;
    this.#channel = channel;
  }

  async write(items: SinkItems): Promise<void> {
    if (items.kind !== 'bytes') throw new SinkWriteError('redisPub takes bytes', { index: 0, recoverable: false });
    if (!this.#link.isReady) throw new SinkWriteError(this.#link.reason, { index: 0, recoverable: true });
    const pipeline = this.#link.client.pipeline();
    for (const payload of items.payloads) {
      pipeline.publish(
        this.#channel,
        typeof payload === 'string' ? payload : Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength),
      );
    }
    const replies = (await pipeline.exec()) ?? [];
    const index = replies.findIndex(([error]) => error !== null);
    if (index === -1) return;
    const cause = (replies[index] as readonly [Error, unknown])[0];
    throw new SinkWriteError(this.#link.explain(cause), { index, recoverable: true, cause });
  }

  close(): Promise<void> {
    return this.#link.close();
  }
}
