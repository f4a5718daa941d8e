/** A {@link RecordLog} that forgets with the process: for temp rules and tests. */
import type { RecordLog } from '@kuiper/engine';

export class MemoryRecordLog implements RecordLog {
  private records: Uint8Array[] = [];
  private first = 0;

  get firstSeq(): number {
    return this.first;
  }

  get nextSeq(): number {
    return this.first + this.records.length;
  }

  append(record: Uint8Array): number {
    this.records.push(record);
    return this.nextSeq - 1;
  }

  async sync(): Promise<void> {}

  async read(from: number, limit: number): Promise<readonly { readonly seq: number; readonly data: Uint8Array }[]> {
    const start = Math.max(0, from - this.first);
    return this.records.slice(start, start + limit).map((data, i) => ({ seq: this.first + start + i, data }));
  }

  trim(before: number): void {
    const count = Math.min(this.records.length, Math.max(0, before - this.first));
    this.records = this.records.slice(count);
    this.first += count;
  }

  async close(): Promise<void> {}

  async destroy(): Promise<void> {
    this.trim(this.nextSeq);
  }
}
