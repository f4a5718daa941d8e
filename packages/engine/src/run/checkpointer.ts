/**
 * Checkpoints of one run: an atomic commit of operator state, positions and outputs not yet safe.
 *
 * Between two events nothing is in flight, so the moment is one synchronous step: every slot marks it, positions and
 * pending outputs are noted. Writing happens afterwards in slices, while events go on; the state copies what changes.
 * Nothing counts before the final commit. Source: DESIGN §9.
 */
import { type Clock, errorText, type Logger } from '@kuiper/base';
import type { ProgramInstance } from '../compile/program.ts';
import type { StateSlot } from '../state/state-slot.ts';
import type { CheckpointMeta, CheckpointStore, StoredCheckpoint } from './services.ts';
import { patiently } from './patience.ts';
import type { OutputStage } from './output-stage.ts';
import type { SinkQueue, UnsafeItem } from './sink-queue.ts';

export interface CheckpointedSource {
  readonly stream: string;
  /** Where a restored run continues: a record of the input log, or what the source says. */
  position(): unknown;
  /** Resolves when everything before the position is on the disk, as far as it is logged. */
  synced(): Promise<void>;
  /** The checkpoint that holds this position is on disk. */
  committed(position: unknown): void;
}

export interface CheckpointedOutput {
  readonly name: string;
  readonly queue: SinkQueue;
  readonly stage: OutputStage;
}

export interface CheckpointerOptions {
  readonly store: CheckpointStore;
  readonly instance: Pick<ProgramInstance, 'drain'>;
  /** While true, sources are asked to wait for what asynchronous stages hold. */
  readonly quiet: (wanted: boolean) => void;
  readonly slots: () => readonly StateSlot[];
  readonly sources: readonly CheckpointedSource[];
  readonly outputs: readonly CheckpointedOutput[];
  readonly codec: { pack(value: unknown): Uint8Array; unpack(bytes: Uint8Array): unknown };
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Entries per slice: with some microseconds each, well below 5 ms. */
const sliceEntries = 512;
/** How long sources are held back for what asynchronous stages hold. */
const drainPatienceMs = 30_000;
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

  /** Takes one more, of the moment after any that is under way. */
  async takeLast(): Promise<void> {
    await this.running?.catch(() => {});
    await this.take();
  }

  private async write(): Promise<void> {
    const { instance, store, sources } = this.options;
    // Rows inside an asynchronous stage are neither state nor output: let them come out first.
    this.options.quiet(true);
    const drained = await this.drained(instance);
    this.options.quiet(false);
    if (!drained) throw this.failed(new Error('a function or lookup table does not answer'));
    const full = this.taken % fullEvery === 0;
    const slots = this.options.slots();
    for (const slot of slots) slot.begin(full);
    const positions = sources.map((source) => [source.stream, source.position()] as const);
    const outputs = this.options.outputs.map(({ name, queue, stage }) => ({
      name,
      queue,
      items: [...queue.unsafeItems(), ...stage.batchedItems()],
      written: queue.writtenCount,
    }));
    const writer = store.begin(full);
    try {
      for (const slot of slots) {
        for (let entries = slot.drain(sliceEntries); entries !== null; entries = slot.drain(sliceEntries)) {
          await writer.write(slot.name, entries);
        }
      }
      // What is only in a buffer yet would be missing after a crash, and the numbers of the log would begin again there.
      for (const source of sources) await source.synced();
      for (const { queue } of outputs) await queue.logSynced();
      const meta: CheckpointMeta = {
        positions: Object.fromEntries(positions),
        pending: Object.fromEntries(outputs.map((output) => [output.name, this.stillPending(output)])),
        fingerprints: Object.fromEntries(slots.map(({ name, fingerprint }) => [name, fingerprint])),
        timeMs: this.options.clock.now(),
      };
      await writer.commit(meta);
    } catch (error) {
      writer.abandon();
      // The entries drained are not on disk: the next checkpoint starts over.
      this.taken = 0;
      throw this.failed(error);
    }
    this.taken++;
    this.lastError = null;
    sources.forEach((source, i) => {
      source.committed(positions[i]?.[1]);
    });
  }

  /** @returns false when what an asynchronous stage waits for does not come */
  private async drained(instance: CheckpointerOptions['instance']): Promise<boolean> {
    const all = async (): Promise<void> => {
      for (let wait = instance.drain(); wait !== undefined; wait = instance.drain()) await wait;
    };
    if (instance.drain() === undefined) return true;
    return !(await patiently(this.options.clock, drainPatienceMs, all()));
  }

  private failed(error: unknown): unknown {
    this.lastError = errorText(error);
    this.options.logger.error(`checkpoint failed, the last one stays: ${this.lastError}`);
    return error;
  }

  /** Of the outputs at the moment of the checkpoint, those that are not written by now. */
  private stillPending(output: {
    readonly queue: SinkQueue;
    readonly items: readonly UnsafeItem[];
    readonly written: number;
  }): readonly Uint8Array[] {
    const done = output.queue.writtenCount - output.written;
    return output.items.slice(done).map(({ item, props }) => this.options.codec.pack([item, props]));
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
