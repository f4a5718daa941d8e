import { defineErrors, ErrorCode, type ErrorSpec, type ErrorTable } from '@kuiper/base';

const user = { code: ErrorCode.general, domain: 'user' } as const;
const external = { code: ErrorCode.general, domain: 'external', retry: true } as const;

type RedisErrorSpecs = {
  readonly DB_RANGE: ErrorSpec<[who: string]>;
  readonly ADDRESS: ErrorSpec<[address: string]>;
  readonly CONNECT: ErrorSpec<[why: string]>;
  readonly KEY_TYPE: ErrorSpec<[]>;
  readonly KEY_MISSING: ErrorSpec<[]>;
  readonly SINK_DATA_TYPE: ErrorSpec<[]>;
  readonly FIELD_MISSING: ErrorSpec<[field: string, row: string]>;
  readonly CHANNEL_MISSING: ErrorSpec<[]>;
  readonly LOOKUP_DATA_TYPE: ErrorSpec<[]>;
  readonly LOOKUP_DB: ErrorSpec<[dataSource: string]>;
  readonly LOOKUP_KEYS: ErrorSpec<[keys: readonly string[]]>;
  readonly LOOKUP_VALUE: ErrorSpec<[key: string, why: string]>;
};

/** Errors of the Redis connectors. Texts: behaviour spec, io §§14.9, 15.7, 15.8, 16. */
export const redisErrors: ErrorTable<RedisErrorSpecs> = defineErrors<RedisErrorSpecs>({
  DB_RANGE: { ...user, text: (who) => `${who} db should be in range 0-15` },
  ADDRESS: { ...user, text: (address) => `invalid redis address ${address}` },
  CONNECT: { ...external, text: (why) => why },
  KEY_TYPE: { ...user, text: () => 'KeyType only support single or multiple' },
  KEY_MISSING: { ...user, text: () => 'redis sink must have key or field when KeyType is single' },
  SINK_DATA_TYPE: { ...user, text: () => 'redis sink only support string or list data type' },
  FIELD_MISSING: { ...user, text: (field, row) => `field ${field} does not exist in data ${row}` },
  CHANNEL_MISSING: { ...user, text: () => 'redisPub sink is missing property channel' },
  LOOKUP_DATA_TYPE: { ...user, text: () => 'redis dataType must be string or list' },
  LOOKUP_DB: { ...user, text: (dataSource) => `datasource ${dataSource} is invalid` },
  LOOKUP_KEYS: { ...user, text: (keys) => `redis lookup only support one key, but got [${keys.join(' ')}]` },
  LOOKUP_VALUE: { ...external, text: (key, why) => `value of redis key ${key} is not a json object: ${why}` },
});
