/** Sink `memory`: hands rows to memory sources and lookup tables. Source: behaviour spec, io §15.5. */
import { prop, type Props, type Row, type RowType } from '@kuiper/base';
import {
  defineSink,
  type Meta,
  type OpenSink,
  type RowsItem,
  type SinkDeclaration,
  type SinkItems,
  SinkWriteError,
} from '@kuiper/sdk';
import { connectorErrors } from '../errors.ts';
import { hasWildcard } from '../topic-filter.ts';
import type { MemoryBus, RowChange, RowKind } from './memory-bus.ts';

const props = {
  topic: prop.string({
    default: '',
    example: 'devices/result',
    label: { en: 'Topic', zh: '主题' },
    about: { en: 'Where the rows go; may be a template.', zh: '数据写入的主题，可以使用模板。' },
  }),
  rowkindField: prop.string({
    default: '',
    label: { en: 'Row kind field', zh: '更新类型字段' },
    about: {
      en: 'Column that says insert, update, upsert or delete, for lookup tables.',
      zh: '说明 insert、update、upsert 或 delete 的列，用于查询表。',
    },
  }),
  keyField: prop.string({
    default: '',
    label: { en: 'Key field', zh: '主键字段' },
    about: {
      en: 'Column that identifies a row; required with the row kind field.',
      zh: '标识一行的列，与更新类型字段一起使用。',
    },
  }),
};

export function memorySink(bus: MemoryBus): SinkDeclaration {
  return defineSink({
    type: 'memory',
    about: { en: 'Writes rows to a topic in memory, for other rules.', zh: '将数据写入内存主题，供其他规则使用。' },
    accepts: 'rows',
    props,
    dynamic: ['topic'],
    check(p) {
      if (hasWildcard(p.topic)) throw connectorErrors.MEMORY_TOPIC_WILDCARD(p.topic);
      if (p.rowkindField !== '' && p.keyField === '') throw connectorErrors.KEY_FIELD_REQUIRED();
    },
    open(context, p) {
      context.status('connected');
      return new MemorySink(bus, p);
    },
  });
}

class MemorySink implements OpenSink {
  readonly #bus: MemoryBus;
  readonly #props: Props<typeof props>;
  /** Subscribers see the configured topic, a template as its text. Source: behaviour spec, io §3.7. */
  readonly #meta: Meta;

  constructor(bus: MemoryBus, p: Props<typeof props>) {
    this.#bus = bus;
    this.#props = p;
    this.#meta = { topic: p.topic };
  }

  write(items: SinkItems): Promise<void> | undefined {
    if (items.kind !== 'rows') throw new SinkWriteError('memory takes rows', { index: 0, recoverable: false });
    const waiting: Promise<void>[] = [];
    if (items.props === null) {
      this.#publish(this.#props.topic, items.items, 0, items.items.length, items.type, waiting);
    } else {
      let start = 0;
      while (start < items.items.length) {
        const topic = items.props[start]?.['topic'] ?? this.#props.topic;
        let end = start + 1;
        while (end < items.items.length && (items.props[end]?.['topic'] ?? this.#props.topic) === topic) end++;
        this.#publish(topic, items.items, start, end, items.type, waiting);
        start = end;
      }
    }
    return waiting.length === 0 ? undefined : Promise.all(waiting).then(() => {});
  }

  close(): void {}

  /** Publishes items `[start, end)` as one delivery; on a bad row what comes before it is still delivered. */
  #publish(
    topic: string,
    items: readonly RowsItem[],
    start: number,
    end: number,
    type: RowType,
    waiting: Promise<void>[],
  ): void {
    const rows: Row[] = [];
    const changes: RowChange[] | null = this.#props.rowkindField === '' ? null : [];
    let failed: SinkWriteError | null = null;
    if (hasWildcard(topic)) {
      throw writeError(connectorErrors.MEMORY_TOPIC_WILDCARD(topic), start);
    }
    for (let i = start; i < end && failed === null; i++) {
      const before = rows.length;
      const item = items[i] as RowsItem;
      if (isList(item)) for (const row of item) rows.push(row);
      else rows.push(item);
      if (changes === null) continue;
      try {
        for (let k = before; k < rows.length; k++) changes.push(this.#change(rows[k] as Row));
      } catch (error) {
        rows.length = before;
        changes.length = before;
        failed = writeError(error, i);
      }
    }
    if (rows.length > 0) {
      const full = this.#bus.publish({ topic, rows, type, meta: this.#meta, changes });
      if (full !== undefined) waiting.push(full);
    }
    if (failed !== null) throw failed;
  }

  #change(row: Row): RowChange {
    const { rowkindField, keyField } = this.#props;
    const kind = row[rowkindField] ?? 'upsert';
    if (typeof kind !== 'string') throw connectorErrors.ROWKIND_TYPE(rowkindField, describe(row));
    if (!isRowKind(kind)) throw connectorErrors.ROWKIND(kind);
    const key = row[keyField];
    if (key === undefined) throw connectorErrors.KEY_FIELD_MISSING(keyField, describe(row));
    return { kind, key };
  }
}

function isRowKind(text: string): text is RowKind {
  return text === 'insert' || text === 'update' || text === 'upsert' || text === 'delete';
}

function isList(item: RowsItem): item is readonly Row[] {
  return Array.isArray(item);
}

function writeError(error: unknown, index: number): SinkWriteError {
  return new SinkWriteError((error as Error).message, { index, recoverable: false, cause: error });
}

function describe(row: Row): string {
  return JSON.stringify(row, (_key, value: unknown) => (typeof value === 'bigint' ? value.toString() : value));
}
