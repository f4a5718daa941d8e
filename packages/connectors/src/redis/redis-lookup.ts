/**
 * Lookup `redis`: the JSON objects stored at the key that the row asks for; whether they hold that key again is not
 * checked. Source: behaviour spec, io §16.
 */
import { errorText, kindOfTagged, plainText, prop, type Row } from '@kuiper/base';
import { defineLookup, type LookupDeclaration } from '@kuiper/sdk';
import { redisErrors } from './errors.ts';
import { RedisLink } from './redis-link.ts';
import { checkDb, redisAddress, redisUser } from './redis-properties.ts';

const props = {
  addr: redisAddress,
  ...redisUser,
  dataType: prop.string({
    default: '',
    options: ['string', 'list'],
    label: { en: 'Data type', zh: '数据类型' },
    about: { en: 'string: one object; list: a list of objects.', zh: 'string：一个对象；list：对象的列表。' },
  }),
};

export const redisLookup: LookupDeclaration = defineLookup({
  type: 'redis',
  about: { en: 'Looks up JSON objects by their key in Redis.', zh: '按键查询 Redis 中的 JSON 对象。' },
  dataSource: { about: { en: 'Number of the database, 0 to 15', zh: '数据库编号，0 到 15' }, required: true },
  props,
  async open({ logger }, p, { dataSource }) {
    if (!/^[+-]?\d+$/.test(dataSource)) throw redisErrors.LOOKUP_DB(dataSource);
    const db = Number(dataSource);
    checkDb('redis lookup source', db);
    if (p.dataType !== 'string' && p.dataType !== 'list') throw redisErrors.LOOKUP_DATA_TYPE();
    const link = await RedisLink.open({
      target: { ...p, address: p.addr, db },
      onStatus: (status, message) => logger.info(`redis ${status}${message === undefined ? '' : `: ${message}`}`),
    });
    const read = async (key: string): Promise<readonly string[]> => {
      try {
        if (p.dataType === 'list') return await link.client.lrange(key, 0, -1);
        const found = await link.client.get(key);
        return found === null ? [] : [found];
      } catch (error) {
        throw redisErrors.CONNECT(link.explain(error as Error));
      }
    };
    return {
      async lookup(_fields, keys, values) {
        if (keys.length !== 1) throw redisErrors.LOOKUP_KEYS(keys);
        const key = plainText(values[0], kindOfTagged(values[0]));
        return (await read(key)).map((text) => parseRow(key, text));
      },
      close: () => link.close(),
    };
  },
}) as LookupDeclaration;

function parseRow(key: string, text: string): Row {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw redisErrors.LOOKUP_VALUE(key, errorText(error));
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw redisErrors.LOOKUP_VALUE(key, text);
  return value as Row;
}
