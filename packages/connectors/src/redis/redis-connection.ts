/**
 * Connection types of the Redis connectors. Every source, sink and table has a connection of its own; these are there to
 * try one before it is used. Source: behaviour spec, io §11.2.
 */
import { type PropSchema, type Props } from '@kuiper/base';
import { type ConnectionDeclaration, defineConnection } from '@kuiper/sdk';
import { RedisLink, type RedisTarget } from './redis-link.ts';
import { checkDb, redisAddress, redisDb, redisUser } from './redis-properties.ts';

const about = { en: 'A Redis server.', zh: 'Redis 服务器。' };
const addrProps = { addr: redisAddress, ...redisUser, db: redisDb };
const addressProps = { address: redisAddress, ...redisUser, db: redisDb };

function pingable<P extends PropSchema>(
  type: string,
  props: P,
  target: (props: Props<P>) => RedisTarget,
): ConnectionDeclaration<P> {
  return defineConnection({
    type,
    about,
    props,
    open(_context, p) {
      const wanted = target(p);
      checkDb(type === 'redis' ? 'redisSink' : type, wanted.db);
      return {
        async ping() {
          const link = await RedisLink.open({ target: wanted, onStatus: () => {} });
          await link.close();
        },
        close() {},
      };
    },
  });
}

export const redisConnections = [
  pingable('redis', addrProps, (p) => ({ ...p, address: p.addr })),
  pingable('redisSub', addressProps, (p) => p),
  pingable('redisPub', addressProps, (p) => p),
] as const;
