import { SingleState } from '../state/single-state.ts';
import { MappedSlot, SlotMap } from '../state/slot-map.ts';
import { StateGroup } from '../state/state-group.ts';
import type { StateSlot } from '../state/state-slot.ts';
import { type Bag, createBag } from './bag-content.ts';
import { holds } from './condition.ts';
import { KeyIndex } from './key-index.ts';
import type { WindowOperator, WindowSetup } from './types.ts';
import { windowFingerprint } from './window-fingerprint.ts';

/**
 * Opened and ended by conditions, for each partition on its own:
 * - begin and emit: from the row that meets `begin` to the next row that meets `emit`, both included; rows outside are
 *   dropped, and the first row is not tested for `emit`;
 * - a single condition: from one row that meets it up to, not including, the next.
 *
 * Source: behaviour spec, sql §11.3, runtime §15.5.
 */
export class StateWindow<T> implements WindowOperator<T> {
  readonly #setup: WindowSetup<T>;
  readonly #states: SlotMap<Partition<T>>;
  readonly #partitions: KeyIndex<T, Partition<T>>;

  constructor(setup: WindowSetup<T>) {
    this.#setup = setup;
    const fingerprint = windowFingerprint(setup);
    this.#states = new SlotMap(setup.name, fingerprint, (key) => new Partition(key, setup));
    this.#partitions = new KeyIndex(setup.partitionBy, ',', (text) => this.#states.at(text));
  }

  get state(): StateSlot {
    return this.#states;
  }

  start(): void {}

  row(item: T, timestampMs: number): void {
    const partition = this.#partitions.locate(item);
    const { begin, emit } = this.#setup;
    this.#states.touch(partition);
    if (emit === null) {
      if (holds(begin, item, this.#setup)) {
        if (partition.isOpen) this.#end(partition, timestampMs);
        partition.open(timestampMs);
      }
      if (partition.isOpen) partition.bag.add(item, timestampMs);
    } else if (partition.isOpen) {
      partition.bag.add(item, timestampMs);
      if (holds(emit, item, this.#setup)) this.#end(partition, timestampMs);
    } else if (holds(begin, item, this.#setup)) {
      partition.open(timestampMs);
      partition.bag.add(item, timestampMs);
    }
  }

  watermark(): void {}

  stop(): void {}

  #end(partition: Partition<T>, endMs: number): void {
    const range = { start: partition.startMs, end: endMs, trigger: endMs };
    partition.startMs = Number.NaN;
    this.#setup.output(partition.bag.take(), range);
  }
}

class Partition<T> extends MappedSlot {
  readonly bag: Bag<T>;
  /** Time of the first row; NaN while the window is closed. */
  startMs = Number.NaN;

  constructor(key: string, setup: WindowSetup<T>) {
    const state = new StateGroup(setup.name, '');
    super(key, state);
    this.bag = createBag(setup.name, setup.content, setup.codec);
    state.add('rows', this.bag.state);
    const load = (stored: unknown): void => {
      this.startMs = stored as number;
    };
    state.add('start', new SingleState(setup.name, '', () => (this.isOpen ? this.startMs : undefined), load));
  }

  get isOpen(): boolean {
    return !Number.isNaN(this.startMs);
  }

  open(timestampMs: number): void {
    this.startMs = timestampMs;
  }
}
