/**
 * Finds the rules that a row concerns.
 *
 * Rules whose filter begins with `column = constant` or `column > constant` are looked up, not asked one by one, so the
 * cost of a row follows the rules that match, not the rules that exist. The rule still evaluates its own filter; the
 * index only keeps rows away for which the answer is known to be "drop":
 *
 * - nil in the column matches no condition;
 * - a value that cannot be compared with the constant is an error in every rule on that column: it goes to all of them;
 * - rules without an index condition see every row.
 *
 * Counters of skipped rules derive from the number of rows dispatched. Source: DESIGN §7.
 */
import { countBelow, type Row } from '@kuiper/base';
import type { MetaProvider } from '../compile/program.ts';
import type { IndexCondition } from '../plan/plan-node.ts';
import type { Ticket } from './ack.ts';
import { dispatchCounter, increment, sourceCounter } from './counters.ts';
import type { Subscriber } from './source-runtime.ts';

class Entry {
  readonly subscriber: Subscriber;
  /** Block laid out as `dispatchCounter`. */
  readonly counters: Float64Array;
  /** Of the rule; here, since memory far away costs more than the row when there are many rules. */
  readonly number: number;
  touched = false;

  constructor(subscriber: Subscriber, dispatched: number) {
    this.subscriber = subscriber;
    this.counters = subscriber.dispatch.values;
    this.number = subscriber.work.number;
    this.counters[dispatchCounter.since] = dispatched;
  }
}

/** Sorted by constant; a row with value v concerns a prefix (`>`: constants below v) or a suffix (`<`). */
interface Range {
  readonly constants: readonly number[];
  readonly entries: readonly Entry[];
}

/** All conditions on one column. */
interface ColumnIndex {
  readonly column: string;
  readonly numbersEqual: Map<number, Entry[]>;
  readonly textsEqual: Map<string, Entry[]>;
  readonly above: Range;
  readonly below: Range;
  /** Everybody with a number constant, a text constant: a value of another kind is an error there. */
  readonly onNumbers: readonly Entry[];
  readonly onTexts: readonly Entry[];
}

export class Dispatcher {
  private entries = new Map<Subscriber, Entry>();
  private everyRow: Entry[] = [];
  private columns: ColumnIndex[] = [];
  private touched: Entry[] = [];
  private ticket: Ticket | null = null;
  /** Block laid out as `sourceCounter`. */
  private readonly counters: Float64Array;

  private readonly activity: Int32Array;
  /** Whom the thread worked for when the batch began. */
  private outer = 0;

  /** @param activity slot 0 tells which rule is being worked for */
  constructor(counters: Float64Array, activity: Int32Array) {
    this.counters = counters;
    this.activity = activity;
  }

  rebuild(subscribers: Iterable<Subscriber>): void {
    const entries = new Map<Subscriber, Entry>();
    for (const subscriber of subscribers) {
      entries.set(
        subscriber,
        this.entries.get(subscriber) ?? new Entry(subscriber, this.counters[sourceCounter.dispatched] ?? 0),
      );
    }
    this.entries = entries;
    const byColumn = new Map<string, Entry[]>();
    const everyRow: Entry[] = [];
    for (const entry of entries.values()) {
      const condition = entry.subscriber.index;
      if (condition === null || !isIndexable(condition)) everyRow.push(entry);
      else byColumn.set(condition.column, [...(byColumn.get(condition.column) ?? []), entry]);
    }
    this.everyRow = everyRow;
    this.columns = [...byColumn].map(([column, list]) => indexColumn(column, list));
  }

  begin(ticket: Ticket | null): void {
    this.ticket = ticket;
    this.outer = this.activity[0] as number;
  }

  dispatch(row: Row, timestampMs: number, metas: MetaProvider, index: number): void {
    increment(this.counters, sourceCounter.dispatched);
    const { everyRow, columns } = this;
    for (let i = 0; i < everyRow.length; i++) this.deliver(everyRow[i] as Entry, row, timestampMs, metas, index);
    for (let i = 0; i < columns.length; i++) this.lookUp(columns[i] as ColumnIndex, row, timestampMs, metas, index);
  }

  /** Tells every subscriber of a message that could not be read. */
  error(text: string): void {
    const before = this.activity[0] as number;
    for (const entry of this.entries.values()) {
      this.touch(entry);
      this.activity[0] = entry.number;
      entry.subscriber.input.error(text);
    }
    this.activity[0] = before;
  }

  /** Ends the batch for those who had a part in it. */
  end(): Promise<void> | undefined {
    const { touched, outer } = this;
    this.activity[0] = outer;
    if (touched.length === 0) return undefined;
    let full: Promise<void> | undefined;
    let others: Promise<void>[] | null = null;
    for (let i = 0; i < touched.length; i++) {
      const entry = touched[i] as Entry;
      entry.touched = false;
      this.activity[0] = entry.number;
      const wait = entry.subscriber.end();
      if (wait === undefined) continue;
      if (full === undefined) full = wait;
      else {
        others ??= [];
        others.push(wait);
      }
    }
    this.activity[0] = outer;
    touched.length = 0;
    this.ticket = null;
    return others === null ? full : Promise.all([full, ...others]).then(() => undefined);
  }

  private deliver(entry: Entry, row: Row, timestampMs: number, metas: MetaProvider, index: number): void {
    if (!entry.touched) this.touch(entry);
    increment(entry.counters, dispatchCounter.delivered);
    this.activity[0] = entry.number;
    try {
      entry.subscriber.input.row(row, timestampMs, metas, index);
    } catch (error) {
      entry.subscriber.threw(error);
    }
  }

  /** Begins the batch for everybody. */
  touchAll(): void {
    for (const entry of this.entries.values()) this.touch(entry);
  }

  private touch(entry: Entry): void {
    if (entry.touched) return;
    entry.touched = true;
    this.touched.push(entry);
    entry.subscriber.begin(this.ticket);
  }

  private lookUp(on: ColumnIndex, row: Row, timestampMs: number, metas: MetaProvider, index: number): void {
    const value = row[on.column];
    if (value === null || value === undefined) return;
    if (typeof value === 'number' || typeof value === 'bigint') {
      const number = Number(value);
      this.deliverAll(on.onTexts, row, timestampMs, metas, index);
      const equal = on.numbersEqual.get(number);
      if (equal !== undefined) this.deliverAll(equal, row, timestampMs, metas, index);
      const above = countBelowOrEqual(on.above.constants, number);
      for (let i = 0; i < above; i++) this.deliver(on.above.entries[i] as Entry, row, timestampMs, metas, index);
      const below = countBelow(on.below.constants, number);
      for (let i = below; i < on.below.entries.length; i++) {
        this.deliver(on.below.entries[i] as Entry, row, timestampMs, metas, index);
      }
    } else if (typeof value === 'string') {
      this.deliverAll(on.onNumbers, row, timestampMs, metas, index);
      const equal = on.textsEqual.get(value);
      if (equal !== undefined) this.deliverAll(equal, row, timestampMs, metas, index);
    } else {
      this.deliverAll(on.onNumbers, row, timestampMs, metas, index);
      this.deliverAll(on.onTexts, row, timestampMs, metas, index);
    }
  }

  private deliverAll(
    entries: readonly Entry[],
    row: Row,
    timestampMs: number,
    metas: MetaProvider,
    index: number,
  ): void {
    for (let i = 0; i < entries.length; i++) this.deliver(entries[i] as Entry, row, timestampMs, metas, index);
  }
}

/** Numbers under all comparisons, texts under equality. Beyond 2^53 doubles do not tell neighbours apart. */
function isIndexable({ op, value, column }: IndexCondition): boolean {
  if (column in Object.prototype) return false;
  if (typeof value === 'string') return op === '=';
  return (typeof value === 'number' || typeof value === 'bigint') && Number.isSafeInteger(Math.trunc(Number(value)));
}

function indexColumn(column: string, entries: readonly Entry[]): ColumnIndex {
  const numbersEqual = new Map<number, Entry[]>();
  const textsEqual = new Map<string, Entry[]>();
  const above: Entry[] = [];
  const below: Entry[] = [];
  const onNumbers: Entry[] = [];
  const onTexts: Entry[] = [];
  for (const entry of entries) {
    const { op, value } = entry.subscriber.index as IndexCondition;
    if (typeof value === 'string') {
      onTexts.push(entry);
      append(textsEqual, value, entry);
      continue;
    }
    onNumbers.push(entry);
    if (op === '=') append(numbersEqual, Number(value), entry);
    else if (op === '>' || op === '>=') above.push(entry);
    else below.push(entry);
  }
  return { column, numbersEqual, textsEqual, above: sortRange(above), below: sortRange(below), onNumbers, onTexts };
}

function append<K>(map: Map<K, Entry[]>, key: K, entry: Entry): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [entry]);
  else list.push(entry);
}

function sortRange(entries: Entry[]): Range {
  const constant = (entry: Entry): number => Number((entry.subscriber.index as IndexCondition).value);
  const sorted = entries.toSorted((a, b) => constant(a) - constant(b));
  return { constants: sorted.map(constant), entries: sorted };
}

/** How many of the sorted numbers are ≤ value. The boundary case of strict operators is left to the rule's filter. */
function countBelowOrEqual(sorted: readonly number[], value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] as number) <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}
