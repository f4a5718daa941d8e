/**
 * Sink `redis`: sets, pushes or removes keys. Source: behaviour spec, io §15.7.
 *
 * All commands of a write go out at once, in order; an item is safe when the server has answered all of its commands.
 * A lost connection is worth a retry, a refused command is not.
 */
import { columnKind, jsonText, plainText, prop, type Props, type Row, type RowType, valueText } from '@kuiper/base';
import {
  defineSink,
  type OpenSink,
  type RowsItem,
  type SinkDeclaration,
  type SinkItems,
  SinkWriteError,
} from '@kuiper/sdk';
import type { ChainableCommander } from 'ioredis';
import { connectorErrors } from '../errors.ts';
import { redisErrors } from './errors.ts';
import { RedisLink } from './redis-link.ts';
import { checkDb, redisAddress, redisDb, redisUser } from './redis-properties.ts';

const props = {
  addr: redisAddress,
  ...redisUser,
  db: redisDb,
  key: prop.string({
    default: '',
    label: { en: 'Key', zh: '键' },
    about: { en: 'The key to write; the field wins when both are set.', zh: '写入的键；同时设置字段时以字段为准。' },
  }),
  field: prop.string({
    default: '',
    label: { en: 'Key field', zh: '键字段' },
    about: { en: 'Column whose text is the key.', zh: '以其文本作为键的列。' },
  }),
  keyType: prop.string({
    default: 'single',
    options: ['single', 'multiple'],
    label: { en: 'Key type', zh: '键类型' },
    about: {
      en: 'single writes the row as JSON to one key, multiple each column to the key of its name.',
      zh: 'single 将整行以 JSON 写入一个键，multiple 将每列写入与列同名的键。',
    },
  }),
  dataType: prop.string({
    default: 'string',
    options: ['string', 'list'],
    label: { en: 'Data type', zh: '数据类型' },
    about: { en: 'string replaces the value, list pushes to it.', zh: 'string 替换值，list 在列表头部添加。' },
  }),
  expiration: prop.duration({
    default: -1,
    label: { en: 'Expiration', zh: '过期时间' },
    about: { en: 'Life of a string value; -1 for ever.', zh: '字符串值的有效期，-1 表示永久。' },
  }),
  rowkindField: prop.string({
    default: '',
    label: { en: 'Row kind field', zh: '更新类型字段' },
    about: {
      en: 'Column that says insert, update, upsert or delete.',
      zh: '说明 insert、update、upsert 或 delete 的列。',
    },
  }),
};

type RedisSinkProps = Props<typeof props>;

export const redisSink: SinkDeclaration = defineSink({
  type: 'redis',
  about: { en: 'Writes rows to keys of a Redis server.', zh: '将数据写入 Redis 的键。' },
  accepts: 'rows',
  props,
  check(p) {
    checkDb('redisSink', p.db);
    if (p.dataType !== 'string' && p.dataType !== 'list') throw redisErrors.SINK_DATA_TYPE();
    if (p.keyType !== 'single' && p.keyType !== 'multiple') throw redisErrors.KEY_TYPE();
    if (p.keyType === 'single' && p.key === '' && p.field === '') throw redisErrors.KEY_MISSING();
  },
  async open(context, p) {
    const onStatus = context.status.bind(context);
    return new RedisSink(await RedisLink.open({ target: { ...p, address: p.addr }, onStatus }), p);
  },
}) as SinkDeclaration;

/** What is known about an item: to be tried, done, or why it failed for good. */
type Outcome = 'open' | 'done' | Error;

interface Rest {
  readonly items: readonly RowsItem[];
  readonly outcomes: readonly Outcome[];
}

const noRest: Rest = { items: [], outcomes: [] };

class RedisSink implements OpenSink {
  readonly #link: RedisLink;
  readonly #props: RedisSinkProps;
  /** Items behind a dropped one had gone out with it: the next write, which starts with them, does not repeat them. */
  #rest: Rest = noRest;

  constructor(link: RedisLink, p: RedisSinkProps) {
    this.#link = link;
    this.#props = p;
  }

  write(items: SinkItems): Promise<void> | undefined {
    if (items.kind !== 'rows') throw new SinkWriteError('redis takes rows', { index: 0, recoverable: false });
    if (!this.#link.isReady) throw new SinkWriteError(this.#link.reason, { index: 0, recoverable: true });
    const outcomes = this.#recall(items.items);
    const pipeline = this.#link.client.pipeline();
    // the item of each command
    const owners: number[] = [];
    items.items.forEach((item, i) => {
      if (outcomes[i] !== 'open') return;
      outcomes[i] = 'done';
      for (const row of isList(item) ? item : [item as Row]) {
        try {
          this.#addRow(pipeline, row, items.type);
        } catch (error) {
          outcomes[i] = error as Error;
        }
        while (owners.length < pipeline.length) owners.push(i);
      }
    });
    if (owners.length === 0) {
      this.#settle(items.items, outcomes, -1, null);
      return undefined;
    }
    return this.#send(pipeline, owners, items.items, outcomes);
  }

  close(): Promise<void> {
    return this.#link.close();
  }

  async #send(
    pipeline: ChainableCommander,
    owners: readonly number[],
    items: readonly RowsItem[],
    outcomes: Outcome[],
  ): Promise<void> {
    const replies = (await pipeline.exec()) ?? [];
    let passing: Error | null = null;
    let passingAt = -1;
    for (let k = 0; k < replies.length; k++) {
      const error = replies[k]?.[0] ?? null;
      if (error === null) continue;
      const owner = owners[k] as number;
      if (this.#link.isPassing(error)) {
        passing = error;
        passingAt = owner;
        break;
      }
      if (!(outcomes[owner] instanceof Error)) outcomes[owner] = error;
    }
    this.#settle(items, outcomes, passingAt, passing);
  }

  /**
   * Fails with the first item that failed, if any.
   * @param passingAt first item to be tried again, with everything behind it, so that newer values stay newer; or -1
   */
  #settle(items: readonly RowsItem[], outcomes: Outcome[], passingAt: number, passing: Error | null): void {
    const failed = outcomes.findIndex((outcome) => outcome instanceof Error);
    if (passing !== null) outcomes.fill('open', passingAt);
    if (failed !== -1 && (passing === null || failed < passingAt)) {
      const cause = outcomes[failed] as Error;
      this.#rest = { items: items.slice(failed + 1), outcomes: outcomes.slice(failed + 1) };
      throw new SinkWriteError(cause.message, { index: failed, recoverable: false, cause });
    }
    if (passing !== null) {
      throw new SinkWriteError(this.#link.explain(passing), { index: passingAt, recoverable: true, cause: passing });
    }
  }

  #recall(items: readonly RowsItem[]): Outcome[] {
    const rest = this.#rest;
    this.#rest = noRest;
    const outcomes = new Array<Outcome>(items.length).fill('open');
    for (let i = 0; i < rest.items.length && rest.items[i] === items[i]; i++) outcomes[i] = rest.outcomes[i] as Outcome;
    return outcomes;
  }

  /** Adds nothing when the row is wrong. */
  #addRow(pipeline: ChainableCommander, row: Row, type: RowType): void {
    const { keyType, key, field } = this.#props;
    const isDelete = this.#isDelete(row, type);
    if (keyType === 'multiple') {
      for (const [column, value] of Object.entries(row)) {
        if (value !== undefined) {
          this.#add(pipeline, column, isDelete ? null : plainText(value, columnKind(type, column)));
        }
      }
      return;
    }
    const at = field === '' ? key : keyText(row, field, type);
    this.#add(pipeline, at, isDelete ? null : jsonText(row));
  }

  /** @param value null to remove it */
  #add(pipeline: ChainableCommander, key: string, value: string | null): void {
    const { dataType, expiration } = this.#props;
    if (dataType === 'list') {
      if (value === null) pipeline.lpop(key);
      else pipeline.lpush(key, value);
    } else if (value === null) pipeline.del(key);
    else if (expiration > 0) pipeline.set(key, value, 'PX', expiration);
    else pipeline.set(key, value);
  }

  #isDelete(row: Row, type: RowType): boolean {
    const { rowkindField } = this.#props;
    if (rowkindField === '') return false;
    const kind = row[rowkindField] ?? 'upsert';
    if (typeof kind !== 'string') throw connectorErrors.ROWKIND_TYPE(rowkindField, valueText(row, type));
    if (kind !== 'insert' && kind !== 'update' && kind !== 'upsert' && kind !== 'delete') {
      throw connectorErrors.ROWKIND(kind);
    }
    return kind === 'delete';
  }
}

function keyText(row: Row, field: string, type: RowType): string {
  const value = row[field];
  if (value === undefined) throw redisErrors.FIELD_MISSING(field, valueText(row, type));
  return plainText(value, columnKind(type, field));
}

function isList(item: RowsItem): item is readonly Row[] {
  return Array.isArray(item);
}
