/**
 * Counters of runs live in memory shared with the control plane, so that reading status never waits for a worker.
 *
 * Blocks are cut from slabs: thousands of rules share a few buffers. A block is a run of doubles; who owns it writes
 * it, anybody may read it at any moment.
 */

/** Where a block lies; plain data, meaningful to whoever has the slabs. */
export interface CounterAddress {
  readonly slab: number;
  readonly offset: number;
  readonly length: number;
}

export interface CounterBlock extends CounterAddress {
  readonly values: Float64Array;
}

export interface CounterSpace {
  /** A block of zeros. */
  allocate(length: number): CounterBlock;
  free(block: CounterAddress): void;
}

const slabDoubles = 8192;

export class SharedCounters implements CounterSpace {
  private readonly slabs: Float64Array[] = [];
  private readonly freeByLength = new Map<number, CounterAddress[]>();
  private readonly onSlab: (index: number, buffer: SharedArrayBuffer) => void;
  private used = slabDoubles;

  /** @param onSlab called for each new buffer, to share it with readers */
  constructor(onSlab: (index: number, buffer: SharedArrayBuffer) => void = () => {}) {
    this.onSlab = onSlab;
  }

  allocate(length: number): CounterBlock {
    const again = this.freeByLength.get(length)?.pop();
    if (again !== undefined) {
      const values = this.values(again);
      values.fill(0);
      return { ...again, values };
    }
    if (this.used + length > (this.slabs[this.slabs.length - 1]?.length ?? 0)) this.grow(length);
    const address = { slab: this.slabs.length - 1, offset: this.used, length };
    this.used += length;
    return { ...address, values: this.values(address) };
  }

  free({ slab, offset, length }: CounterAddress): void {
    const list = this.freeByLength.get(length);
    if (list === undefined) this.freeByLength.set(length, [{ slab, offset, length }]);
    else list.push({ slab, offset, length });
  }

  values({ slab, offset, length }: CounterAddress): Float64Array {
    return (this.slabs[slab] as Float64Array).subarray(offset, offset + length);
  }

  private grow(length: number): void {
    const buffer = new SharedArrayBuffer(Math.max(slabDoubles, length) * Float64Array.BYTES_PER_ELEMENT);
    this.slabs.push(new Float64Array(buffer));
    this.used = 0;
    this.onSlab(this.slabs.length - 1, buffer);
  }
}

/** Layout of a source's block. */
export const sourceCounter = {
  received: 0,
  decoded: 1,
  decodeErrors: 2,
  exceptions: 3,
  lastExceptionTime: 4,
  lastInvocation: 5,
  latencyUs: 6,
  status: 7,
  connectedTime: 8,
  disconnectedTime: 9,
  tryTime: 10,
  /** Rows given to the dispatcher. */
  dispatched: 11,
  decodeErrorTime: 12,
} as const;
export const sourceCounters = 13;

/** Layout of the block of one subscriber of a source: what indexed dispatch kept away derives from it. */
export const dispatchCounter = { delivered: 0, since: 1 } as const;
export const dispatchCounters = 2;

/** Layout of the block of one output stage. */
export const stageCounter = { taken: 0, made: 1, exceptions: 2, encodeExceptions: 3, lastExceptionTime: 4 } as const;
export const stageCounters = 5;

/** Layout of a sink's block. */
export const sinkCounter = {
  written: 0,
  givenUp: 1,
  exceptions: 2,
  lastExceptionTime: 3,
  lastInvocation: 4,
  queued: 5,
  status: 6,
  connectedTime: 7,
  disconnectedTime: 8,
  tryTime: 9,
} as const;
export const sinkCounters = 10;

/** Layout of a program's block: `nodeCounters` per operator, then the time of each operator's last failure. */
export function failureTimeIndex(operators: number, operator: number, perOperator: number): number {
  return operators * perOperator + operator;
}

export function increment(values: Float64Array, index: number, by = 1): void {
  values[index] = (values[index] as number) + by;
}
