/** Texts and reasons of a run, by node name: what its numbers cannot say. */
import type { RunNotes } from './run-metrics.ts';

export class NoteBook {
  readonly notes: RunNotes = { exceptions: {}, disconnected: {}, drops: {} };
  readonly #noted: () => void;

  /** @param noted called when something is new */
  constructor(noted: () => void) {
    this.#noted = noted;
  }

  exception(node: string, text: string): void {
    if (this.notes.exceptions[node] === text) return;
    this.notes.exceptions[node] = text;
    this.#noted();
  }

  disconnected(node: string, why: string): void {
    this.notes.disconnected[node] = why;
    this.#noted();
  }

  drop(node: string, reason: string, count: number): void {
    const drops = this.notes.drops[node] ?? {};
    drops[reason] = (drops[reason] ?? 0) + count;
    this.notes.drops[node] = drops;
    this.#noted();
  }

  /** Takes over what a source has noted of itself. */
  source(
    node: string,
    of: { readonly disconnectedMessage: string; readonly drops: Readonly<Record<string, number>> },
  ): void {
    this.notes.disconnected[node] = of.disconnectedMessage;
    this.notes.drops[node] = { ...of.drops };
  }
}
