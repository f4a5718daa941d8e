/**
 * From result rows to the items of sinks: itemise → template → select fields → encode → compress → encrypt → batch.
 * Sinks that want the same items share one stage, so a result is encoded once. Source: behaviour spec, io §4.
 */
import {
  type Clock,
  errorText,
  findJsonError,
  makeRowError,
  type Row,
  type RowType,
  type Timer,
  tagValue,
  valueText,
} from '@kuiper/base';
import type { Encoder, ItemProps, Payload, RowsItem } from '@kuiper/sdk';
import type { Ticket } from './ack.ts';
import { increment, stageCounter } from './counters.ts';
import type { CompiledTemplate } from './services.ts';
import { type SinkPlan, selectedType } from './sink-plan.ts';
import type { OutputItem, SinkQueue, UnsafeItem } from './sink-queue.ts';

/** Sinks with equal keys take the same items. */
export function outputKey(plan: SinkPlan): string {
  const { common } = plan;
  const { bufferLength: _length, concurrency: _concurrency, ...shaping } = common;
  return JSON.stringify([
    plan.declaration.accepts,
    plan.batching,
    shaping,
    plan.dynamic.map(({ path }) => [path, plan.rawProps[path]]),
  ]);
}

export interface OutputStageOptions {
  readonly plan: SinkPlan;
  readonly type: RowType;
  readonly queues: readonly SinkQueue[];
  readonly clock: Clock;
  /** Block laid out as `stageCounter`. */
  readonly counters: Float64Array;
  /** The ticket of the batch being processed, null outside. */
  readonly ticket: () => Ticket | null;
  /** `encoding` tells in which of the chain's operators it happened. */
  readonly onException: (text: string, encoding: boolean) => void;
  readonly onDrop: (reason: string, count: number) => void;
}

export class OutputStage {
  private readonly counters: Float64Array;
  private readonly options: OutputStageOptions;
  private readonly plan: SinkPlan;
  private readonly encoder: Encoder | null;
  private readonly sendSingle: boolean;
  private readonly omitIfEmpty: boolean;
  /** Rows can be encoded as they are: no template, selection, compression, batching or dynamic property. */
  private readonly plain: boolean;
  private readonly batch: OutputItem[] = [];
  private batchedInputs = 0;
  private batchTickets: Ticket[] = [];
  private lastProps: ItemProps = null;
  private linger: Timer | null = null;
  /** Set while the encoder works: tells whose exception it is. */
  private encoding = false;

  constructor(options: OutputStageOptions) {
    this.options = options;
    this.counters = options.counters;
    const { plan } = options;
    this.plan = plan;
    const { common } = plan;
    this.sendSingle = common.sendSingle;
    this.omitIfEmpty = common.omitIfEmpty;
    const type =
      plan.template === null ? selectedType(options.type, common) : ({ k: 'map', fields: {}, rest: 'any' } as const);
    this.encoder =
      plan.format?.createEncoder({
        type,
        delimiter: common.delimiter,
        hasHeader: common.hasHeader,
        schemaId: common.schemaId,
        options: plan.rawProps,
      }) ?? null;
    this.plain =
      plan.template === null &&
      !hasSelection(plan) &&
      plan.dynamic.length === 0 &&
      plan.compress === null &&
      plan.encrypt === null &&
      !plan.batching;
    if (plan.batching && common.lingerInterval > 0) this.startLinger();
  }

  row(row: Row): void {
    increment(this.counters, stageCounter.taken);
    if (this.sendSingle) this.item(row);
    else this.item([row]);
    if (this.plan.batching) this.countInput();
  }

  rows(rows: readonly Row[]): void {
    increment(this.counters, stageCounter.taken);
    if (rows.length === 0 && this.omitIfEmpty) return;
    if (!this.sendSingle) this.item(rows);
    else for (const row of rows) this.item(row);
    if (this.plan.batching) this.countInput();
  }

  /** A row that is encoded already; only for stages that encode rows as they are. */
  encoded(payload: Payload): void {
    increment(this.counters, stageCounter.taken);
    this.push(this.sendSingle ? payload : inList(payload), null);
  }

  /** The text of a failed row goes past templates and batching: bare for bytes, `{"error": text}` for rows. */
  error(text: string): void {
    const ticket = this.options.ticket();
    const item = this.plan.declaration.accepts === 'bytes' ? text : { error: text };
    for (const queue of this.options.queues) queue.push(item, null, ticket);
    if (this.plan.batching) this.countInput();
  }

  /** `batchSize` counts what the rule emitted, rows or not, failed rows too. */
  private countInput(): void {
    const { batchSize } = this.plan.common;
    if (++this.batchedInputs >= batchSize && batchSize > 0) this.flushBatch();
  }

  /** Sends what the batch holds. */
  flushBatch(): void {
    this.batchedInputs = 0;
    if (this.batch.length === 0) return;
    const items = this.batch.splice(0);
    const tickets = this.batchTickets;
    this.batchTickets = [];
    try {
      const joined = this.join(items);
      for (const queue of this.options.queues) {
        queue.push(joined, this.lastProps, null);
        for (const ticket of tickets) queue.cover(ticket);
      }
    } catch (error) {
      this.failed(error, true);
      this.options.onDrop('batch error', items.length);
    }
    for (const ticket of tickets) ticket.release();
    for (const queue of this.options.queues) queue.flush();
  }

  /** What the batch holds as it would be written now, for checkpoints. */
  batchedItems(): readonly UnsafeItem[] {
    if (this.batch.length === 0) return [];
    try {
      return [{ item: this.join(this.batch), props: this.lastProps }];
    } catch {
      // It is reported when the batch is written.
      return [];
    }
  }

  /** The ticket is held until everything that has come so far is safe. */
  cover(ticket: Ticket): void {
    if (this.batch.length > 0) this.holdForBatch(ticket);
    for (const queue of this.options.queues) queue.cover(ticket);
  }

  stop(): void {
    this.linger?.cancel();
  }

  private item(item: RowsItem): void {
    if (this.omitIfEmpty && this.sendSingle && isEmptyRow(item as Row)) return;
    try {
      if (this.plain) this.push(this.encoder === null ? item : this.encode(item), null);
      else this.shape(item);
    } catch (error) {
      const { encoding } = this;
      this.encoding = false;
      this.failed(error, encoding);
    }
  }

  private failed(error: unknown, encoding: boolean): void {
    increment(this.counters, encoding ? stageCounter.encodeExceptions : stageCounter.exceptions);
    this.counters[stageCounter.lastExceptionTime] = this.options.clock.now();
    this.options.onException(errorText(error), encoding);
  }

  private join(items: readonly OutputItem[]): OutputItem {
    if (this.encoder === null) return (items as RowsItem[]).flat();
    return this.seal(this.encoder.joinBatch(items as Payload[]));
  }

  private encode(item: RowsItem): Payload {
    const encoder = this.encoder as Encoder;
    this.encoding = true;
    const payload = Array.isArray(item) ? encoder.encodeList(item as readonly Row[]) : encoder.encodeRow(item as Row);
    this.encoding = false;
    return payload;
  }

  /** The long way: dynamic properties, template, selection, encoding, sealing, batching. */
  private shape(item: RowsItem): void {
    const { plan } = this;
    const needsTagged = plan.template !== null || plan.dynamic.length > 0;
    const data = needsTagged ? tagItem(item, this.options.type) : item;
    const props = this.renderProps(data);
    if (plan.template === null) {
      this.made(hasSelection(plan) ? selectFields(item, plan) : item, props);
      return;
    }
    const text = this.renderTemplate(plan.template, data);
    if (!hasSelection(plan) && plan.format?.text === true) {
      this.add(this.seal(text), props);
      return;
    }
    this.made(selectFields(parseRendered(text, data, hasSelection(plan)), plan), props);
  }

  private renderTemplate(template: CompiledTemplate, data: unknown): string {
    try {
      return template.render(data);
    } catch (error) {
      const { dataTemplate } = this.plan.common;
      const through = `${dataTemplate} through data ${valueText(data, 'any')}`;
      throw makeRowError(`fail to calculate props ${through} with dataTemplate for error ${errorText(error)}`);
    }
  }

  private made(item: RowsItem, props: ItemProps): void {
    this.add(
      this.encoder === null ? item : this.plan.batching ? this.encode(item) : this.seal(this.encode(item)),
      props,
    );
  }

  private seal(payload: Payload): Payload {
    const { compress, encrypt } = this.plan;
    let bytes = payload;
    if (compress !== null) bytes = compress(typeof bytes === 'string' ? Buffer.from(bytes) : bytes);
    if (encrypt !== null) bytes = encrypt(typeof bytes === 'string' ? Buffer.from(bytes) : bytes);
    return bytes;
  }

  private renderProps(data: unknown): ItemProps {
    const { dynamic } = this.plan;
    if (dynamic.length === 0) return null;
    const props: Record<string, string> = {};
    for (const { path, template } of dynamic) {
      try {
        props[path] = template.render(data);
      } catch (error) {
        throw makeRowError(`fail to calculate props ${path}: ${errorText(error)}`);
      }
    }
    return props;
  }

  private add(item: OutputItem, props: ItemProps): void {
    if (!this.plan.batching) {
      this.push(item, props);
      return;
    }
    this.batch.push(item);
    this.lastProps = props;
    const ticket = this.options.ticket();
    if (ticket !== null) this.holdForBatch(ticket);
  }

  private push(item: OutputItem, props: ItemProps): void {
    increment(this.counters, stageCounter.made);
    const ticket = this.options.ticket();
    for (const queue of this.options.queues) queue.push(item, props, ticket);
  }

  private holdForBatch(ticket: Ticket): void {
    if (this.batchTickets[this.batchTickets.length - 1] === ticket) return;
    ticket.hold();
    this.batchTickets.push(ticket);
  }

  private startLinger(): void {
    const { clock } = this.options;
    this.linger = clock.setTimer(clock.now() + this.plan.common.lingerInterval, () => {
      this.flushBatch();
      this.startLinger();
    });
  }
}

function inList(payload: Payload): Payload {
  if (typeof payload === 'string') return `[${payload}]`;
  const list = new Uint8Array(payload.length + 2);
  list[0] = 0x5b;
  list.set(payload, 1);
  list[list.length - 1] = 0x5d;
  return list;
}

function hasSelection({ common }: SinkPlan): boolean {
  return (
    common.fields.length > 0 ||
    common.excludeFields.length > 0 ||
    common.dataField !== '' ||
    common.tableDataField !== ''
  );
}

function isEmptyRow(row: Row): boolean {
  for (const key in row) if (row[key] !== undefined) return false;
  return true;
}

function tagItem(item: RowsItem, type: RowType): unknown {
  return Array.isArray(item) ? item.map((row) => tagValue(row, type)) : tagValue(item, type);
}

/** @param data what the text was rendered from @param selects members are chosen from it next */
function parseRendered(text: string, data: unknown, selects: boolean): RowsItem {
  const refuse = (why: string, value = ''): Error =>
    makeRowError(
      selects
        ? `fail to TransItem data ${valueText(data, 'any')} for error fail to decode data ${text} for error ${why}${value}`
        : `fail to decode data ${text} after applying dataTemplate for error ${why}`,
    );
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw refuse(findJsonError(text));
  }
  if (value === null || typeof value !== 'object') throw refuse('unsupported type', ` ${valueText(value, 'any')}`);
  return value as RowsItem;
}

/** `dataField`, then `fields` or `excludeFields`; a chosen field that is missing becomes null. Copies, never changes. */
function selectFields(item: RowsItem, plan: SinkPlan): RowsItem {
  const { common } = plan;
  const dataField = common.dataField !== '' ? common.dataField : common.tableDataField;
  let selected: unknown = item;
  if (dataField !== '') {
    const holder = Array.isArray(item) ? (item[0] as Row | undefined) : (item as Row);
    selected = holder === undefined ? undefined : own(holder, dataField);
    if (selected === null || typeof selected !== 'object') throw makeRowError(unselectable(selected));
  }
  const one = (row: Row): Row => {
    const out: Row = {};
    if (common.fields.length > 0) for (const name of common.fields) define(out, name, own(row, name) ?? null);
    else
      for (const [name, value] of Object.entries(row))
        if (!common.excludeFields.includes(name)) define(out, name, value);
    return out;
  };
  if (common.fields.length === 0 && common.excludeFields.length === 0) return selected as RowsItem;
  return Array.isArray(selected) ? (selected as Row[]).map(one) : one(selected as Row);
}

function unselectable(value: unknown): string {
  const isNil = value === null || value === undefined;
  return isNil ? 'receive unsupported data <nil>' : `invalid transform result type ${String(value)}`;
}

function own(row: Row, name: string): unknown {
  return Object.hasOwn(row, name) ? row[name] : undefined;
}

function define(row: Row, name: string, value: unknown): void {
  if (name === '__proto__')
    Object.defineProperty(row, name, { value, enumerable: true, configurable: true, writable: true });
  else row[name] = value;
}
