/**
 * Checkpoints of one run: an atomic commit of operator state, positions and outputs not yet safe.
 *
 * Between two events nothing is in flight, so the moment is one synchronous step: every slot marks it, positions and
 * pending outputs are noted. Writing happens afterwards in slices, while events go on; the state copies what changes.
 * Nothing counts before the final commit. Source: DESIGN §9.
 */
import { errorText, type Logger } from '@kuiper/base';
import type { ProgramInstance } from '../compile/program.ts';
import type { StateSlot } from '../state/state-slot.ts';
import type { CheckpointMeta, CheckpointStore, StoredCheckpoint } from './services.ts';
import type { OutputItem, SinkQueue } from './sink-queue.ts';

export interface CheckpointedSource {
  readonly stream: string;
  /** Where a restored run continues: a record of the input log, or what the source says. */
  position(): unknown;
  /** The checkpoint that holds this position is on disk. */
  committed(position: unknown): void;
}

export interface CheckpointerOptions {
  readonly store: CheckpointStore;
  readonly instance: ProgramInstance;
  readonly slots: () => readonly StateSlot[];
  readonly sources: readonly CheckpointedSource[];
  readonly queues: ReadonlyMap<string, SinkQueue>;
  readonly codec: { pack(value: unknown): Uint8Array; unpack(bytes: Uint8Array): unknown };
  readonly now: () => number;
  readonly logger: Logger;
}

/** Entries per slice: with some microseconds each, well below 5 ms. */
const sliceEntries = 512;
/** Every so many checkpoints everything is written anew, so that old entries go. */
const fullEvery = 64;

export class Checkpointer {
  private readonly options: CheckpointerOptions;
  private running: Promise<void> | null = null;
  private taken = 0;
  lastError: string | null = null;

  constructor(options: CheckpointerOptions) {
    this.options = options;
  }

  /** Takes a checkpoint; joins one that is under way. */
  take(): Promise<void> {
    this.running ??= this.write().finally(() => {
      this.running = null;
    });
    return this.running;
  }

  private async write(): Promise<void> {
    const { instance, store, sources, queues } = this.options;
    // Rows inside an asynchronous stage are neither state nor output: let them come out first.
    for (let wait = instance.drain(); wait !== undefined; wait = instance.drain()) await wait;
    const full = this.taken % fullEvery === 0;
    const slots = this.options.slots();
    for (const slot of slots) slot.begin(full);
    const positions = sources.map((source) => [source.stream, source.position()] as const);
    const outputs = [...queues].map(([name, queue]) => ({
      name,
      queue,
      items: [...queue.unsafeItems()],
      written: queue.writtenCount,
    }));
    const writer = store.begin(full);
    try {
      for (const slot of slots) {
        for (let entries = slot.drain(sliceEntries); entries !== null; entries = slot.drain(sliceEntries)) {
          await writer.write(slot.name, entries);
        }
      }
      const meta: CheckpointMeta = {
        positions: Object.fromEntries(positions),
        pending: Object.fromEntries(outputs.map((output) => [output.name, this.stillPending(output)])),
        fingerprints: Object.fromEntries(slots.map(({ name, fingerprint }) => [name, fingerprint])),
        timeMs: this.options.now(),
      };
      await writer.commit(meta);
    } catch (error) {
      writer.abandon();
      // The entries drained are not on disk: the next checkpoint starts over.
      this.taken = 0;
      this.lastError = errorText(error);
      this.options.logger.error(`checkpoint failed: ${this.lastError}`);
      throw error;
    }
    this.taken++;
    this.lastError = null;
    sources.forEach((source, i) => {
      source.committed(positions[i]?.[1]);
    });
  }

  /** Of the outputs at the moment of the checkpoint, those that are not written by now. */
  private stillPending(output: {
    readonly queue: SinkQueue;
    readonly items: readonly OutputItem[];
    readonly written: number;
  }): readonly Uint8Array[] {
    const done = output.queue.writtenCount - output.written;
    return output.items.slice(done).map((item) => this.options.codec.pack(item));
  }
}

/** Gives the slots their stored entries. @returns names of slots whose stored shape no longer fits: they start empty */
export function restoreSlots(slots: readonly StateSlot[], stored: StoredCheckpoint): string[] {
  const misfits: string[] = [];
  for (const slot of slots) {
    const fingerprint = stored.meta.fingerprints[slot.name];
    if (fingerprint === undefined) continue;
    if (fingerprint === slot.fingerprint) slot.restore(stored.entries(slot.name));
    else misfits.push(slot.name);
  }
  return misfits;
}
